"""What pydantic found wrong in a file that people edit and hand around, in words."""

from __future__ import annotations

from pydantic import ValidationError

from autoexposure.plain_text import plain

LONGEST_SHOWN = 40
"""Characters of a bad value that a message repeats."""


def what_is_wrong(invalid: ValidationError) -> str:
    """One sentence of what was found wrong first: the key, what it should be, what it is."""
    error = invalid.errors(include_url=False, include_context=False)[0]
    key = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in error["loc"]).lstrip(".")
    said = error["msg"].removeprefix("Input should be ").removeprefix("Value error, ").replace("tuple", "list")
    match error["type"]:
        case "missing":
            return f"{key} is missing in it"
        case "model_attributes_type":
            return f"{key} should be a table, given {shown(error['input'])}"
        case _ if error["msg"].startswith("Input should be "):
            return f"{key} should be {said}, given {shown(error['input'])}"
        case _:
            return f"{key} can't be used ({said[:1].lower()}{said[1:]}), given {shown(error['input'])}"


def shown(value: object) -> str:
    """A bad value as a message repeats it."""
    return plain(repr(value), LONGEST_SHOWN)
