"""Pack the test vectors into the wheel, for ``consentsig conformance``.

As one archive of 0.2 MB, since a wheel of a thousand small files is a megabyte larger.
"""

from __future__ import annotations

import gzip
import io
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Vectors(BuildHookInterface[Any]):
    """Adds ``consentsig/conformance/vectors.tar.gz``, the same bytes for the same vectors."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Make the archive beside the wheel and have it included."""
        if version == "editable":  # it finds the folder itself
            return
        self._folder = TemporaryDirectory()
        archive = Path(self._folder.name, "vectors.tar.gz")
        archive.write_bytes(pack(Path(self.root, "vectors")))
        build_data["force_include"][str(archive)] = "consentsig/conformance/vectors.tar.gz"

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """Tidy up."""
        del build_data, artifact_path
        if version != "editable":
            self._folder.cleanup()


def pack(folder: Path) -> bytes:
    """The vectors of *folder*, what explains them, and their licence."""
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as stream,
        tarfile.open(fileobj=stream, mode="w") as tar,
    ):
        for path in sorted(
            [*folder.glob("*/*.json"), *map(folder.joinpath, ("README.md", "LICENSE"))]
        ):
            member = tarfile.TarInfo(path.relative_to(folder).as_posix())
            member.size = path.stat().st_size
            with path.open("rb") as file:
                tar.addfile(member, file)
    return packed.getvalue()
