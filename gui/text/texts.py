"""The window's sentences and labels in one place, so that they can be read, corrected and translated as a whole.

What actions are called stands with them, in `gui.actions.table`. Words with ``{...}`` are filled in by ``str.format``.
"""

from __future__ import annotations

APP_NAME = "Autoexposure"
ABOUT_HEAD = "Autoexposure {version}"
ABOUT = (
    "A small attention network that sets your camera's exposure, frame by frame.\n\n"
    "Free software under the GNU General Public License, version 3 or later."
)
ABOUT_TITLE = "About Autoexposure"

# Preview
WAITING_TITLE = "Waiting for the first picture"
WAITING_DETAIL = "Opening the camera."
NO_CAMERA_TITLE = "No picture"
NO_CAMERA_DETAIL = "Choose another camera at the top left, or press F5 to look for cameras again."
NO_METER_TITLE = "No meter"
NO_METER_DETAIL = "Choose another meter at the top left, next to the camera (Alt+M)."
RECONNECTING_TITLE = "Reconnecting"
RECONNECTING_DETAIL = "The camera was disconnected. It will open again as soon as it is back."
STOPPED_TITLE = "Stopped"
STOPPED_DETAIL = "The camera's own settings are restored."

# Side panel
FOLD_TIP = "Fold or unfold this group"

# Exposure card
EXPOSURE = "Exposure"
ISO = "ISO"
ISO_VALUE = "ISO {iso:.0f}"
UNKNOWN = "–"
EV = "EV"
TARGET = "Target"
DELTA_EV = "ΔEV"
SIGNED_EV = "{ev:+.2f}"
READOUT_REPORTED = ("reported", "The exposure time and gain of this picture, as the camera reports them.")
READOUT_INFERRED = (
    "inferred",
    "The exposure time and gain of this picture, inferred from the settings sent to the camera.",
)
READOUT_GAIN = (
    "gain only",
    "This camera's exposure time can't be set and is not known, so its EV is not known either. Its gain is.",
)
READOUT_DISOBEDIENT = (
    "not obeyed",
    "The camera does not do what it is set to, so what its picture was made with is not known in full, nor its EV.",
)
READOUT_UNKNOWN = (
    "",
    "This picture's exposure is unknown: the camera does not report it, and no settings were sent.",
)
MATCHED = (
    "matched",
    "Exposed like the cameras beside it (--match). Its own bias is added; lock it, or set time or ISO by hand, and it"
    " goes its own way.",
)
SCALE_TIP = "What the meter asks for: more light to the right of zero, less to the left."
DOUBT_TIP = f"{SCALE_TIP} It is unsure by {{doubt:.1f}} EV: two in three answers are right within the band."
EV_TIP = "log2(time × gain) of the picture on screen; one more EV is twice the light."
TARGET_TIP = "Where the controller is moving the exposure, including the bias."
AE_STATES = {
    "inactive": ("Inactive", "The exposure is not being controlled."),
    "searching": ("Searching", "The exposure is off target, or a correction has not reached the picture yet."),
    "converged": ("Converged", "The exposure is where the meter wants it."),
    "locked": ("Locked", "The exposure is held."),
}
STARTING_STATE = ("Starting", "Opening the camera.")
RECONNECTING_STATE = ("Reconnecting", "The camera was disconnected; it will open again as soon as it is back.")
FAILED_STATE = ("Failed", "Metering has stopped; the notice says why.")

# Control card
CONTROL = "Control"
EV_BIAS = "EV bias"
TIME = "Time"
TIME_TIP = "Exposure time, as the camera uses it. Moving the slider sets it by hand and locks the exposure."
GAIN_TIP = "Sensitivity, as the camera uses it. Moving the slider sets it by hand and locks the exposure."
EV_BIAS_VALUE = "{ev:+.1f} EV"
EV_BIAS_ZERO = "0 EV"
EV_BIAS_TIP = "Make every picture brighter or darker than the meter would ({down} and {up})."
NO_CONTROL = "This camera offers no exposure control."
NO_CONTROL_BECAUSE = "This camera's exposure can't be controlled: {note}"
NO_TIME = "This camera's exposure time can't be set."
NO_GAIN = "This camera's gain can't be set."
NATIVE_IS_ON = "The camera's own auto exposure is on; turn Native off to set this."
NO_NATIVE = "This camera has no auto exposure of its own."
NOT_READY = "No camera is open yet."

