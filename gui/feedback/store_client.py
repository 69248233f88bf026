"""Takes answers to the store and back, all of it in the background: a database may wait for the disk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

import cv2
import numpy as np
from PyQt6.QtCore import QObject, pyqtSignal

from autoexposure.camera import CameraInfo
from autoexposure.control.snapshot import Snapshot
from autoexposure.errors import AutoexposureError, FeedbackError
from autoexposure.exposure import Exposure
from autoexposure.feedback.answer import Label, Source
from autoexposure.feedback.asking import Look, pack_look, unpack_look
from autoexposure.feedback.reward import Agreement, agreement
from autoexposure.feedback.store import FeedbackStore, Profile, Subject
from autoexposure.frame import Pixels
from gui.bridge.bridge import Background
from gui.feedback.touches import Left
from gui.text import texts
from gui.text.wording import as_sentence

log = logging.getLogger(__name__)

RECENT = 5
"""How many of the last answers are shown."""
JUDGED = 20
"""Agreement is counted over this many of the last answers: older ones say little about today's model."""
LISTED = 200
"""How many of the last answers the list of what was learned shows; the command line lists all."""
THUMBNAIL_PX = 96
"""Height of the small pictures: twice what is shown, for screens of 200 %."""
DEFAULT_PERSON = "default"
"""The profile used until one is chosen; the same as on the command line."""


@dataclass(frozen=True, slots=True)
class Whose:
    """Whose answers, and given with which camera (stable id; None: with any)."""

    person: str = DEFAULT_PERSON
    camera: str | None = None

    def owns(self, person: str, camera: CameraInfo | None) -> bool:
        """Whether an answer of this person with this camera counts here; when it is stored another may be chosen."""
        return self.person == person and (
            self.camera is None or (camera is not None and camera.stable_id == self.camera)
        )


@dataclass(frozen=True, slots=True)
class Stored:
    """An answer that is safely in the store under a number, whose it is, and how many there are with it.

    ``bias_ev``, ``source``, ``weight`` are as in `autoexposure.feedback.answer.Sample`.
    """

    snapshot: Snapshot
    label: Label
    count: int
    answer: int
    whose: Whose
    bias_ev: float
    source: Source = Source.CLICK
    weight: float = 1.0

    @property
    def settled(self) -> bool:
        """Whether it may be learned from: the exposure stood still."""
        return self.snapshot.ae_state.settled


