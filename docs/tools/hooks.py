"""Pages that mkdocs writes from the code at every build, so that they can't be out of date."""

from __future__ import annotations

from typing import TYPE_CHECKING

import command_reference
import format_reference
import key_reference
import settings_reference
from mkdocs.structure.files import File

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

PAGES = {
    "reference/commands.md": command_reference.page,
    "reference/settings.md": settings_reference.page,
    "reference/keys.md": key_reference.page,
    "reference/pixel-formats.md": format_reference.page,
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to those in the folder."""
    for path, page in PAGES.items():
        files.append(File.generated(config, path, content=page()))
    return files
