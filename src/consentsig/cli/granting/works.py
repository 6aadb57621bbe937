"""The works to grant for, and the file that each contract goes to; what is no work is refused."""

import shlex
import stat
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import count
from pathlib import Path
from typing import Final, NamedTuple

from consentsig import Grantee, RefusedError, Work, parse_contract
from consentsig.cli.terminal import output, parties
from consentsig.cli.terminal.mistaken_files import (
    PEM,
    a_batch,
    is_contract,
    may_be_contract,
    seems_batch,
)
from consentsig.cli.terminal.output import Problem
from consentsig.cli.terminal.work_files import SUFFIX, measure_all, media_type
from consentsig.home import files
from consentsig.oneline import MAX_LINE_LEN

_FIRST_LEN: Final = 64  # bytes, which tell what a file is


class Planned(NamedTuple):
    """A work and the file its contract will go to."""

    path: Path
    work: Work
    out: Path


def plan(paths: list[str], out: str | None, batch: Path | None = None) -> list[Planned]:
    """What to grant for, each work with the usual file for its contract.

    Where that is there already it must be a contract; with whom is asked later. With *batch*,
    the contracts are in that file only.
    """
    works = [_regular(Path(path)) for path in paths]
    targets = _targets(works, out) if batch is None else [_inside(batch, work) for work in works]
    planned = [Planned(*each) for each in zip(works, _works(works), targets, strict=True)]
    _check_differ(planned)
    return planned


def inside(planned: list[Planned], batch: Path) -> list[Planned]:
    """*planned*, with contracts that are in the file *batch* only."""
    return [each._replace(out=_inside(batch, each.path)) for each in planned]


def _inside(batch: Path, work: Path) -> Path:
    """Where a contract of a batch is: as if the batch file were a folder of the usual files."""
    return Path(batch, work.name + SUFFIX)


def check_new_file(path: Path, option: str, suffix: str = "") -> Path:
    """*path*, the file that *option* says to write; nothing is there, and its folder is."""
    if suffix and not path.name.endswith(suffix):
        raise Problem(f"{option} is {path}, expected a name that ends {suffix}")
    if not path.parent.is_dir():
        raise Problem(f"{path.parent}: there is no such folder")
    if _is_there(path):
        raise Problem(f"{path}: already exists, and is never overwritten", "name another file")
    return path


def _check_differ(planned: list[Planned]) -> None:
    seen: dict[bytes, Path] = {}
    for each in planned:
        first = seen.setdefault(each.work.sha256, each.path)
        if first is not each.path:
            raise Problem(
                f"{each.path}: holds the same bytes as {first}; one contract is for both",
                "leave one of them out",
            )


def _regular(path: Path) -> Path:
    mode = path.stat().st_mode
    if stat.S_ISDIR(mode):
        raise Problem(
            f"{path}: is a folder; a contract is for one work, by its exact bytes",
            f"name the files, such as: consentsig grant {_within(path)}*.jpg",
        )
    if not stat.S_ISREG(mode):
        raise Problem(f"{path}: is not an ordinary file")
    _check_is_work(path)
    return path


def _within(folder: Path) -> str:
    return "" if folder == Path() else f"{output.shell(folder)}/"


def _check_is_work(path: Path) -> None:
    """Refuse what is no work of anybody's: a contract, and a key that nobody else should see."""
    first = files.read(path, _FIRST_LEN)
    if seems_batch(first):
        raise a_batch(str(path), "a work")
    is_one = may_be_contract(first) and is_contract(files.read(path, MAX_LINE_LEN))
    if is_one or path.name.endswith(SUFFIX):
        raise Problem(
            f"{path}: this is a contract, not a work",
            f"to read it: consentsig show {output.shell(path)}",
        )
    if first.startswith(PEM) and b"PRIVATE KEY" in first:
        raise Problem(
            f"{path}: this is a private key, not a work; nobody else should see it",
            "name the work: consentsig grant photo.jpg",
        )