@dataclass(frozen=True, slots=True)
class Undone:
    """An answer that was taken back (None: there was nothing to take back), whose it was, and how many are left."""

    label: Label | None
    count: int
    whose: Whose
    answer: int | None = None
    settled: bool = False
    source: Source = Source.CLICK


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many answers are forgotten for good, and whose; ``one`` is the only one, if it was chosen alone."""

    count: int
    whose: Whose
    one: Recent | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Recent:
    """One of the last answers. ``thumbnail`` : (H, W, 3) uint8, `THUMBNAIL_PX` high; None if its picture is damaged."""

    id: int
    label: Label
    thumbnail: Pixels | None
    exposure: Exposure | None
    answered_at: datetime
    settled: bool
    source: Source = Source.CLICK
    weight: float = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Shelf:
    """What the store holds of one profile, newest answers first, and which other profiles it holds.

    ``by_hand`` : how many of the ``count`` answers nobody said (`autoexposure.feedback.answer.Source.by_hand`).
    ``unsettled`` : how many of the others can't be learned from (`autoexposure.feedback.answer.Sample.settled`).
    ``leave`` : what the person allowed or refused; without what they were not asked yet.
    """

    whose: Whose
    count: int
    recent: tuple[Recent, ...]
    agreement: Agreement
    profiles: tuple[Profile, ...]
    unsettled: int = 0
    by_hand: int = 0
    leave: Mapping[Subject, bool] = field(default_factory=dict)

    @property
    def learnable(self) -> int:
        """How many answers a training learns from: what was said of pictures at rest."""
        return self.count - self.unsettled - self.by_hand


class StoreClient(QObject):
    """The store of answers as the window sees it. Signals come in the GUI thread.

    ``shelf_changed`` carries a `Shelf` after every change and every ``count``.
    """

    stored = pyqtSignal(object)
    undone = pyqtSignal(object)
    forgotten = pyqtSignal(object)
    shelf_changed = pyqtSignal(object)
    failed = pyqtSignal(str)

    def __init__(self, background: Background, open_store: Callable[[], FeedbackStore]) -> None:
        super().__init__()
        self.whose = Whose()
        self.background = background
        self._open_store = open_store
        self._store: FeedbackStore | None = None
        self._thumbnails: dict[int, Pixels | None] = {}

    def use(self, whose: Whose) -> None:
        """From now on keep and show the answers of this profile."""
        self.whose = whose
        self.count()

    def count(self) -> None:
        """Count the answers; ``shelf_changed`` brings the result."""
        self.background.run(partial(self._shelf, self.whose), self._tell_shelf, self._tell)

    def add(self, snapshot: Snapshot, label: Label, source: Source = Source.CLICK) -> None:
        """Keep ``label`` for exactly the picture of this Snapshot, with its own exposure."""
        said = partial(self._add, self.whose, snapshot, label, source, snapshot.compensation_ev)
        self.background.run(said, self.stored.emit, self._tell)
        self.count()

    def learn(self, left: Left, whose: Whose) -> None:
        """Keep what this person left standing as "well", unless their feedback is paused."""
        self.background.run(partial(self._learn, whose, left), self._tell_learned, self._tell)
        self.count()

    def permit(self, subject: Subject, allowed: bool) -> None:
        """Remember what the person allows."""
        self.background.run(partial(self._permit, self.whose, subject, allowed), lambda _: None, self._tell)
        self.count()

    def looks(self, done: Callable[[Whose, list[Look]], None]) -> None:
        """Ask for the looks of the pictures that this person was asked about."""
        self.background.run(partial(self._looks, self.whose), partial(done, self.whose), self._tell)

    def keep_look(self, look: Look) -> None:
        """Remember that this person was asked about a picture of this look."""
        self.background.run(partial(self._keep_look, self.whose, look), lambda _: None, self._tell)

    def list_(self, done: Callable[[Whose, tuple[Recent, ...]], None]) -> None:
        """Ask for the last answers, newest first."""
        self.background.run(partial(self._list, self.whose, LISTED), partial(done, self.whose), self._tell)

    def forget(self, one: Recent | None = None, *, by_hand: bool = False) -> None:
        """Forget one answer for good, or all of them, or all that nobody said."""
        self.background.run(partial(self._forget, self.whose, one, by_hand), self.forgotten.emit, self._tell)
        self.count()

    def undo(self) -> None:
        """Take the last answer back."""
        self.background.run(partial(self._take_back, self.whose), self.undone.emit, self._tell)
        self.count()

    def close(self) -> None:
        """Let go of the store, after everything asked so far is done."""
        self.background.run(self._let_go, lambda _: None, self._tell)

    # In the worker thread

    def _opened(self, whose: Whose) -> FeedbackStore:
        if self._store is None:
            self._store = self._open_store()
        self._store.profile, self._store.camera = whose.person, whose.camera
        return self._store

    def _let_go(self) -> None:
        if self._store is not None:
            self._store.close()
            self._store = None

    def _add(
        self,
        whose: Whose,
        snapshot: Snapshot,
        label: Label,
        source: Source,
        bias_ev: float,
        weight: float = 1.0,
    ) -> Stored:
        assert snapshot.frame is not None
        store = self._opened(whose)
        answer = store.add(
            snapshot.frame,
            label,
            camera=snapshot.camera.stable_id if snapshot.camera is not None else "",
            meter=snapshot.meter,
            ae_state=snapshot.ae_state,
            delta_ev=snapshot.decision.delta_ev if snapshot.decision is not None else None,
            bias_ev=bias_ev,
            model_hash=snapshot.model_hash,
            source=source,
            weight=weight,
        )
        return Stored(snapshot, label, store.counts().total, answer, whose, bias_ev, source, weight)

    def _learn(self, whose: Whose, left: Left) -> Stored | None:
        if self._opened(whose).paused:
            return None
        return self._add(whose, left.snapshot, Label.WELL, left.source, left.bias_ev, left.weight)

    def _permit(self, whose: Whose, subject: Subject, allowed: bool) -> None:
        self._opened(whose).permit(subject, allowed)

    def _looks(self, whose: Whose) -> list[Look]:
        found = (unpack_look(data) for data in self._opened(whose).looks())
        return [look for look in found if look is not None]

    def _keep_look(self, whose: Whose, look: Look) -> None:
        self._opened(whose).keep_look(pack_look(look))

    def _forget(self, whose: Whose, one: Recent | None, by_hand: bool) -> Forgotten:
        gone = self._opened(whose).forget(None if one is None else one.id, by_hand=by_hand)
        self._thumbnails.clear()
        return Forgotten(gone, whose, one)

    def _take_back(self, whose: Whose) -> Undone:
        store = self._opened(whose)
        taken = store.undo()
        count = store.counts().total
        if taken is None:
            return Undone(None, count, whose)
        return Undone(taken.label, count, whose, taken.id, taken.settled, taken.source)

    def _shelf(self, whose: Whose) -> Shelf:
        store = self._opened(whose)
        recent = self._list(whose, RECENT)
        if len(self._thumbnails) > LISTED:
            self._thumbnails = {kept.id: kept.thumbnail for kept in recent}
        judged = agreement(store.samples(JUDGED, settled_only=True, said_only=True))
        count, said = store.counts().total, store.counts(said_only=True).total
        unsettled = said - store.counts(settled_only=True, said_only=True).total
        asked = ((subject, store.permission(subject)) for subject in Subject)
        leave = {subject: allowed for subject, allowed in asked if allowed is not None}
        return Shelf(whose, count, recent, judged, tuple(store.profiles()), unsettled, count - said, leave)

    def _list(self, whose: Whose, limit: int) -> tuple[Recent, ...]:
        return tuple(
            Recent(
                sample.id,
                sample.label,
                self._thumbnail(sample.id),
                sample.exposure,
                sample.answered_at,
                sample.settled,
                sample.source,
                sample.weight,
            )
            for sample in self._opened(whose).samples(limit)
        )

    def _thumbnail(self, sample_id: int) -> Pixels | None:
        assert self._store is not None
        if sample_id not in self._thumbnails:
            try:
                self._thumbnails[sample_id] = shrunk(self._store.picture(sample_id))
            except FeedbackError as error:
                log.warning("a small picture is left out: %s", error)
                self._thumbnails[sample_id] = None
        return self._thumbnails[sample_id]

    # Back in the GUI thread

    def _tell_learned(self, stored: Stored | None) -> None:
        if stored is not None:
            self.stored.emit(stored)

    def _tell_shelf(self, shelf: Shelf) -> None:
        if self._store is not None and self._store.set_aside is not None:
            self.failed.emit(texts.FEEDBACK_SET_ASIDE.format(path=self._store.set_aside))
        if shelf.whose == self.whose:  # else another profile was chosen meanwhile
            self.shelf_changed.emit(shelf)

    def _tell(self, error: Exception) -> None:
        foreseen = isinstance(error, AutoexposureError)
        log.log(logging.WARNING if foreseen else logging.ERROR, "feedback: %s", error)
        self.failed.emit(as_sentence(str(error)) if foreseen else texts.FEEDBACK_FAILED.format(error=error))


def shrunk(pixels: Pixels) -> Pixels:
    """(H, W, 3) uint8 as a small picture of `THUMBNAIL_PX` height."""
    height, width = pixels.shape[:2]
    size = (max(1, round(width * THUMBNAIL_PX / height)), THUMBNAIL_PX)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA), np.uint8)
