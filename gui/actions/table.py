"""Everything the user can do, each once: buttons, menus, keys, tooltips and the list of shortcuts are made from this.

Adding an action is one record here and connect ``actions["name"].triggered`` to what it does.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import groupby


@dataclass(frozen=True, slots=True)
class Act:
    """One action.

    Attributes
    ----------
    name : what the program calls it by: ``actions[name]``.
    text : on buttons and in menus.
    keys : shortcuts in Qt's portable text, separated by spaces; tooltips show the first.
    icon : a file in ``gui/icons``, without its ending.
    tip : its tooltip, to which the shortcut is added.
    checkable : it is on or off.
    repeats : holding its key down triggers it again and again.
    quiet : it only arranges the window, so being on is shown less strongly than for what changes the picture.
    colour : the palette's colour its icon has; empty for the colour of text.
    tool_bar, menu : where it stands in the tool bar and in the window's menu: tens are the section, ones the place in
        it. 0 leaves it out.
    """

    name: str
    text: str
    keys: str
    icon: str
    tip: str
    checkable: bool = False
    repeats: bool = True
    quiet: bool = False
    colour: str = ""
    tool_bar: int = 0
    menu: int = 0


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that stand under one heading in the list of shortcuts, in its order."""

    heading: str
    acts: tuple[Act, ...]


