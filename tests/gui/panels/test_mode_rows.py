import pytest
from hypothesis import given
from hypothesis import strategies as st

from autoexposure.abilities.moded import PictureMode
from gui.panels.mode_rows import ModeRows, rates_at, wanted_mode
from tests.gui.cameras.played import MODE, MODES

AUTO = PictureMode("", 1280, 720)


def texts_of(choice):
    return [choice.itemText(at) for at in range(choice.count())]


@pytest.fixture
def rows(qtbot, theme):
    made = ModeRows(theme)
    qtbot.addWidget(made)
    made.show_modes(MODES, MODE, "")
    return made


def pick(choice, text):
    choice.activated.emit(texts_of(choice).index(text))


def test_it_offers_what_there_is_at_this_size_and_shows_what_is_in_use(rows):
    assert texts_of(rows.size_) == ["1920 × 1080", "1280 × 720", "640 × 480"]
    assert texts_of(rows.rate) == ["60 fps", "30 fps", "10 fps"]
    assert texts_of(rows.format) == ["Auto (MJPG)", "MJPG", "YUYV"]
    assert (rows.size_.currentText(), rows.rate.currentText()) == ("1280 × 720", "30 fps")
    assert rows.format.currentText() == "Auto (MJPG)"


@pytest.mark.parametrize(
    ("choice", "text", "wanted"),
    [
        ("size_", "640 × 480", PictureMode("", 640, 480)),
        ("rate", "60 fps", PictureMode("", 1280, 720, (60.0,))),
        ("format", "YUYV", PictureMode("YUYV", 1280, 720)),
    ],
)
def test_a_choice_is_asked_for_and_the_rest_left_to_the_driver(rows, qtbot, choice, text, wanted):
    with qtbot.waitSignal(rows.asked) as heard:
        pick(getattr(rows, choice), text)
    assert heard.args == [wanted]


def test_what_was_chosen_before_goes_on_where_it_is_offered(rows, qtbot):
    rows.choose(PictureMode("MJPG", 1280, 720, (30.0,)))
    assert rows.format.currentText() == "MJPG"
    with qtbot.waitSignal(rows.asked) as heard:
        pick(rows.size_, "1920 × 1080")
    assert heard.args == [PictureMode("MJPG", 1920, 1080, (30.0,))]


def test_a_choice_for_another_size_than_the_one_in_use_counts_for_nothing(rows, qtbot):
    rows.choose(PictureMode("YUYV", 640, 480, (15.0,)))
    with qtbot.waitSignal(rows.asked) as heard:
        pick(rows.rate, "60 fps")
    assert heard.args == [PictureMode("", 1280, 720, (60.0,))]


def test_the_same_again_asks_for_nothing(rows, qtbot):
    with qtbot.assertNotEmitted(rows.asked):
        pick(rows.size_, "1280 × 720")


def test_it_is_hidden_where_there_is_no_choice_and_format_where_there_is_none(rows):
    parent = rows
    rows.show_modes((), None, "")
    assert not rows.isVisibleTo(parent.parentWidget())
    simulated = (PictureMode("", 640, 480, (30.0,)), PictureMode("", 320, 240, (30.0,)))
    rows.show_modes(simulated, simulated[1], "")
    assert not rows.format.isVisibleTo(rows)
    assert rows.size_.isVisibleTo(rows)


def test_while_the_camera_is_opened_again_it_stays_and_is_grey(rows):
    rows.show_modes((), None, "No camera is open yet.")
    assert texts_of(rows.size_)
    assert not rows.size_.isEnabled()
    assert rows.rate.toolTip() == "No camera is open yet."
    rows.show_modes(MODES, MODE, "")
    assert rows.size_.isEnabled()


def test_a_mode_that_no_list_names_is_shown_all_the_same(rows):
    rows.show_modes(MODES, PictureMode("YUYV", 800, 600, (20.0,)), "")
    assert rows.size_.currentText() == "800 × 600"
    assert rows.rate.currentText() == "20 fps"


def test_rates_that_are_the_same_stand_once():
    modes = (PictureMode("YUYV", 64, 48, (30.0, 29.97)), PictureMode("MJPG", 64, 48, (30.00001, 15.0)))
    assert [round(rate, 2) for rate in rates_at(modes, (64, 48))] == [30.0, 29.97, 15.0]
    assert rates_at(modes, (64, 48), "MJPG") == [30.00001, 15.0]


def test_a_rate_that_the_format_lacks_lets_the_format_go_and_the_other_way_round():
    assert wanted_mode(MODES, PictureMode("YUYV", 1280, 720), rate_fps=60.0) == PictureMode("", 1280, 720, (60.0,))
    chosen = PictureMode("", 1280, 720, (60.0,))
    assert wanted_mode(MODES, chosen, fourcc="YUYV") == PictureMode("YUYV", 1280, 720)


@given(
    st.sampled_from(MODES),
    st.sampled_from(["", "MJPG", "YUYV"]),
    st.sampled_from([None, *sorted({mode.size_px for mode in MODES})]),
    st.sampled_from([None, 5.0, 10.0, 15.0, 30.0, 60.0]),
)
def test_whatever_is_wanted_is_offered(mode, fourcc, size_px, rate_fps):
    chosen = PictureMode(fourcc, *mode.size_px, mode.rates_fps[:1])
    wanted = wanted_mode(MODES, chosen, size_px=size_px, rate_fps=rate_fps)
    assert wanted.size_px == (size_px or mode.size_px)
    assert any(
        wanted.size_px == one.size_px
        and wanted.fourcc in ("", one.fourcc)
        and (not wanted.rates_fps or wanted.rates_fps[0] in one.rates_fps)
        for one in MODES
    )
