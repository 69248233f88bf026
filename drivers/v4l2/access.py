"""Why a device node may not be opened by this user, and what to do about it."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

FLATPAK = Path("/.flatpak-info")
"""There inside a Flatpak, and nowhere else."""

_GROUP = 0o060
"""Permission bits by which a group may open a node to read and write."""


def access_remedy(node: str, number: int) -> str:
    """What to do where opening ``node`` failed with EACCES or EPERM (``number``), in words that follow a colon."""
    snap = os.environ.get("SNAP")  # also set in the terminal of an editor that is one, where we are none
    if snap and Path(sys.prefix).is_relative_to(snap):
        name = os.environ.get("SNAP_INSTANCE_NAME", "NAME")
        return f"allow it to the snap, sudo snap connect {name}:camera"
    if FLATPAK.exists():
        name = os.environ.get("FLATPAK_ID", "NAME")
        return f"allow it to the Flatpak, flatpak override --user --device=all {name}, and start it again"
    if number == errno.EPERM:  # modes say EACCES; this is what the rules of a container answer
        return f"start the container with --device={node}"
    try:
        status = os.stat(node)
    except OSError:  # it is gone already
        return _join("video")
    group = _group_name(status.st_gid)
    if status.st_mode & _GROUP != _GROUP or group == "root":
        return "a udev rule of this system keeps it from users, and only the administrator can change that"
    return _join(group)


def _join(group: str) -> str:
    return f"add the user to the '{group}' group (sudo usermod -aG {group} $USER) and log in again"


def _group_name(group: int) -> str:
    import grp  # there is none on Windows

    try:
        return grp.getgrgid(group).gr_name
    except KeyError:  # a container without the host's list
        return str(group)