# Camera card
NO_CONTROLS = "This camera has no further controls."
SHORT_NAMES = {
    "white_balance_temperature": "Temperature",
    "white_balance_preset": "Preset",
    "focus_automatic": "Focus",
    "focus_distance": "Distance",
    "backlight_compensation": "Backlight",
}
AUTOMATIC_CHOICES = ("Auto", "Hold")
AUTOMATIC_TIP = "Auto: the camera adjusts it. Hold: it stays as it is now."
AUTOMATIC_TIP_VALUE = "Auto: the camera adjusts it. Hold: it stays as it is now, and the slider sets another value."
AUTOMATIC_HAS_IT = "{name} is on Auto; choose Hold there to set this."
WHITE_BALANCE_CHOICES = ("Auto", "Calm", "Hold")
CALM_TIP = (
    "Calm: the camera adjusts it, but not while the exposure is searched. Worth it where colours swing with every"
    " change of exposure; it begins once three searches have shown that."
)
CONTROL_INACTIVE = "The camera does not let this be set now: another of its settings has it."
CONTROL_RANGE = "{name}: {low} to {high}."
CONTROL_DEFAULT = "Double-click: default ({value})."
RESET_CONTROL = "{name} back to its default ({value})"
CONTROLS_UNCHANGED = "Nothing differs."
MORE_CONTROLS = "More controls"
MODE = "Picture"
MODE_SIZE = "Picture size"
MODE_SIZE_TIP = "Picture size in pixels. The camera is opened again for another one."
MODE_RATE = "Frame rate"
MODE_RATE_TIP = "Pictures per second. The camera is opened again for another rate."
MODE_RATE_VALUE = "{rate:g} fps"
MODE_FORMAT = "Format"
MODE_FORMAT_TIP = "How the camera encodes its pictures. Auto takes the one that costs least at this size and rate."
MODE_REFUSED = "The camera can't be opened with {mode}, so it is open as before. {error}"
MODE_OTHER = "{name} did not take {mode}; it sends {really}."
MODE_AUTO = "Auto"
MODE_AUTO_USES = "Auto ({fourcc})"

# Limits card
LIMITS = "Limits"
LIMITS_TO = "to"
LIMITS_TIME = "{time} s"
LIMITS_TIME_FROM = "Shortest exposure time"
LIMITS_TIME_TO = "Longest exposure time"
LIMITS_ISO_FROM = "Lowest ISO"
LIMITS_ISO_TO = "Highest ISO"
LIMITS_TIME_TIP = "{name} that auto exposure may use"
ANTI_FLICKER = "Anti-flicker"
ANTI_FLICKER_SHORT = "Flicker"
ANTI_FLICKER_CHOICES = ("Off", "50", "60", "Auto")
ANTI_FLICKER_TIP = "Use exposure times of whole lamp periods: 50 or 60 Hz mains, or Auto for this region ({hz} Hz)"
KEEP_RATE = "Keep frame rate"
MOTION = "Motion"
MOTION_CHOICES = ("Off", "Auto", "Sports")
MOTION_TIP = (
    "Shorter exposure times, with more gain, while something moves. Auto: where blur and noise together are least. "
    "Sports: two stops shorter, though lamps may show as bands"
)
MOTION_MATCHED = "Matched cameras share one exposure, so motion changes nothing here."
SPEED = "Speed"
SPEED_TIP = "How much of an error one correction removes: all of it is fastest, less is calmer"
SPEED_VALUE = "{percent:.0f} %"

