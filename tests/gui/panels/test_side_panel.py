import pytest
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QWidget

from gui.panels.side_panel import SidePanel
from gui.widgets.card import Card, FoldButton


@pytest.fixture
def make_panel(qtbot, theme, settings):
    def make(height_px=400):
        cards = {name: Card(name) for name in ("one", "two", "three")}
        for card in cards.values():
            content = QWidget()
            content.setMinimumHeight(100)
            card.body.addWidget(content)
        panel = SidePanel(
            theme, settings, top=Card("top"), cards=cards, bottom=Card("bottom"), fold_first=("three", "two")
        )
        qtbot.addWidget(panel)
        panel.resize(320, height_px)
        panel.show()
        return panel, cards

    return make


def folded(cards):
    return [name for name, card in cards.items() if card.folded]


def test_nothing_folds_where_there_is_room(make_panel):
    _, cards = make_panel(height_px=900)
    assert folded(cards) == []


def test_the_least_needed_fold_first_until_the_rest_fits(make_panel, settings):
    order, seen = ["three", "two"], []
    for height_px in range(900, 100, -20):
        settings.clear()
        panel, cards = make_panel(height_px=height_px)
        QApplication.processEvents()  # the scroll bar's range follows the layout's
        now = set(folded(cards))
        assert now == set(order[: len(now)]), "in their order"
        assert len(now) == 2 or panel.area.verticalScrollBar().maximum() == 0
        seen.append(len(now))
    assert seen == sorted(seen)
    assert {0, 1} <= set(seen)


def test_a_click_on_the_title_folds_and_it_is_remembered(make_panel, qtbot):
    _, cards = make_panel(height_px=900)
    title = cards["one"].findChild(FoldButton)
    assert title.accessibleName() == "one"
    qtbot.mouseClick(title, Qt.MouseButton.LeftButton)
    assert folded(cards) == ["one"]
    _, again = make_panel(height_px=300)
    assert folded(again) == ["one"], "the user's choice holds, whether it fits or not"


def test_where_not_even_the_titles_fit_an_opened_card_is_whole_all_the_same(make_panel):
    panel, cards = make_panel(height_px=280)
    for name, card in cards.items():
        panel.unfold(name)
        QApplication.processEvents()  # the scroll bar's range follows the layout's
        assert panel.area.verticalScrollBar().maximum() > 0
        seen = card.visibleRegion().boundingRect()
        assert (seen.top(), seen.height()) == (0, card.height())


def test_a_card_that_is_opened_has_its_room_and_comes_into_view(make_panel, qtbot):
    panel, cards = make_panel(height_px=330)
    assert set(folded(cards)) == {"three", "two"}
    panel.unfold("three")
    assert set(folded(cards)) == {"two", "one"}
    qtbot.mouseClick(cards["one"].findChild(FoldButton), Qt.MouseButton.LeftButton)
    assert set(folded(cards)) == {"three", "two"}
    QApplication.processEvents()  # the scroll bar's range follows the layout's
    assert panel.area.verticalScrollBar().maximum() == 0


def test_where_all_have_room_none_folds_for_another(make_panel):
    panel, cards = make_panel(height_px=900)
    panel.unfold("three")
    assert folded(cards) == []


def test_cards_are_as_wide_with_a_scroll_bar_as_without(make_panel):
    widths = set()
    for height_px in (900, 120):
        _, cards = make_panel(height_px=height_px)
        QApplication.processEvents()
        widths.add(cards["one"].width())
    assert len(widths) == 1


def test_the_keyboard_finds_its_way(make_panel, qtbot):
    _, cards = make_panel(height_px=900)
    title = cards["two"].findChild(FoldButton)
    assert title.focusPolicy() & Qt.FocusPolicy.TabFocus
    qtbot.keyClick(title, Qt.Key.Key_Space)
    assert folded(cards) == ["two"]


def test_a_card_is_no_taller_than_its_contents_however_much_room_there_is(make_panel):
    _, cards = make_panel(height_px=1400)
    assert cards["one"].height() == cards["one"].sizeHint().height()