def _targets(works: list[Path], out: str | None) -> list[Path]:
    if out is None:
        targets = [work.with_name(work.name + SUFFIX) for work in works]
    elif Path(out).is_dir():
        targets = [Path(out, work.name + SUFFIX) for work in works]
    elif len(works) > 1:
        raise Problem(f"--out is {out}, expected a folder that exists, for {len(works)} contracts")
    else:
        targets = [Path(out)]
    if len(set(targets)) < len(targets):
        twice = next(target for target, n in Counter(targets).items() if n > 1)
        raise Problem(f"{twice}: two contracts would go there")
    for target in targets:
        if not target.parent.is_dir():
            raise Problem(f"{target.parent}: there is no such folder")
        is_named = out is not None and target == Path(out)
        if _is_there(target) and (is_named or _grantee(target) is None):
            raise _taken(target, "add --out with another file or folder")
    return targets


def for_grantee(planned: list[Planned], grantee: Grantee) -> list[Planned]:
    """*planned*, with a name that says for whom where somebody else's contract has the usual one.

    Raises:
        Problem: A contract with this grantee is there already.
    """
    named = [
        each._replace(out=_free(each.out, grantee, is_one=len(planned) == 1)) for each in planned
    ]
    if len({each.out for each in named}) < len(named):
        raise Problem("two contracts would go to the same file", "grant for one work at a time")
    for usual, each in zip(planned, named, strict=True):
        if each != usual:
            output.say(f"{usual.out} is a contract with somebody else; this one: {each.out}")
    return named


def _free(target: Path, grantee: Grantee, *, is_one: bool) -> Path:
    for candidate in _names(target, grantee):
        if not _is_there(candidate):
            return candidate
        other = _grantee(candidate)
        if other is None or parties.is_same(other, grantee):
            raise _taken(candidate, *_one_more(target, grantee, is_one=is_one))
    raise AssertionError  # names never end


def _names(target: Path, grantee: Grantee) -> Iterator[Path]:
    """The usual name, the one with the grantee's host, and numbered ones."""
    yield target
    stem = target.name.removesuffix(SUFFIX)
    if host := parties.host(grantee.uri):
        stem = f"{stem}.{host.removeprefix('www.')}"
        yield target.with_name(f"{stem}{SUFFIX}")
    for n in count(2):
        yield target.with_name(f"{stem}.{n}{SUFFIX}")


def _is_there(path: Path) -> bool:
    return path.exists() or path.is_symlink()


def _grantee(path: Path) -> Grantee | None:
    """With whom the contract in *path* is; None if it is no contract."""
    try:
        return parse_contract(files.read(path, MAX_LINE_LEN)).terms.grantee
    except (OSError, RefusedError):
        return None


def _taken(target: Path, *hints: str) -> Problem:
    return Problem(f"{target}: already exists, and no contract is ever overwritten", *hints)


def _one_more(target: Path, grantee: Grantee, *, is_one: bool) -> list[str]:
    """The whole command for a second contract with the same grantee, if it is for one work."""
    if not is_one:
        return ["add --out with another folder"]
    free = next(name for name in _names(target, grantee) if not _is_there(name))
    words = ["consentsig", *sys.argv[1:], "--out", str(free)]
    return [f"for one more contract: {shlex.join(words)}"]


def _works(paths: list[Path]) -> list[Work]:
    return [
        Work(found.sha256, None, media_type(path, files.read(path, _FIRST_LEN)), found.size)
        for path, found in zip(paths, measure_all(paths), strict=True)
    ]


def check_unchanged(planned: list[Planned]) -> None:
    """Refuse to go on unless the bytes of all works are those that were measured."""
    now = measure_all([each.path for each in planned])
    for each, found in zip(planned, now, strict=True):
        if (found.sha256, found.size) != (each.work.sha256, each.work.size):
            raise Problem(
                f"{each.path}: was changed since it was read, so nothing was signed",
                "run the command again, for the work as it is now",
            )
