"""What a wheel has beside the sources: the test vectors and, if asked for, compiled modules.

The vectors are for ``consentsig conformance`` and ``consentsig vectors``: one archive of 0.4 MB,
since a wheel of a thousand small files is a megabyte larger. With ``CONSENTSIG_COMPILE=1`` the
modules that read contracts are compiled by mypyc from the same sources, for this Python and this
system only.
"""

from __future__ import annotations

import gzip
import io
import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

# What takes most of the time beside the signature, and what mypyc compiles without a difference.
COMPILED = (
    *("format/cbor", "format/codepoints", "format/common", "format/cose", "format/fields"),
    *("format/read_contract", "format/strings", "contract", "status_book"),
)
BESIDE_VECTORS = ("LICENSE", "README.md", "SHA256SUMS", "VERSION", "schema.json")
IS_COMPILED = bool(os.environ.get("CONSENTSIG_COMPILE"))


class Build(BuildHookInterface[Any]):
    """Adds ``consentsig/conformance/vectors.tar.gz``, and compiled modules where asked for."""

    def dependencies(self) -> list[str]:
        """What the build itself needs."""
        return ["mypy[mypyc]>=1.18", "setuptools>=77"] if IS_COMPILED else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the files beside the wheel and have them included."""
        if version == "editable":  # it finds the vectors itself
            return
        self._folder = TemporaryDirectory()
        folder = Path(self._folder.name)
        added: dict[str, str] = build_data["force_include"]
        (folder / "vectors.tar.gz").write_bytes(pack(Path(self.root, "vectors")))
        added[str(folder / "vectors.tar.gz")] = "consentsig/conformance/vectors.tar.gz"
        if IS_COMPILED:
            build_data["pure_python"], build_data["infer_tag"] = False, True
            for path in compiled(Path(self.root, "src"), folder / "compiled"):
                added[str(path)] = path.relative_to(folder / "compiled").as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Tidy up."""
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()


def compiled(sources: Path, folder: Path) -> list[Path]:
    """Compile the modules in a copy of *sources* at *folder*; return the files that came of it."""
    shutil.copytree(sources, folder)
    (folder / "mypy.ini").write_text("[mypy]\nignore_missing_imports = True\n")
    modules = [f"consentsig/{module}.py" for module in COMPILED]
    subprocess.run([sys.executable, "-m", "mypyc", *modules], check=True, cwd=folder)  # noqa: S603
    endings = (".so", ".pyd")
    return [path for path in folder.rglob("*") if path.suffix in endings
            and "build" not in path.relative_to(folder).parts]  # fmt: skip


def pack(folder: Path) -> bytes:
    """The vectors of *folder*, their manifest, what explains them, and their licence."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for path in sorted([*folder.glob("*/*.json"), *map(folder.joinpath, BESIDE_VECTORS)]):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(member, file)
    return packed.getvalue()