# Overlays card
OVERLAYS = "Overlays"
ATTENTION_MAP = "Attention"
EXPOSURE_MAP = "Exposure"
CLIPPING = "Clipping"
FALSE_COLOUR = "False colour"
ZEBRA = "Zebra"
MASK = "Mask"
BRUSH_SIZE = "Size of the mask brush"
ZEBRA_LEVEL = "Brightness where the stripes start"
OPACITY_OF = "Opacity of the {overlay} overlay"
CELLS = "Cells"
SMOOTH = "Smooth"
NO_MAP = "The current meter does not draw this map."
LEGEND_RAISE = "raise"
LEGEND_LOWER = "lower"
LEGEND_ATTENTION = "attention"
LEGEND_ZEBRA = "zebra from {percent:.0f} %"
LEGEND_FALSE_COLOUR = "EV from middle grey"
LEGEND_BLACK = "black"
LEGEND_WHITE = "white"
SPOT_SET = "Exposing for this spot; double-click to go back to attention"
SPOT_LEFT = "Metering by attention again"
NO_SPOT = "No spot is set: click the picture to expose for one."
MASK_ON = "Painting what counts; the right button removes"
MASK_CLEARED = "The whole picture counts"
NO_MASK = "Nothing is painted: the whole picture counts."
PICTURE_TIP = "Click: expose for that spot. Double-click: back to attention. Wheel: zoom. Drag: move."

MIRRORED = "On screen: turned by {degrees}°, mirrored"
NOT_MIRRORED = "On screen: turned by {degrees}°, not mirrored"

# Why card
WHY = "Why"
WHY_NOTHING = "The current meter gives no reasons."
WHY_WAITING = "Metering is off."
WHY_RAISE = "Raise {ev:.1f} EV"
WHY_LOWER = "Lower {ev:.1f} EV"
WHY_CONTENT = "Stays"
WHY_LEADS = "{what}: {place}, weight\u00a0{weight:.2f}, wants\u00a0{wants}."
WHY_AGAINST = "Held back by {place} ({pull})."
WHY_BALANCED = "{what}: {more}\u00a0({more_pull}) and {less}\u00a0({less_pull}) balance."
WHY_QUIET = "{what}: no part of the picture asks for a change."
WHY_UNSURE = "{what}: the picture seems {off:.1f} EV off, and the meter is unsure by {doubt:.1f} EV."
WHY_NIGHT = "Night is kept dark: {ev:.1f} EV under the meter."
WHY_SNOW = "Bright light is kept bright: {ev:.1f} EV over the meter."
WHY_RAMP = "Held back by the ramp: {ev:.1f} EV to go."
WHY_MOTION = "Time shorter by {ev:.1f} EV: the subject moves {speed:.0f}\u00a0px/s."
WHY_BANDS = "Lamps may show as bands."
WHY_BEYOND = "This picture alone says {ev}."
WHY_PULL_TIP = "{place}: weight {weight:.2f} × wants {wants} EV moves the exposure by {pull} EV"
WHY_PULL_TIP_LIGHT = (
    "{place}: weight {weight:.2f}, wants {wants} EV. This meter averages light, so the bars only explain."
)
PLACES = {
    "top_left": "top left",
    "top": "top",
    "top_right": "top right",
    "left": "centre-left",
    "centre": "centre",
    "right": "centre-right",
    "bottom_left": "bottom left",
    "bottom": "bottom",
    "bottom_right": "bottom right",
}

# Histogram
HISTOGRAM = "Histogram"
NO_LOG = "The waveform has no logarithmic scale."
WAVEFORM = "Waveform"
WAVE = "Wave"
LEVELS = "Levels"
WAVEFORM_TIP = "Left to right as in the picture, from black at the bottom to white at the top; a line every quarter."
HISTOGRAM_TIP = "Red, green, blue and brightness of the picture on screen; the numbers show how much is clipped."
CLIPPED_SHARE = "{percent:.1f} %"
CLIPPED_NONE = "0 %"
SHADOWS_CLIPPED = "▼ {share}"
HIGHLIGHTS_CLIPPED = "{share} ▲"

