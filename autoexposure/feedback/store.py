"""Under, well, over: the user's answers, kept with the pictures they were given for, and what the user allows.

The store is the user's own data, so it is built to lose nothing. Every answer is one SQLite transaction in a
write-ahead log with ``synchronous = FULL``: when ``add`` has returned, the answer survives ``kill -9`` and a power cut;
when it has raised, nothing of it was kept and everything before it still is. A file that SQLite finds damaged is set
aside under another name, never deleted, and a new one begun, because the next click must not fail for it either.

Pictures are PNG at 256 pixels short side, 140 to 250 kB, so a thousand answers are about 200 MB. JPEG would take a
third of it, but blurs which code values were clipped, and learning from re-exposed pictures has to know that.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Self

import cv2
import platformdirs

from autoexposure.errors import ConfigError, FeedbackError, PictureError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Answer, BadAnswer, Label, Sample, Source, check_answer
from autoexposure.feedback.sqlite import FeedbackFile, Row
from autoexposure.files.decoding import decode
from autoexposure.files.picture_header import Kind
from autoexposure.frame import Frame, Pixels
from autoexposure.states import AeState

log = logging.getLogger(__name__)

SHORT_SIDE_PX = 256
"""Stored pictures are shrunk to this: twice what policies see, so that training can still crop."""

_COLUMNS = (
    *("id", "answered_at", "profile", "label", "time_s", "gain", "reported", "sequence", "camera", "meter"),
    *("model_hash", "ae_state", "delta_ev", "bias_ev", "source", "weight"),
)
_SELECTED = ", ".join(_COLUMNS)
_MINE = "profile = ?1 AND (?2 IS NULL OR camera = ?2)"
_BY_HAND = "source IN ({})".format(", ".join(f"'{source}'" for source in Source if source.by_hand))

MOST_LOOKS = 1000
"""Questions of one person that are remembered: a year of three a day. Older ones may come again."""


class Subject(StrEnum):
    """What a person is asked for leave for; without it nothing of the kind is done."""

    BY_HAND = "by hand"
    """Learning from what is set by hand."""
    QUESTIONS = "questions"
    """Asking about a picture, now and then."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How many answers of each kind."""

    under: int = 0
    well: int = 0
    over: int = 0

    @property
    def total(self) -> int:
        """All answers."""
        return self.under + self.well + self.over


def default_store_path() -> Path:
    """Where this user's feedback is kept on this system."""
    return platformdirs.user_data_path("autoexposure", appauthor=False) / "feedback.sqlite"


@dataclass(frozen=True, slots=True)
class Profile:
    """One person in front of one camera, and the number of answers they gave."""

    person: str
    camera: str
    answers: int


