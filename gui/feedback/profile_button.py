"""Whose taste is learned: a button with a menu of people, and whether only the present camera counts."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QSettings, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QToolButton

from autoexposure.control.snapshot import Snapshot
from autoexposure.feedback.store import Profile
from autoexposure.plain_text import plain
from gui.actions.actions import Actions
from gui.feedback.store_client import DEFAULT_PERSON, Whose
from gui.style.icons import icon
from gui.style.theme import Theme
from gui.text import texts
from gui.widgets.controls import plain_tip
from gui.widgets.name_entry import NameEntry

PERSON_SETTING = "feedback/person"
CAMERA_SETTING = "feedback/this_camera_only"
PEOPLE_SETTING = "feedback/people"
LONGEST_NAME = 40
WIDEST_PX = 84
"""More of a name is not shown on the button; its tooltip and its menu have all of it."""


class ProfileButton(QToolButton):
    """Emits ``chosen`` with a `Whose`; remembers the choice, and people who have not answered yet, in the settings."""

    chosen = pyqtSignal(object)

    def __init__(self, theme: Theme, actions: Actions, settings: QSettings) -> None:
        super().__init__()
        self._theme = theme
        self._settings = settings
        self._camera: str | None = None
        self._camera_name = ""
        self._profiles: tuple[Profile, ...] = ()
        self._person = str(settings.value(PERSON_SETTING, DEFAULT_PERSON)) or DEFAULT_PERSON
        self._only = settings.value(CAMERA_SETTING, False, type=bool)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setIconSize(QSize(16, 16))
        self.setObjectName("flat")
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(self._fill)
        self.setMenu(self._menu)
        actions["profile"].triggered.connect(self.showMenu)
        theme.changed.connect(self._tint)
        self._tint()
        self._say()

    @property
    def whose(self) -> Whose:
        """What is chosen, with the camera that is open."""
        return Whose(self._person, self._camera if self._only else None)

    def show_snapshot(self, snapshot: Snapshot) -> None:
        """Follow the camera: if only it counts, another camera is another profile."""
        camera = snapshot.camera
        if camera is None or camera.stable_id == self._camera:
            return
        before = self.whose
        self._camera, self._camera_name = camera.stable_id, camera.name
        self._tell(before)

    def show_profiles(self, profiles: Sequence[Profile]) -> None:
        """Offer these people."""
        self._profiles = tuple(profiles)

    def people(self) -> list[str]:
        """Everybody there is, the default first."""
        kept = self._settings.value(PEOPLE_SETTING, [])
        kept = [kept] if isinstance(kept, str) else [str(name) for name in kept or []]
        others = {*kept, *(profile.person for profile in self._profiles), self._person} - {DEFAULT_PERSON}
        return [DEFAULT_PERSON, *sorted(others, key=str.casefold)]

    def choose(self, person: str) -> None:
        """Learn this person's taste from now on; a name that is new makes a new profile."""
        person = " ".join(person.split())[:LONGEST_NAME]
        if not person:
            return
        before = self.whose
        self._person = person
        self._settings.setValue(PEOPLE_SETTING, self.people())
        self._settings.setValue(PERSON_SETTING, person)
        self._tell(before)

    def only_this_camera(self, on: bool) -> None:
        """Count only answers given with the present camera, or all."""
        before = self.whose
        self._only = on
        self._settings.setValue(CAMERA_SETTING, on)
        self._tell(before)

    def _tell(self, before: Whose) -> None:
        self._say()
        if self.whose != before:
            self.chosen.emit(self.whose)

    def _say(self) -> None:
        name = person_text(self._person)
        text = texts.PROFILE_WITH_CAMERA.format(person=name) if self._only else name
        self.setText(self.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, WIDEST_PX))
        self.setAccessibleName(texts.PROFILE_NAME.format(person=text))
        self.setToolTip(plain_tip(f"{text}. {texts.PROFILE_TIP}"))

    def _fill(self) -> None:
        self._menu.clear()
        group = QActionGroup(self._menu)
        for person in self.people():
            answers = sum(profile.answers for profile in self._profiles if profile.person == person)
            action = QAction(texts.PROFILE_ENTRY.format(person=person_text(person), answers=answers), self._menu)
            action.setCheckable(True)
            action.setChecked(person == self._person)
            action.triggered.connect(lambda _=False, person=person: self.choose(person))
            group.addAction(action)
            self._menu.addAction(action)
        self._menu.addSeparator()
        only = QAction(texts.PROFILE_ONLY.format(camera=self._camera_name or texts.PROFILE_NO_CAMERA), self._menu)
        only.setCheckable(True)
        only.setChecked(self._only)
        only.toggled.connect(self.only_this_camera)
        self._menu.addAction(only)
        self._menu.addSeparator()
        new = NameEntry(self._menu, texts.PROFILE_NEW, LONGEST_NAME)
        new.entered.connect(lambda name: self.choose(plain(name, LONGEST_NAME)))
        self._menu.addAction(new)

    def _tint(self) -> None:
        self.setIcon(icon("person", self._theme.palette))


def person_text(person: str) -> str:
    """A person's name as shown."""
    return texts.PROFILE_DEFAULT if person == DEFAULT_PERSON else person