# Feedback card
FEEDBACK = "This picture is…"
FEEDBACK_STORED = "Stored as {label}: {exposure}"
FEEDBACK_LEARNED = "Learned from your {source}: {exposure}"
FEEDBACK_UNDONE = "Took back: {label}"
FEEDBACK_UNLEARNED = "Unlearned: {label}, from your {source}"
FEEDBACK_FORGOTTEN_ONE = "Forgotten: {label}"
FEEDBACK_FORGOTTEN = "{count} answers forgotten"
FEEDBACK_NOTHING_TO_UNDO = "Nothing to take back"
FEEDBACK_COUNT_NONE = "No answers yet"
FEEDBACK_COUNT_ONE = "1 answer"
FEEDBACK_COUNT = "{count} answers"
FEEDBACK_NO_PICTURE = "There is no picture on screen to answer for."
FEEDBACK_EXPOSURE_UNKNOWN = "exposure unknown"
FEEDBACK_SET_ASIDE = "The file with your answers was damaged. It is kept as {path}, and a new one was started."
FEEDBACK_FAILED = "Your answer could not be stored: {error}"
FEEDBACK_STORED_SEARCHING = "Stored as {label}, but not learned from: still searching"
FEEDBACK_STORED_PAUSED = "Stored as {label}, but not learned from: paused"
FEEDBACK_STORED_INACTIVE = "Stored as {label}, but not learned from: exposure not set here"
FEEDBACK_SKIPPED = "Skipped: nothing was stored"
FEEDBACK_NOT_LIVE = "The live picture is not on screen; go back to it to answer."
FEEDBACK_RECENT = "Last answers: {labels}"
FEEDBACK_RECENT_NONE = "Your last five answers appear here"
FEEDBACK_RECENT_TIP = "{label}: {exposure}, {at}."
FEEDBACK_RECENT_BY_HAND = "Learned from your {source}; it counts {weight:.2g} of a click."
FEEDBACK_RECENT_UNSETTLED = "Not learned from: the exposure was still searching, or not set by this program."
AGREEMENT = "{agreed} / {answers}"
AGREEMENT_TIP = "The meter agreed with {agreed} of the last {answers} answers you gave: it would have said the same."
AGREEMENT_NONE = "How often the meter agrees with your answers; there are none yet."
PROFILE_TIP = "Whose taste your answers teach (Alt+U)"
PROFILE_NAME = "Profile: {person}"
PROFILE_DEFAULT = "Me"
PROFILE_WITH_CAMERA = "{person}, this camera"
PROFILE_ENTRY = "{person}  ({answers})"
PROFILE_ONLY = "Only answers given with {camera}"
PROFILE_NO_CAMERA = "this camera"
PROFILE_NEW = "New profile: type a name, press Enter"
LABELS = {"under": "under", "well": "well", "over": "over"}
SOURCES = {
    "click": "answer",
    "question": "answer to a question",
    "bias": "EV bias",
    "exposure": "time and ISO",
    "spot": "spot",
    "lock": "lock",
}

# Leave to learn and to ask
BY_HAND_ASK = "May the meter learn from what you set by hand?"
BY_HAND_ASK_TIP = (
    "What you set and leave standing counts as “well”, half a click at most. Z takes it back, and Alt+L lists it."
)
BY_HAND_YES = "Yes"
BY_HAND_BOTH = "Yes, and ask me now and then"
BY_HAND_NO = "No"
QUESTION = "How is this picture?"
QUESTION_NEVER = "Don't ask again"
QUESTION_CLOSE = "No reply"

# What was learned
TRUTH_KNOWN = "Your {answers} answers explain {share} of what you want; the rest changes from picture to picture."
TRUTH_MORE = "About {more} more would tell more surely."
TRUTH_TOO_FEW = "Your {answers} answers are too few to tell how much of what you want they explain."
TRUTH_TOO_FEW_MORE = "About {more} more would tell."
TRUTH_SHORT = "{answers} answers explain {share}"
TRUTH_SHARES = (
    (0.0, "hardly any"),
    (0.1, "about a tenth"),
    (0.2, "about a fifth"),
    (0.25, "about a quarter"),
    (0.33, "about a third"),
    (0.5, "about half"),
    (0.67, "about two thirds"),
    (0.75, "about three quarters"),
    (0.9, "about nine tenths"),
    (1.0, "nearly all"),
)
LEARNED_TITLE = "What was learned"
LEARNED_HEAD = "{person}: {answers} answers, {by_hand} of them learned from what was set by hand"
LEARNED_HEAD_SAID = "{person}: {answers} answers"
LEARNED_NONE = (
    "Nothing yet. Answers that you give (1, 2, 3) appear here, and what was learned from what you set by hand."
)
LEARNED_ROW = "{label}, from your {source}"
LEARNED_WEIGHT = "counts {weight:.2g}"
LEARNED_NOT = "not learned from"
LEARNED_FORGET = "Forget"
LEARNED_FORGET_NAME = "Forget {label} of {at}"
LEARNED_FORGET_BY_HAND = "Forget what was set by hand ({count})"
LEARNED_FORGET_ALL = "Forget all ({count})"
LEARNED_REALLY = "Really forget {count}?"
LEARNED_CUT = "The last {shown} are shown; the command line lists all."

