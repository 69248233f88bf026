"""The SQLite file under the feedback store: opening and migrating it, setting it aside, and errors in sentences.

``synchronous = FULL`` and not the NORMAL that is usual with a write-ahead log: NORMAL loses the last answers in a power
cut, and one wait for the disk a click goes unnoticed.
"""

from __future__ import annotations

import contextlib
import glob
import logging
import os
import shutil
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from autoexposure.errors import FeedbackError
from autoexposure.files.private_files import make_folder, private, tighten

log = logging.getLogger(__name__)

Row = tuple[Any, ...]
"""One row of a result: SQLite gives back whatever kind of value was stored, so the reader checks."""

APPLICATION_ID = 0x41455846
"""Marks the file as ours (``AEXF``), so that no other program's database is ever written to."""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """
        CREATE TABLE sample (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            answered_at TEXT NOT NULL,
            profile TEXT NOT NULL,
            label TEXT NOT NULL CHECK (label IN ('under', 'well', 'over')),
            picture BLOB NOT NULL,
            time_s REAL,
            gain REAL,
            reported INTEGER NOT NULL,
            sequence INTEGER NOT NULL,
            camera TEXT NOT NULL,
            meter TEXT NOT NULL,
            model_hash TEXT NOT NULL,
            ae_state TEXT NOT NULL,
            delta_ev REAL,
            bias_ev REAL NOT NULL
        )
        """,
        "CREATE INDEX sample_of_profile ON sample (profile, id)",
    ),
    (
        """
        CREATE TABLE look (
            sample_id INTEGER NOT NULL REFERENCES sample (id) ON DELETE CASCADE,
            model_hash TEXT NOT NULL,
            data BLOB NOT NULL,
            PRIMARY KEY (sample_id, model_hash)
        )
        """,
        "CREATE TABLE paused (profile TEXT PRIMARY KEY)",
    ),
    ("ALTER TABLE sample ADD COLUMN imported INTEGER NOT NULL DEFAULT 0",),
    (
        "ALTER TABLE sample ADD COLUMN source TEXT NOT NULL DEFAULT 'click'",
        "ALTER TABLE sample ADD COLUMN weight REAL NOT NULL DEFAULT 1",
        """
        CREATE TABLE permission (
            profile TEXT NOT NULL,
            subject TEXT NOT NULL,
            allowed INTEGER NOT NULL,
            PRIMARY KEY (profile, subject)
        )
        """,
        "CREATE TABLE asked (id INTEGER PRIMARY KEY, profile TEXT NOT NULL, look BLOB NOT NULL)",
    ),
)
"""Statements that lead from schema version n to n + 1, in order; ``PRAGMA user_version`` says where a file stands.
Once released, an entry is never edited; the next version is added behind it."""

_TAILS = ("-wal", "-shm")
"""What SQLite keeps beside a file that is open."""

_ASIDE = ".damaged-"
"""Precedes the time in the name of a file that was set aside."""

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_ADVICE = {
    sqlite3.SQLITE_FULL: "the disk is full; free some space and try again",
    sqlite3.SQLITE_IOERR: "the disk refused; look at its free space, your quota and its health",
    sqlite3.SQLITE_BUSY: "another program is writing to it; try again when that is done",
    sqlite3.SQLITE_LOCKED: "another program is writing to it; try again when that is done",
    sqlite3.SQLITE_READONLY: "it may not be written; look at the permissions of the file and its folder",
    sqlite3.SQLITE_CANTOPEN: "it can't be opened; look at the permissions of the file and its folder",
    sqlite3.SQLITE_CORRUPT: "it is damaged; the next answer, or the next start, sets it aside and begins a new one",
    sqlite3.SQLITE_NOTADB: "it is damaged; the next answer, or the next start, sets it aside and begins a new one",
}


