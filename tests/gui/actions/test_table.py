"""The one table of actions: what it says must be usable, and what is made from it complete."""

from PyQt6.QtGui import QKeySequence
from PyQt6.QtWidgets import QWidget

from autoexposure.feedback.answer import Label
from gui.actions.actions import Actions
from gui.actions.table import ACTS, GROUPS, MENU, TOOL_BAR
from gui.style.palette import DARK


def test_every_action_can_be_called_by_one_name_and_its_own_keys():
    names = [act.name for act in ACTS]
    keys = [key for act in ACTS for key in act.keys.split()]
    assert len(set(names)) == len(names)
    assert len(set(keys)) == len(keys)
    assert all(act.keys for act in ACTS), "everything works without a mouse"
    assert all(not QKeySequence(key).isEmpty() for key in keys)
    assert set(Label) <= set(names)


def test_every_action_says_what_it_does():
    for act in ACTS:
        assert act.text[0].isupper(), act.name
        assert act.tip[0].isupper(), act.name
        assert not act.tip.endswith("."), act.name
        assert not act.colour or hasattr(DARK, act.colour), act.name


def test_sections_stand_in_their_order_and_hold_what_the_table_says():
    assert [[act.name for act in section] for section in TOOL_BAR][1:] == [
        ["record", "compare"],
        ["plots", "panel", "fullscreen"],
    ]
    assert MENU[-1][0].name == "quit"
    for sections, places in ((TOOL_BAR, [act.tool_bar for act in ACTS]), (MENU, [act.menu for act in ACTS])):
        taken = [place for place in places if place]
        assert len(set(taken)) == len(taken), "two actions at one place"
        assert sum(map(len, sections)) == len(taken)


def test_qt_actions_are_made_from_the_records(qtbot, theme):
    window = QWidget()
    qtbot.addWidget(window)
    actions = Actions(window, theme)
    assert [name for name, _ in actions.items()] == [act.name for act in ACTS]
    for act in ACTS:
        action = actions[act.name]
        assert (action.text(), action.isCheckable(), action.autoRepeat()) == (act.text, act.checkable, act.repeats)
        assert [key.toString() for key in action.shortcuts()] == act.keys.split()
        assert action.toolTip().startswith(f"{act.tip} (")
        assert not action.icon().isNull()
    assert [heading for heading, _ in actions.groups()] == [group.heading for group in GROUPS]