# Plots
PLOT_DELTA = "ΔEV"
PLOT_EV = "EV"
PLOT_TIME = "Time"
PLOT_GAIN = "Gain"
PLOT_CENTRE = "Attention"
PLOT_CENTRE_VALUE = "{x:.0f} % → {y:.0f} % ↓"
PLOT_LATENCY = "Latency"
PLOT_LATENCY_VALUE = "{ms:.1f} ms"
PLOT_DROPPED = "Dropped"
PLOT_BLUR = "Blur"
PLOT_BLUR_VALUE = "{blur:.1f} px"
PLOT_TIP = (
    "{title} over the last half minute. Dots: a setting was sent. Vertical lines: your answers; dotted: the light "
    "changed. Wheel: zoom. Drag: move. Double-click: show all."
)
PLOTS_WHOLE = "The whole half minute is already shown."
PLOTS_EXPORT = "Save the plots"
PLOTS_CHOOSE = "Choose plots"
SAVED = "Saved as {path}"
SAVE_FAILED = "Can't write to {path}: {error}. Free some space, or change the folder's permissions."

# Pickers
CAMERA = "Camera"
METER = "Meter"
CAMERA_TIP = "The camera to show and control (Alt+C)"
NO_LIGHT = "This camera's exposure times have no known unit, so nothing says how dark it is: measure it (Ctrl+B)."
METER_TIP = "The meter that decides the exposure (Alt+M)"
CAMERAS_SEARCHING = "Looking for cameras…"
CAMERAS_NONE = "No camera found"
CAMERA_OPENING = "Opening the camera…"
NO_CAMERA_CHOSEN = "Choose a camera"
CAMERAS_FAILED = "Could not look for cameras: {error}"

# Status bar
STATUS_SIZE = "{width} × {height}"
STATUS_RATE = "{rate:.1f} fps"
STATUS_LATENCY = "{ms:.1f} ms"
STATUS_DROPPED = "{count} dropped"
STATUS_SIZE_TIP = "Picture size in pixels"
STATUS_RATE_TIP = "Measured frame rate"
STATUS_LATENCY_TIP = "Time from reading a picture to sending the new setting"
STATUS_DROPPED_TIP = "Pictures missed since the camera was opened"
STATUS_NO_CAMERA = "No camera"

# The strip of several cameras
TILE = "Camera {number}: {name}"
TILE_FOLLOWS = "follows another camera"
ONE_CAMERA = "There is only this camera: start with --camera several times for more"
NOT_WHILE_COMPARING = "End the comparison first"
NOT_WHILE_MEASURING = "The camera is being measured: end that first"

# Camera details, gallery, recordings
CAMERA_SHEET = "Camera details"
CAMERA_ARRIVED = "{name} was plugged in."
CAN_SPEC = "Name"
CAN_DETAIL = "Kind"
CAN_NOT = "can't be set"
CAN_RANGE = "{low} to {high}"
CAN_STEP_TIME = "steps of {step:.0f} µs"
CAN_STEP_GAIN = "steps of {step:.3g}"
CAN_VALUES = "{count} values"
CAN_READ_BACK = "Reads settings back"
CAN_REPORT = "yes, with every picture"
CAN_DELAY = "Delay"
CAN_DELAY_ONE = "a setting takes effect {frames} pictures later"
CAN_DELAY_BETWEEN = "a setting takes effect {shortest} to {longest} pictures later; measure the camera to know exactly"
CAN_NATIVE = "Own auto exposure"
CAN_NOTE = "Note"
YES = "yes"
NO = "no"
GALLERY = "Simulated scenes"
GALLERY_DETAIL = "A simulated camera in real light, with the delay, noise and clipping of a webcam."
GALLERY_NONE = "No simulated scenes are installed."
OPEN_RECORDING = "Open a recording"
RECORDINGS = "Recordings (*.tar);;All files (*)"