class FeedbackStore:
    """The answers of one profile, in a SQLite file that only its owner may read.

    Several threads may call it, and several processes may have the same file open. ``add`` encodes a picture and waits
    for the disk, some tens of milliseconds: too long for the thread that paints. Every method raises FeedbackError:
    disk full, file locked, not writable, damaged, from a newer version, closed.

    Parameters
    ----------
    path : the file, made with its folder if there is none.
    profile : whose answers; all methods that take no id see only these.
    camera : with which camera (its stable id), None for any: tastes may differ from camera to camera.
    wait_s : how long to wait for another process that is writing.
    """

    def __init__(self, path: Path, *, profile: str = "default", camera: str | None = None, wait_s: float = 5.0) -> None:
        self.profile = profile
        self.camera = camera
        self._file = FeedbackFile(path, wait_s)

    @property
    def path(self) -> Path:
        """The file."""
        return self._file.path

    @property
    def set_aside(self) -> Path | None:
        """Where a damaged file was moved, for a notice to the user; None if all was well."""
        return self._file.set_aside

    def add(
        self,
        frame: Frame,
        label: Label,
        *,
        camera: str,
        meter: str,
        ae_state: AeState,
        delta_ev: float | None,
        bias_ev: float = 0.0,
        model_hash: str = "",
        source: Source = Source.CLICK,
        weight: float = 1.0,
    ) -> int:
        """Keep one answer with its picture and return its id. It is on the disk when this returns.

        An answer given while the loop was searching is kept too; ``Sample.settled`` tells it apart. While the profile
        is paused nothing is kept and FeedbackError says so; nor is a placeholder, which shows a secret.
        """
        if frame.placeholder:
            raise FeedbackError("Your answer was not stored: the camera has no picture yet; connect the phone first.")
        sample = Sample(
            id=0,
            answered_at=datetime.now(UTC),
            profile=self.profile,
            label=label,
            exposure=frame.exposure,
            reported=frame.reported,
            sequence=frame.sequence,
            camera=camera,
            meter=meter,
            model_hash=model_hash,
            ae_state=ae_state,
            delta_ev=delta_ev,
            bias_ev=bias_ev,
            source=source,
            weight=weight,
        )
        png = _encode(frame.pixels)
        sample_id = self._insert(sample, png, "WHERE ? NOT IN (SELECT profile FROM paused)", (self.profile,))
        if sample_id is None:
            raise FeedbackError(
                f"Your answer was not stored: the feedback of profile {self.profile!r} is paused; resume it first."
            )
        return sample_id

    def restore(self, answer: Answer, profile: str | None = None) -> int | None:
        """Keep an answer that was exported, under this profile or another; its new id, or None if it is there already.

        Raises BadAnswer if it holds impossible values.
        """
        sample = replace(answer.sample, profile=self.profile if profile is None else profile)
        check_answer(sample)  # before it is looked for: SQLite can't even ask for some
        known = self._file.execute(
            "Answers can't be imported",
            "SELECT 1 FROM sample WHERE profile = ? AND answered_at = ? AND camera = ? AND sequence = ?",
            (sample.profile, _written(sample.answered_at), sample.camera, sample.sequence),
        )
        return None if known else self._insert(sample, answer.png, imported=True)

    def _insert(
        self,
        sample: Sample,
        png: bytes,
        unless: str = "",
        values: tuple[object, ...] = (),
        *,
        imported: bool = False,
    ) -> int | None:
        """The one way into the store: nothing passes that `check_answer` refuses."""
        try:
            check_answer(sample)
        except BadAnswer as error:
            raise BadAnswer(f"Your answer was not stored: {error}.") from error
        exposure = sample.exposure
        row: dict[str, object] = {
            "answered_at": _written(sample.answered_at),
            "profile": sample.profile,
            "label": sample.label.value,
            "picture": png,
            "time_s": exposure.time_s if exposure else None,
            "gain": exposure.gain if exposure else None,
            "reported": sample.reported,
            "sequence": sample.sequence,
            "camera": sample.camera,
            "meter": sample.meter,
            "model_hash": sample.model_hash,
            "ae_state": sample.ae_state.value,
            "delta_ev": sample.delta_ev,
            "bias_ev": sample.bias_ev,
            "source": sample.source.value,
            "weight": sample.weight,
            "imported": imported,
        }
        inserted = self._file.execute(
            "Your answer was not stored",
            f"INSERT INTO sample ({', '.join(row)}) SELECT {', '.join('?' * len(row))} {unless} RETURNING id",
            (*row.values(), *values),
            begin_anew_if_damaged=True,
        )
        return int(inserted[0][0]) if inserted else None

    def undo(self) -> Sample | None:
        """Remove the last answer of this profile that was given here, and return it; None if none is left.

        Given here means clicked or left standing, in this run of the program or an earlier one. An imported answer has
        a newer id than those before it but was not given here: `forget` removes it. The picture is erased from every
        file, at the latest when no other program reads the old state any more.
        """
        removed = self._file.execute(
            "Your answer was not taken back",
            f"DELETE FROM sample WHERE id = (SELECT max(id) FROM sample WHERE {_MINE} AND NOT imported)"
            f" RETURNING {_SELECTED}",
            self._mine,
        )
        if not removed:
            return None
        self._file.empty_log("The picture of an answer taken back can't be erased yet")
        return _sample(removed[0])

    def forget(self, sample_id: int | None = None, *, by_hand: bool = False) -> int:
        """Remove one answer of this profile, or all of them, permanently; returns how many there were.

        ``by_hand`` : of all of them only those that nobody said. With all of them go the looks of what was asked about.
        When this returns, their pictures are erased from every file, even if other programs have it open. Raises
        FeedbackError if another program went on reading the old state; then forget again.
        """
        removed = self._file.execute(
            "Answers can't be forgotten",
            f"DELETE FROM sample WHERE {_MINE} AND (?3 IS NULL OR id = ?3) AND (NOT ?4 OR {_BY_HAND}) RETURNING id",
            (*self._mine, sample_id, by_hand),
        )
        if sample_id is None and not by_hand and self.camera is None:
            self._file.execute("Answers can't be forgotten", "DELETE FROM asked WHERE profile = ?", (self.profile,))
        gone = f"{len(removed)} answer{' is' if len(removed) == 1 else 's are'} forgotten"
        if not self._file.empty_log(f"{gone}, but their pictures can't be erased"):
            raise FeedbackError(
                f"{gone}, but the files beside {self.path} still hold pictures, because another program reads the "
                "answers: close it and forget again."
            )
        return len(removed)

    def erase_set_aside(self) -> list[Path]:
        """Remove the damaged files that were set aside, with everybody's answers in them; returns which they were."""
        return self._file.erase_set_aside()

    @property
    def paused(self) -> bool:
        """Whether answers of this profile are refused now; this outlasts the program."""
        found = self._file.execute(
            "The feedback can't be read", "SELECT 1 FROM paused WHERE profile = ?", (self.profile,)
        )
        return bool(found)

    def pause(self, on: bool) -> None:
        """Refuse answers of this profile from now on, or accept them again."""
        statement = "INSERT OR IGNORE INTO paused VALUES (?)" if on else "DELETE FROM paused WHERE profile = ?"
        self._file.execute("The feedback can't be paused or resumed", statement, (self.profile,))

    def permission(self, subject: Subject) -> bool | None:
        """What the person said when asked for leave; None if they never were. It outlasts the program."""
        found = self._file.execute(
            "What you allowed can't be read",
            "SELECT allowed FROM permission WHERE profile = ? AND subject = ?",
            (self.profile, subject.value),
        )
        return bool(found[0][0]) if found else None

    def permit(self, subject: Subject, allowed: bool) -> None:
        """Remember what the person allows from now on."""
        self._file.execute(
            "What you allow can't be kept",
            "INSERT OR REPLACE INTO permission VALUES (?, ?, ?)",
            (self.profile, subject.value, allowed),
        )

    def keep_look(self, look: bytes) -> None:
        """Remember of which picture an answer was asked or given (`autoexposure.feedback.asking.look_of`)."""
        self._file.execute(
            "What was asked can't be kept", "INSERT INTO asked (profile, look) VALUES (?, ?)", (self.profile, look)
        )

    def looks(self) -> list[bytes]:
        """The looks that were kept of this person's pictures, the newest `MOST_LOOKS`."""
        rows = self._file.execute(
            "What was asked can't be read",
            "SELECT look FROM asked WHERE profile = ? ORDER BY id DESC LIMIT ?",
            (self.profile, MOST_LOOKS),
        )
        return [bytes(look) for (look,) in rows if isinstance(look, bytes)]

    def profiles(self) -> list[Profile]:
        """All profiles in this file, by person and camera."""
        rows = self._file.execute(
            "The profiles can't be read",
            "SELECT profile, camera, count(*) FROM sample GROUP BY profile, camera ORDER BY profile, camera",
        )
        return [Profile(*row) for row in rows]

    def keep_features(self, sample_id: int, model_hash: str, data: bytes) -> None:
        """Keep what a model saw in an answer's picture (`LiveLayer.features_of`), so that it need not see it again."""
        self._file.execute(
            "What was learned can't be kept",
            "INSERT OR REPLACE INTO look SELECT id, ?, ? FROM sample WHERE id = ?",  # it may have been taken back
            (model_hash, data, sample_id),
        )

    def kept_features(self, model_hash: str) -> dict[int, bytes]:
        """What was kept of this profile's pictures for this model, by the answers' ids."""
        rows = self._file.execute(
            "What was learned can't be read",
            "SELECT sample_id, data FROM look WHERE model_hash = ?3 AND sample_id IN"
            f" (SELECT id FROM sample WHERE {_MINE})",
            (*self._mine, model_hash),
        )
        return dict(rows)

    def samples(self, limit: int | None = None, *, settled_only: bool = False, said_only: bool = False) -> list[Sample]:
        """The answers, newest first, at most ``limit`` of them; a damaged one (of an earlier version) is left out.

        ``settled_only`` : those that can be learned from. ``said_only`` : not those that were only left standing.
        """
        which, states = _which(settled_only, said_only)
        rows = self._file.execute(
            "Your answers can't be read",
            f"SELECT {_SELECTED} FROM sample WHERE {_MINE} AND {which} ORDER BY id DESC LIMIT ?{3 + len(states)}",
            (*self._mine, *states, -1 if limit is None else limit),
        )
        found = []
        for row in rows:
            try:
                found.append(_sample(row))
            except BadAnswer as error:
                log.warning("%s (in %s): it is left out", error, self.path)
        return found

    def picture(self, sample_id: int) -> Pixels:
        """The picture of one answer, (H, W, 3) uint8 RGB, short side 256 pixels or less."""
        pixels = decode_png(self.answer(sample_id).png)
        if pixels is None:
            raise FeedbackError(f"The picture of answer number {sample_id} in {self.path} is damaged.")
        return pixels

    def answer(self, sample_id: int) -> Answer:
        """One answer, of any profile, with its picture as it is stored."""
        rows = self._file.execute(
            "The picture can't be read", f"SELECT {_SELECTED}, picture FROM sample WHERE id = ?", (sample_id,)
        )
        if not rows:
            raise FeedbackError(f"There is no answer number {sample_id} in {self.path}; was it taken back?")
        return Answer(_sample(rows[0][:-1]), bytes(rows[0][-1]))

    def counts(self, *, settled_only: bool = False, said_only: bool = False) -> Counts:
        """How many answers of each kind there are, of all or of those that `samples` gives."""
        which, states = _which(settled_only, said_only)
        rows = self._file.execute(
            "Your answers can't be counted",
            f"SELECT label, count(*) FROM sample WHERE {_MINE} AND {which} GROUP BY label",
            (*self._mine, *states),
        )
        return Counts(**dict(rows))

    @property
    def _mine(self) -> tuple[object, ...]:
        return (self.profile, self.camera)

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _which(settled_only: bool, said_only: bool) -> tuple[str, tuple[str, ...]]:
    """A condition behind `_MINE`, and its values."""
    states = tuple(state.value for state in AeState if state.settled or not settled_only)
    said = f" AND NOT {_BY_HAND}" if said_only else ""
    return f"ae_state IN ({', '.join(f'?{3 + n}' for n in range(len(states)))}){said}", states


