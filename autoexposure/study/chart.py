"""The paper's Figure 13, of a study's own result: three bars a person and three for the mean, with their intervals."""

from __future__ import annotations

import io

from autoexposure.errors import ConfigError
from autoexposure.extras import first_missing, not_installed
from autoexposure.study.result import Outcome, Share, StudyResult

COLOURS = {Outcome.OURS: "#1b7f79", Outcome.EQUAL: "#b9b9b9", Outcome.NATIVE: "#d08a2e"}
"""They differ in lightness too, for print and for colour-blind eyes."""

NAMES = {
    Outcome.OURS: "autoexposure is better",
    Outcome.EQUAL: "equally good",
    Outcome.NATIVE: "the camera's own is better",
}

LONGEST_LABEL = 14
"""Characters of a name below a bar; more would run into the next one."""


def check_drawing() -> None:
    """Raise ConfigError if nothing can be drawn here."""
    if missing := first_missing("matplotlib"):
        raise ConfigError(not_installed(f"the chart of a study needs {missing}", "plot"))


def chart(result: StudyResult) -> bytes:
    """A PNG; `check_drawing` says whether one can be made."""
    from matplotlib.figure import Figure

    groups: list[tuple[str, dict[Outcome, Share]]] = [(person.person, person.shares) for person in result.persons]
    groups.append(("mean", result.mean))
    figure = Figure(figsize=(max(6.0, 1.3 * len(groups) + 1), 4.2), layout="constrained")
    axes = figure.add_subplot()
    width = 0.27
    for number, outcome in enumerate(Outcome):
        places = [place + (number - 1) * width for place in range(len(groups))]
        shares = [shares[outcome] for _, shares in groups]
        heights = [100 * share.share for share in shares]
        # A mean of no verdicts is 0, whose interval is 0..1; elsewhere the share lies within its interval but for
        # rounding, which must give no negative whisker.
        below = [max(0.0, 100 * (share.share - share.low)) for share in shares]
        above = [max(0.0, 100 * (share.high - share.share)) for share in shares]
        axes.bar(places, heights, width, color=COLOURS[outcome], label=NAMES[outcome])
        axes.errorbar(places, heights, yerr=(below, above), fmt="none", ecolor="#333333", elinewidth=1, capsize=2)
        for place, height, reach in zip(places, heights, above, strict=True):
            axes.text(place, height + reach + 1.5, f"{height:.0f}", ha="center", fontsize=7)
    axes.set_xticks(range(len(groups)), [_label(name) for name, _ in groups])
    if result.persons:
        axes.axvline(len(groups) - 1.5, color="grey", linewidth=0.8)
    axes.set_ylim(0, 112)
    axes.set_yticks(range(0, 101, 20))
    axes.set_ylabel("share of the pairs, %")
    axes.grid(axis="y", alpha=0.3)
    axes.set_axisbelow(True)
    figure.legend(loc="outside upper center", ncols=3, fontsize=8, frameon=False)
    note = f"{result.answered} of {result.pairs} pairs; whiskers: Wilson's 95 % intervals"
    figure.supxlabel(note, fontsize=7, color="grey")
    image = io.BytesIO()
    figure.savefig(image, format="png", dpi=150)
    return image.getvalue()


def _label(name: str) -> str:
    """A name as matplotlib prints it: a dollar would begin a formula."""
    short = name if len(name) <= LONGEST_LABEL else name[: LONGEST_LABEL - 1] + "…"
    return short.replace("$", r"\$")