# Measuring a camera
PROBE_TITLE = "Measure {name}"
PROBE_INTRO = (
    "Measuring finds out what this camera's settings really do: how many pictures later they take effect, their true "
    "limits and steps, and how light becomes brightness. Exposure then settles faster and never asks for what the "
    "camera can't do.\n\n"
    "Point the camera at a still scene in steady light with dark and bright areas; daylight is better than lamps. "
    "Measuring takes one to two minutes. The camera's settings are restored afterwards."
)
PROBE_START = "Start measuring"
PROBE_CANCEL = "Cancel"
PROBE_CLOSE = "Close"
PROBE_AGAIN = "Measure again"
PROBE_SAVE = "Save and use"
PROBE_WAITING = "Taking over the camera…"
PROBE_CANCELLING = "Restoring the camera…"
PROBE_STILL = "Don't move the camera or change the light."
PROBE_PROGRESS = "Measuring progress"
PROBE_REPORT = "What was found"
PROBE_KEEP = "Took {took_s:.0f} s. Solid lines: measured. Dashed lines: what the camera claims. Save it to use it."
PROBE_SAVED = "Saved as {path} and in use from now on."
PROBE_TIME = "Exposure time: set and real"
PROBE_GAIN = "Gain: set and real"
PROBE_RESPONSE = "Response: code value and EV"
PROBE_NO_CAMERA = "Open a camera first, then measure it."

# Tray and first minute
TRAY_SHOW = "Show or hide the window"
FIRST_MINUTE = "The first minute"
FIRST_MINUTE_OK = "Got it"
FIRST_MINUTE_OK_TIP = "Close the hints; Shift+F1 shows them again"
HINT_CAMERA = ("Choose a camera", "Webcams, a phone, or a simulated scene. A camera you plug in appears here.")
HINT_EXPOSURE = ("See the exposure", "Exposure time, ISO, and how far off target the meter finds it.")
HINT_CONTROL = ("Steer it", "Bias makes it brighter or darker, L locks it, and moving Time or ISO sets it by hand.")
HINT_MAPS = ("See why", "A shows where the meter looks, E what each area asks for.")
HINT_FEEDBACK = ("Teach it", "Press 1, 2 or 3: too dark, good, too bright. It learns your taste.")

# Menu
MENU = "Menu"
THEME = "Theme"
THEMES = {"system": "Follow the system", "dark": "Dark", "light": "Light"}
SHORTCUTS_TITLE = "Keyboard shortcuts"

# Phone
PHONE_TITLE = "Use a phone as the camera"
PHONE_STEPS = (
    "1. Scan the code with the phone's camera and open the page.\n"
    "2. The browser warns about the certificate, because this computer made it. Choose “Advanced”, “Proceed”;"
    " on an iPhone “Show details”, “Visit this website”.\n"
    "3. Let the page use the camera."
)
PHONE_CODE = "Code that opens {address} on a phone"
PHONE_ADDRESS = (
    "{address}   New code in {left}."
    "\nPhone and computer must be on the same network, and this computer's firewall must let the phone in."
)
PHONE_FINGERPRINT = "Certificate, SHA-256:"
PHONE_STATES = {
    "waiting": ("Waiting for a phone", "The code has not been scanned yet."),
    "joining": ("Joining", "A phone is connected; its camera is not open yet."),
    "live": ("Live", "The phone is the camera."),
    "away": ("Away", "The connection to the phone was lost; waiting for it to come back."),
}
PHONE_JOINING_TITLE = "The phone is connected"
PHONE_JOINING = "Let its browser use the camera."
PHONE_AWAY_TITLE = "The phone is away"
PHONE_AWAY = "Unlock its screen or bring it back to the network; it reconnects automatically."
PHONE_LIVE = "Pictures are arriving."
PHONE_SLOW = "The connection is slow, so pictures are small and few."
PHONE_RATE = "{megabits:.1f} Mbit/s."
PHONE_UNREACHABLE = "No phone can reach this computer: it is not on a network. Connect it, and a new code appears."
PHONE_NONE = "No phone is in use as the camera."
PHONE_CODE_NOT_SHOWN = "No code is shown while a phone is connected."
PHONE_NOT_THERE = "No phone is connected."

