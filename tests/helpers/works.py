"""Real works to sign and verify: pictures, sounds and a text that Debian packages bring."""

import os
from pathlib import Path
from typing import NoReturn

import pytest

WALLPAPERS = Path("/usr/share/wallpapers")  # plasma-workspace-wallpapers
SOUNDS = Path("/usr/share/sounds/freedesktop")  # sound-theme-freedesktop
TEXT = Path("/usr/share/common-licenses/GPL-3")  # base-files


def pictures() -> list[Path]:
    """Return the wallpapers, PNG and JPEG, some of tens of megapixels, in order of path."""
    return _found(WALLPAPERS, "*/contents/images/*.*")


def sounds() -> list[Path]:
    """Return the event sounds, Ogg Vorbis, in order of path."""
    return _found(SOUNDS, "stereo/*.oga")


def text() -> Path:
    """Return a plain text of some 35 kB."""
    return _found(TEXT.parent, TEXT.name)[0]


def missing(what: str) -> NoReturn:
    """End the test because *what* is not installed: skipped, but failed in CI."""
    if os.environ.get("CI") == "true":
        pytest.fail(f"{what}: missing, and CI must not skip")
    pytest.skip(f"{what}: missing")


def _found(folder: Path, pattern: str) -> list[Path]:
    files = sorted(p for p in folder.glob(pattern) if p.is_file() and not p.is_symlink())
    if not files:
        missing(str(folder / pattern))
    return files
