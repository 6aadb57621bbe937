"""What an installation brings along: each package, its version and its size on disk.

    python benchmarks/size.py

Counts what `pip install .` installs and no extras, compiled files included.
"""

from __future__ import annotations

import re
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path


def main() -> None:
    """Print a line for each package, the largest first, and the sum."""
    found = {name: size(name) for name in closure("consentsig")}
    for name, octets in sorted(found.items(), key=lambda pair: -pair[1]):
        print(f"  {name:<20}{distribution(name).version:>12}{octets / 1e6:>8.1f} MB")
    print(f"\n{len(found)} packages, {sum(found.values()) / 1e6:.1f} MB")


def closure(name: str) -> set[str]:
    """The package called *name* and all that it requires here, without extras."""
    found: set[str] = set()
    ahead = [name]
    while ahead:
        each = ahead.pop()
        if each not in found and (package := installed(each)):
            found.add(each)
            ahead += required(package)
    return found


def installed(name: str) -> Distribution | None:
    """The package called *name*; None for one that this platform does not need."""
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


def required(package: Distribution) -> list[str]:
    """The names of what *package* requires, extras left out."""
    lines = [line for line in package.requires or [] if "extra ==" not in line]
    names = [re.match(r"[A-Za-z0-9._-]+", line) for line in lines]
    return [re.sub(r"[-_.]+", "-", name[0]).lower() for name in names if name]


def size(name: str) -> int:
    """The bytes of the files of a package."""
    files = distribution(name).files or []
    paths = {path.locate() for path in files}
    return sum(path.stat().st_size for path in map(str_path, paths) if path.is_file())


def str_path(path: object) -> Path:
    """What ``locate`` gives, as a path."""
    return Path(str(path))


if __name__ == "__main__":
    main()