# Personalise
PERSONALISE_TITLE = "Personalise"
PERSONALISE_FOR = "{person}: {answers} answers"
PERSONALISE_FOR_ONE = "{person}: 1 answer"
PERSONALISE_LEFT_OUT = ", plus {answers} that can't be learned from"
PERSONALISE_INTRO = (
    "Your answers already adjust the exposure. Training goes further: the network itself learns from all of them, in a "
    "quarter of an hour or so, while the camera keeps running. The result is used only if it does better on answers "
    "that it has not seen."
)
PERSONALISE_FEW = (
    "With {answers} answers, training is unlikely to add to what the meter learned from each of them. It takes about "
    "{lacking} more."
)
PERSONALISE_ANYWAY = "Train anyway"
PERSONALISE_TOO_FEW = "It needs at least {least} answers given while the exposure was steady."
PERSONALISE_LACKING = "training needs {library}"
PERSONALISE_START = "Start training"
PERSONALISE_CANCEL = "Cancel"
PERSONALISE_PROGRESS = "Training progress"
PERSONALISE_STAGES = {
    "starting": "Starting…",
    "acceptance": "Testing whether a new model would agree with you more often…",
    "training": "It would. Training on all your answers…",
    "cancelled": "Cancelled. The next training continues from here.",
}
PERSONALISE_USED = (
    "The new model is now in use: it agrees with {new} of your {answers} answers, the old one with\u00a0{old}."
)
PERSONALISE_USED_LATER = (
    "The new model is saved: it agrees with {new} of your {answers} answers, the old one with\u00a0{old}. "
    "It will be used when you start without --model; until then {given} stays in use."
)
PERSONALISE_NOT_USED = (
    "The old model stays in use: it agrees with {old} of your {answers} answers, the new one would with\u00a0{new}."
)
PERSONALISE_NEAR = "It is about {new_ev:.2f}\u00a0EV off what you want, the old one {old_ev:.2f}\u00a0EV."
PERSONALISE_NOT_SURE = (
    "The new one would be about {new_ev:.2f}\u00a0EV off what you want, the old one is {old_ev:.2f}\u00a0EV off: that "
    "may be chance."
)
PERSONALISE_UNSEEN = "Agreement before and after, on answers that neither had seen"
PERSONALISE_KINDS = {"under": "too dark", "well": "good", "over": "too bright"}
PERSONALISE_BEFORE_AFTER = "{kind}: agreed with {old} of {answers} before, {new} after"
PERSONALISE_SHARES = "{old} → {new} of {answers}"
PERSONALISE_ROUNDS = "Good answers, from training to training: {shares}."
PERSONALISE_ROUND = "{share:.0%} of {answers}"
PERSONALISE_ALL_GOOD = "All of your latest answers are good: there is nothing left to learn from."
PERSONALISE_MODELS = "Models"
PERSONALISE_MODEL = "Number {number}, {at}"
PERSONALISE_BASE = "Built-in model"
PERSONALISE_GIVEN = "{name}, chosen with --model"
PERSONALISE_AGREED = "agreed with {agreed} of {answers}"
PERSONALISE_IN_USE = "in use"
PERSONALISE_USE = "Use"
PERSONALISE_USE_NAME = "Use {name}"

# Recordings
STILL_NO_PICTURE = "There is no live picture on screen to save."
BRACKET_TAKING = "Taking three exposures"
BRACKET_NO_CONTROL = "The exposure can't be set: the camera has no control for it, or its own automatic is on."
BRACKET_PAUSED = "Metering is paused. Resume it to take a bracket."
BRACKET_ENDED = "{taken} of {count} exposures were taken: {reason}."
RECORDING = "REC {time}  {size}"
RECORDING_TIP = "Recording to {path}. Pictures missed because the disk was too slow: {missed}."
RECORDING_NAME = "recording"
RECORD_NO_PICTURE = "There is no picture to record."
RECORDED = "Recorded {pictures} pictures ({size}) to {path}"
RECORDED_MISSED = "{missed} more were missed because the disk was too slow."
RECORDED_NOTHING = "Nothing was recorded: no pictures arrived."
NO_LAST_RECORDING = "Nothing has been recorded yet."
SCRUB_BAR = "Recording"
SCRUB_PLACE = "Position in the recording"
SCRUB_NUMBER = "{number} / {count}"
NO_RECORDING = "No recording is open."