def decode_png(png: bytes) -> Pixels | None:
    """(H, W, 3) uint8 RGB of a stored picture; None if it is damaged, or larger than any that is stored."""
    try:
        return decode(png, (Kind.PNG,))
    except PictureError:
        return None


def _encode(pixels: Pixels) -> bytes:
    height, width = pixels.shape[:2]
    shrink = min(1.0, SHORT_SIDE_PX / min(height, width))
    size = (round(width * shrink), round(height * shrink))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA) if shrink < 1 else pixels
    written, png = cv2.imencode(".png", cv2.cvtColor(small, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_PNG_COMPRESSION, 3])
    if not written:
        raise FeedbackError("Your answer was not stored: its picture could not be written as PNG.")
    return bytes(png)


def _written(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def _sample(row: Row) -> Sample:
    """The answer of one row. Raises BadAnswer if its values are impossible."""
    values = dict(zip(_COLUMNS, row, strict=True))
    time_s, gain = values.pop("time_s"), values.pop("gain")
    try:
        values["answered_at"] = datetime.fromisoformat(values["answered_at"])
        values["label"] = Label(values["label"])
        values["reported"] = bool(values["reported"])
        values["ae_state"] = AeState(values["ae_state"])
        values["source"] = Source(values["source"])
        sample = Sample(**values, exposure=None if time_s is None else Exposure(time_s, gain))
        check_answer(sample)
    except (ValueError, TypeError, ConfigError, BadAnswer) as error:
        raise BadAnswer(f"answer number {values['id']} is damaged: {error}") from error
    return sample