# fmt: off
GROUPS = (
    Group("Your answers", (
        Act("under", "Under", "1", "under", "The picture on screen is too dark", repeats=False, colour="blue"),
        Act("well", "Well", "2", "well",
            "The picture on screen is exposed the way you like it", repeats=False, colour="converged"),
        Act("over", "Over", "3", "over", "The picture on screen is too bright", repeats=False, colour="searching"),
        Act("skip", "Skip", "S", "skip", "Give no answer for this picture", repeats=False),
        Act("undo", "Undo", "Z Ctrl+Z", "undo", "Take back the last answer, given or learned", repeats=False),
        Act("profile", "Choose profile", "Alt+U", "person", "Choose whose taste your answers teach"),
        Act("personalise", "Personalise…", "Alt+T", "personalise", "Train the network on your answers"),
        Act("learned", "What was learned…", "Alt+L", "list", "Show what was learned from you and when, and forget it",
            menu=31),
        Act("by_hand", "Learn from what I set", "Alt+J", "learn",
            "Learn from the bias, exposures, spots and locks that you leave standing", checkable=True, menu=32),
        Act("ask", "Ask me now and then", "Alt+K", "ask",
            "Ask about a picture where your answer teaches most: rarely, and never twice about the same",
            checkable=True, menu=33),
    )),
    Group("Exposure", (
        Act("lock", "Lock", "L", "lock", "Hold the current exposure", checkable=True, repeats=False),
        Act("pause", "Pause", "Space", "pause",
            "Stop metering; the picture keeps running", checkable=True, repeats=False),
        Act("native", "Native", "N", "native", "Hand exposure over to the camera's own auto exposure", checkable=True),
        Act("bias_up", "Brighter", "+ =", "plus", "Raise the EV bias by a third of a stop"),
        Act("bias_down", "Darker", "-", "minus", "Lower the EV bias by a third of a stop"),
        Act("bias_reset", "Reset bias", "0", "reset", "Set the EV bias back to zero"),
        Act("meter", "Choose meter", "Alt+M", "meter", "Open the list of meters"),
        Act("night", "Keep night dark", "Shift+N", "night",
            "Expose by how much light there is: night stays dark, snow bright", checkable=True),
        Act("untap", "Back to attention", "Backspace", "attention",
            "Leave the spot and meter by attention again (or double-click the picture)"),
        Act("limits", "Limits", "Ctrl+L", "limits", "Show limits for time and ISO, anti-flicker and speed"),
        Act("keep_rate", "Keep frame rate", "Shift+F", "meter",
            "Never expose longer than one frame lasts, so the frame rate holds", checkable=True),
    )),
    Group("Overlays and scopes", (
        Act("attention", "Attention map", "A", "attention",
            "Show where the meter looks: bright areas count", checkable=True, tool_bar=11),
        Act("exposure_map", "Exposure map", "E", "exposure-map",
            "Show what each area asks for: green wants more light, red wants less", checkable=True, tool_bar=12),
        Act("cells", "Cells", "G", "cells",
            "Show the maps as the network's own cells instead of smoothed", checkable=True),
        Act("clipping", "Clipping", "C", "clipping",
            "Mark areas without detail: clipped highlights red, crushed shadows blue", checkable=True),
        Act("false_colour", "False colour", "F", "false-colour",
            "Colour every brightness by its distance from middle grey, in EV", checkable=True, tool_bar=13),
        Act("zebra", "Zebra", "T", "zebra",
            "Show stripes where the picture is brighter than the chosen level", checkable=True, tool_bar=14),
        Act("why", "Why", "W", "why", "Show or hide the reasons the exposure moves", checkable=True, tool_bar=16),
        Act("scope", "Waveform", "H", "waveform", "Show the waveform instead of the histogram", checkable=True),
        Act("scope_luma", "Luma", "Y", "waveform",
            "Show brightness alone instead of red, green and blue", checkable=True),
        Act("scope_log", "Log", "Shift+H", "waveform",
            "Logarithmic histogram: small shares stay visible next to large ones", checkable=True),
    )),
    Group("Mask", (
        Act("mask", "Paint mask", "M", "mask",
            "Paint what the meter may look at: the left button adds, the right button removes",
            checkable=True, tool_bar=15),
        Act("mask_clear", "Clear mask", "Shift+M", "close", "Let the whole picture count again"),
        Act("brush_smaller", "Smaller brush", "[", "minus", "Make the mask brush smaller"),
        Act("brush_larger", "Larger brush", "]", "plus", "Make the mask brush larger"),
    )),
    Group("Picture and window", (
        Act("zoom_in", "Zoom in", "Alt+= Alt++", "plus", "Zoom into the picture (or turn the wheel over it)"),
        Act("zoom_out", "Zoom out", "Alt+-", "minus", "Zoom out of the picture"),
        Act("zoom_fit", "Whole picture", "Alt+0", "zoom-fit", "Show the whole picture"),
        Act("fullscreen", "Full screen", "F11", "fullscreen",
            "Fill the screen, or leave full screen", checkable=True, quiet=True, tool_bar=33),
        Act("mirror", "Mirror", "Alt+H", "mirror",
            "Mirror the picture on screen, as in a looking glass; metering and recordings stay as they are",
            checkable=True),
        Act("turn", "Turn", "Alt+Q", "turn",
            "Turn the picture on screen by a quarter; metering and recordings stay as they are"),
        Act("panel", "Side panel", "F9", "panel",
            "Show or hide the side panel", checkable=True, quiet=True, tool_bar=32),
    )),
    Group("Camera", (
        Act("camera", "Choose camera", "Alt+C", "camera", "Open the list of cameras"),
        Act("next_camera", "Next camera", "Ctrl+Tab Ctrl+PgDown", "next",
            "Look at the next one of several cameras"),
        Act("previous_camera", "Previous camera", "Ctrl+Shift+Tab Ctrl+PgUp", "previous",
            "Look at the one before of several cameras"),
        Act("refresh", "Look for cameras", "F5", "refresh", "Look for cameras again", menu=17),
        Act("retry", "Try again", "Ctrl+R", "refresh", "Open this camera again", menu=16),
        Act("camera_details", "Camera details", "Ctrl+I", "info",
            "Show what this camera is and what it can do", menu=14),
        Act("probe", "Measure camera", "Ctrl+B", "probe",
            "Measure this camera's delay, true limits and response, and save them", menu=15),
        Act("controls", "Camera controls", "Alt+A", "camera",
            "Show the camera's own controls: white balance, focus, picture size"),
        Act("controls_found", "As found", "Alt+F", "undo",
            "Set the camera's controls to what they were when it was opened"),
        Act("controls_default", "Defaults", "Alt+Shift+F", "reset",
            "Set the camera's controls to their defaults"),
        Act("gallery", "Simulated scenes", "Ctrl+G", "gallery", "Choose a simulated scene from pictures", menu=11),
        Act("virtual_camera", "Virtual camera", "Alt+V", "share",
            "Offer this picture to other programs as a camera, or stop", checkable=True, menu=23),
    )),
    Group("Presets", (
        Act("preset", "Choose preset", "Alt+R", "preset", "Open the list of this camera's presets"),
        *(Act(f"preset_{n}", f"Preset {n}", f"Ctrl+{n}", "preset", f"Use preset {n} of this camera", repeats=False)
          for n in range(1, 5)),
    )),
    Group("Phone", (
        Act("phone", "Phone", "Alt+P", "phone",
            "Use a phone as the camera; if one is connected, show or hide its status", checkable=True, menu=13),
        Act("phone_code", "New code", "Alt+N", "refresh", "Show a new code; the old one stops working"),
        Act("phone_dismiss", "Disconnect", "Alt+D", "unlink",
            "Disconnect the phone; it must scan a new code to come back"),
        Act("phone_stop", "Stop", "Alt+S", "stop", "Stop using the phone and go back to the previous camera"),
    )),
    Group("Recording", (
        Act("still", "Save picture", "I Ctrl+S", "aperture",
            "Save this picture with its exposure in EXIF", repeats=False, menu=26),
        Act("still_overlay", "Save overlay too", "Alt+I", "attention",
            "When saving a picture, save it once more with the overlays that are on",
            checkable=True, menu=27),
        Act("still_maps", "Save maps too", "Shift+I", "cells",
            "When saving a picture, save attention and exposure map as numbers beside it",
            checkable=True, menu=28),
        Act("bracket", "Save bracket", "B", "bracket",
            "Take three exposures in which all that matters is well exposed once, and fuse them",
            repeats=False, menu=29),
        Act("record", "Record", "R", "record",
            "Record every picture with its exposure to a file, or stop recording",
            checkable=True, repeats=False, tool_bar=21, menu=21),
        Act("play_last", "Play last recording", "Shift+R", "play", "Play the last recording", menu=22),
        Act("open_recording", "Open recording", "Ctrl+O", "folder", "Play a recording instead of a camera", menu=12),
        Act("play", "Play", "K", "play", "Play or hold the recording", checkable=True, repeats=False),
        Act("step_back", "Previous picture", ",", "previous", "Go back one picture in the recording"),
        Act("step_on", "Next picture", ".", "next", "Go forward one picture in the recording"),
    )),
    Group("Comparison", (
        Act("compare", "Compare A/B", "X", "compare",
            "Compare with the camera's own auto exposure, or go back to the live picture",
            checkable=True, repeats=False, tool_bar=22, menu=24),
        Act("compare_again", "Again", "Alt+X", "refresh", "Take both pictures again"),
        Act("compare_keep", "Keep pair", "Alt+W", "picture", "Keep both pictures for a blind study", repeats=False),
        Act("compare_blind", "Blind", "Shift+X", "blind",
            "Compare without knowing which is which, then say which is better", checkable=True, menu=25),
    )),
    Group("Plots", (
        Act("plots", "Plots", "P", "plots", "Show or hide the plots", checkable=True, quiet=True, tool_bar=31),
        Act("plots_pause", "Hold plots", "Shift+P", "pause",
            "Hold the plots still; the camera keeps running", checkable=True, quiet=True),
        Act("plots_in", "Zoom plots in", "Ctrl++ Ctrl+=", "plus", "Show less time in the plots"),
        Act("plots_out", "Zoom plots out", "Ctrl+-", "minus", "Show more time in the plots"),
        Act("plots_reset", "Whole half minute", "Ctrl+0", "whole", "Show everything the plots hold"),
        Act("plots_csv", "Save as table", "Ctrl+E", "table", "Save the plotted values as CSV"),
        Act("plots_png", "Save as picture", "Ctrl+Shift+E", "picture", "Save the plots as a PNG picture"),
        Act("exports", "Show folder", "Ctrl+Shift+O", "folder", "Open the folder with the saved files"),
    )),
    Group("Program", (
        Act("first_minute", "First minute", "Shift+F1", "hint", "Show the introductory hints again", menu=41),
        Act("shortcuts", "Keyboard shortcuts", "F1 ?", "keyboard", "Show all keyboard shortcuts", menu=42),
        Act("about", "About", "Ctrl+F1", "info", "Show what this program is", menu=43),
        Act("quit", "Quit", "Ctrl+Q", "quit", "Restore the camera's settings and quit", menu=51),
    )),
)
# fmt: on

ACTS = tuple(act for group in GROUPS for act in group.acts)
"""Every action, in the order of the list of shortcuts."""


PRESET_KEYS = tuple(act.name for act in ACTS if act.name.startswith("preset_"))
"""The actions that use a camera's first presets, in their order."""


def _sections(place: Callable[[Act], int]) -> list[list[Act]]:
    """The actions that ``place`` (``tool_bar`` or ``menu`` of an `Act`) puts somewhere, section by section."""
    placed = sorted((act for act in ACTS if place(act)), key=place)
    return [list(section) for _, section in groupby(placed, lambda act: place(act) // 10)]


TOOL_BAR = _sections(lambda act: act.tool_bar)
MENU = _sections(lambda act: act.menu)