# Virtual camera
VIRTUAL_CAMERA_ON = "Other programs can now use the camera {name}."
VIRTUAL_CAMERA_OPENING = "Opening the virtual camera."

# Comparison
COMPARE = "Comparison"
COMPARE_BOTH = "Side by side"
COMPARE_ONE = "One"
COMPARE_ONE_TIP = "One picture: hold O or the mouse button to see the other"
COMPARE_CLOSE = "Back to the live picture (Esc)"
COMPARE_PEEK = "Hold O or the mouse button to see the other picture."
COMPARE_OURS = "Autoexposure ({meter})"
COMPARE_NATIVE = "The camera's own auto exposure"
COMPARE_LETTERS = ("A", "B")
COMPARE_TAKING = "Taking picture {number} of 2, waiting for the exposure to settle: {seconds:.0f} s"
COMPARE_SETTLING = "Waiting for the exposure to settle…"
COMPARE_WAITING = "Next in turn."
COMPARE_UNSETTLED = "not settled"
COMPARE_NOT_KNOWN = "exposure unknown"
COMPARE_ASK = "Which exposure is better? Arrow keys work too: ← A, ↓ no difference, → B."
COMPARE_CHOICES = {"left": "←  A is better", "equal": "↓  No difference", "right": "B is better  →"}
COMPARE_EQUAL = "No difference."
COMPARE_PREFERRED = "You preferred: {name}."
COMPARE_TALLY = "So far: autoexposure {ours}, the camera {native}, no difference {equal}."
COMPARE_NOT_ON = "No comparison is open."
COMPARE_NOTHING_TO_KEEP = "There is no pair to keep until both pictures are taken."
COMPARE_KEPT_ALREADY = "This pair has already been kept."
COMPARE_KEPT = "Kept for a study."
COMPARE_FAILURES = {
    "camera_left": "The camera was disconnected during the comparison; compare again when it is back.",
    "not_handed_over": "The camera did not switch its own auto exposure, so there is nothing to compare.",
}
COMPARE_HINDRANCES = {
    "": "",
    "no_picture": "There is no live picture to compare.",
    "no_control": "This camera's exposure can't be controlled, so there is nothing to compare.",
    "no_native": "This camera has no auto exposure of its own to compare with.",
    "paused": "Metering is paused; resume it before comparing.",
}

# Presets
PRESETS = "Presets"
PRESETS_NAME = "Presets: {name}"
PRESETS_TIP = "Settings of this camera under a name"
PRESETS_IN_USE_TIP = "{name} is in use. Settings of this camera under a name"
PRESETS_UNDO = "Undo ‘{name}’"
PRESETS_NEW = "Save what is in use as…"
PRESETS_NEW_TIP = "Bias, meter, limits, speed and the camera's controls, under this name"
PRESETS_DELETE = "Delete"
PRESETS_NONE_HERE = "This camera has fewer presets"

# Notices
DISMISS = "Dismiss this notice"
UNEXPECTED_ERROR = "Something unexpected went wrong ({error}). The log has the details."


def with_shortcut(tip: str, shortcut: str) -> str:
    """Tooltip with its shortcut behind it, the way menus show them."""
    return f"{tip} ({shortcut})" if shortcut else tip


STUDY = "Study"
STUDY_PROGRESS = "{person}: pair {place} of {pairs}"
STUDY_ASK = "Which exposure is better? Keys: ← left, ↓ equally good, → right, Backspace for the pair before."
STUDY_CHOICES = {"left": "←  Left is better", "equal": "↓  Equally good", "right": "Right is better  →"}
STUDY_SIDES = ("Left", "Right")
STUDY_NOT_SHOWN = "This pair can't be shown and won't count: any answer goes on to the next."
STUDY_DONE = "All {pairs} pairs are answered. Thank you! You can close this window."
