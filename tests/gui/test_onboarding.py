import pytest
from PyQt6.QtCore import Qt

from gui.main_window import HINTS_SEEN


@pytest.fixture
def hints(window):
    window.hints.begin()
    return window.hints


def test_each_hint_stands_beside_what_it_is_about(hints, window):
    places = hints.places()
    assert len(places) >= 4
    for hint, target, bubble in places:
        assert hints.rect().contains(bubble), hint.title
        assert not bubble.intersects(target), hint.title
    bubbles = [bubble for _, _, bubble in places]
    for at, one in enumerate(bubbles):
        assert not any(one.intersects(other) for other in bubbles[at + 1 :])
    hints.grab()


@pytest.mark.parametrize("key", [Qt.Key.Key_Escape, Qt.Key.Key_Return])
def test_any_key_takes_it_away_for_good(hints, window, settings, qtbot, key):
    qtbot.keyClick(hints, key)
    assert not hints.isVisible()
    assert settings.value(HINTS_SEEN, type=bool)


def test_a_click_does_not_reach_what_lies_below(hints, window, loop, qtbot):
    qtbot.mouseClick(hints, Qt.MouseButton.LeftButton, pos=hints.places()[2][1].center())
    assert not hints.isVisible()
    assert loop.sent == []


def test_it_can_be_asked_for_again_and_speaks_to_screen_readers(window, qtbot):
    qtbot.keyClick(window, Qt.Key.Key_F1, Qt.KeyboardModifier.ShiftModifier)
    assert window.hints.isVisible()
    assert "Choose a camera" in window.hints.accessibleDescription()


def test_it_grows_with_the_window(hints, window):
    window.resize(1500, 900)
    assert hints.size() == window.size()


def test_a_new_picture_beneath_does_not_draw_it_anew(hints, window, see, monkeypatch):
    hints.grab()
    monkeypatch.setattr(hints, "_draw", lambda: pytest.fail("it was kept"))
    see(window, left_alone=True)
    hints.repaint()


def test_it_is_drawn_anew_where_what_it_is_about_moves(hints, window, theme):
    before = hints.grab().toImage()
    assert hints.grab().toImage() == before
    target = hints.places()[1][0].target
    target.move(target.x(), target.y() + 40)
    assert hints.grab().toImage() != before