class FeedbackFile:
    """One connection behind a lock; any thread may call it, and other processes may have the same file open.

    Attributes
    ----------
    path : the file, made with its folder if there is none, readable by its owner only.
    set_aside : where a damaged file was moved, None if there was none.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self.path = path
        self.set_aside: Path | None = None
        self._wait_s = wait_s
        self._closed = self._ready = False
        self._identity: tuple[int, int] | None = None
        self._lock = threading.RLock()
        with self._in_sentences("The feedback can't be opened"):
            self._open()

    def execute(
        self, failure: str, statement: str, values: Sequence[object] = (), *, begin_anew_if_damaged: bool = False
    ) -> list[Row]:
        """Run one statement as a transaction of its own and return its rows; ``failure`` opens the error's sentence."""
        with self._lock, self._in_sentences(failure):
            self._follow()
            try:
                return self._connection.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                if not begin_anew_if_damaged or _code(error) not in _DAMAGED:
                    raise
                self._begin_anew(error)
                return self._connection.execute(statement, values).fetchall()

    def empty_log(self, failure: str) -> bool:
        """Fold the log into the file and cut it to nothing, so that no deleted picture is left in it.

        False if another connection still reads the old state after a wait.
        """
        with self._lock, self._in_sentences(failure):
            busy: int = self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
            return not busy

    def erase_set_aside(self) -> list[Path]:
        """Remove every damaged file that was set aside, with its log; returns which. Raises FeedbackError."""
        with self._lock, self._in_sentences("What was set aside can't be erased"):
            pattern = f"{glob.escape(self.path.stem)}{_ASIDE}*{self.path.suffix}"
            # A log may lie there alone: it is copied first, and the program may be killed before the file follows.
            erased = set()
            for tail in (*_TAILS, ""):
                for aside in self.path.parent.glob(pattern + tail):
                    aside.unlink(missing_ok=True)
                    erased.add(aside.with_name(aside.name.removesuffix(tail)))
            return sorted(erased)

    def close(self) -> None:
        """Fold the log into the file and let go of it; may be called twice."""
        with self._lock:
            self._closed = True
            self._let_go()

    def _open(self) -> None:
        make_folder(self.path.parent)
        self._connection = self._connect()
        try:
            self._prepare()
        except sqlite3.Error as error:
            if _code(error) not in _DAMAGED:
                self._connection.close()
                raise
            self._begin_anew(error)
        except FeedbackError:
            self._connection.close()
            raise
        self._ready = True

    def _follow(self) -> None:
        """Open the file again if another one, or none, has its name now: it was removed, replaced or set aside.

        What is written into a file without a name is lost.
        """
        if self._closed or (self._ready and _identity(self.path) == self._identity):
            return
        if self._ready:
            log.warning("%s was removed or replaced while it was open: the one that is there now is used", self.path)
            self._let_go()
        self._ready = False  # until it is open again, which the next answer tries
        self._open()

    def _let_go(self) -> None:
        """Close; of a file that has lost its name SQLite would leave the log, and read the next one's with it."""
        if _identity(self.path) != self._identity:
            with contextlib.suppress(sqlite3.Error):  # damaged, or closed before
                self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._connection.close()

    def _connect(self) -> sqlite3.Connection:
        # Only a file that is not there yet: opening and closing one that another connection of this process uses
        # would drop that connection's locks (SQLite, "How To Corrupt", 2.2).
        with contextlib.suppress(FileExistsError):
            os.close(private(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR))
        for tail in ("", *_TAILS):  # one that an earlier version made; SQLite makes the log as private as the file
            tighten(_beside(self.path, tail))
        self._identity = _identity(self.path)
        return sqlite3.connect(self.path, timeout=self._wait_s, isolation_level=None, check_same_thread=False)

    def _prepare(self) -> None:
        self._check_ours()
        self._write_ahead()
        self._connection.execute("PRAGMA synchronous = FULL")
        self._connection.execute("PRAGMA foreign_keys = ON")
        self._connection.execute("PRAGMA secure_delete = ON")  # an answer taken back leaves no picture behind
        self._migrate()

    def _write_ahead(self) -> None:
        """Switch to a write-ahead log; file systems that can't keep the rollback journal, which is as durable."""
        until_s = time.monotonic() + self._wait_s
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:  # SQLite itself does not wait when two switch a new file at once
                if _code(error) != sqlite3.SQLITE_BUSY or time.monotonic() > until_s:
                    raise
                time.sleep(0.01)

    def _check_ours(self) -> None:
        tables = self._connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
        if tables and self._pragma("application_id") != APPLICATION_ID:
            raise FeedbackError(f"{self.path} is a database of another program; name another file for the feedback.")
        version = self._pragma("user_version")
        if version > len(MIGRATIONS):
            raise FeedbackError(
                f"{self.path} was written by a newer version of this program (its schema is {version}, known are "
                f"{len(MIGRATIONS)}); update the program or name another file."
            )

    def _migrate(self) -> None:
        if self._pragma("user_version") == len(MIGRATIONS):
            return
        # If anything fails before COMMIT the connection is closed, which takes all of it back.
        self._connection.execute("BEGIN IMMEDIATE")
        for statements in MIGRATIONS[self._pragma("user_version") :]:  # again: another process may have been first
            for statement in statements:
                self._connection.execute(statement)
        self._connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        self._connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        self._connection.execute("COMMIT")

    def _pragma(self, name: str) -> int:
        value: int = self._connection.execute(f"PRAGMA {name}").fetchone()[0]
        return value

    def _begin_anew(self, reason: sqlite3.Error) -> None:
        stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S%fZ")
        aside = self.path.with_name(f"{self.path.stem}{_ASIDE}{stamp}{self.path.suffix}")
        # Before closing: SQLite then deletes a log that it can't read, and there may be answers in it.
        with contextlib.suppress(FileNotFoundError):
            shutil.copy(_beside(self.path, "-wal"), _beside(aside, "-wal"))
        self._connection.close()
        self.path.rename(aside)
        for tail in _TAILS:  # still there if another process has the file open
            with contextlib.suppress(FileNotFoundError):
                _beside(self.path, tail).replace(_beside(aside, tail))
        log.warning("the feedback in %s is damaged (%s): set aside as %s", self.path, reason, aside)
        self.set_aside = aside
        self._connection = self._connect()
        self._prepare()

    @contextlib.contextmanager
    def _in_sentences(self, failure: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.ProgrammingError as error:
            raise FeedbackError(f"{failure}: the store {self.path} is closed or misused ({error}).") from error
        except sqlite3.Error as error:
            advice = _ADVICE.get(_code(error), str(error))
            raise FeedbackError(f"{failure} ({self.path}): {advice}.") from error
        except OverflowError as error:
            raise FeedbackError(f"{failure}: a number is larger than any in {self.path}.") from error
        except OSError as error:
            raise FeedbackError(f"{failure} ({self.path}): {error.strerror or error}.") from error


def _identity(path: Path) -> tuple[int, int] | None:
    """Which file has this name; None if none has."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _code(error: sqlite3.Error) -> int:
    extended: int = getattr(error, "sqlite_errorcode", 0)  # errors of the module itself have none
    return extended & 0xFF


def _beside(path: Path, tail: str) -> Path:
    return path.with_name(path.name + tail)
