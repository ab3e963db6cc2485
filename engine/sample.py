"""Where the sample office's files are: beside the code in a clone, in the package in a wheel."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

FILES = ("roster.yaml", "params.yaml")
FOLDERS = ("processes", "forms", "calendar")


def sample_folder() -> Path:
    """The folder that holds the sample office."""
    packed = Path(__file__).parent / "sample_office"
    return packed if packed.is_dir() else Path(__file__).parent.parent


def sample_files() -> Iterator[tuple[Path, Path]]:
    """Every file of the sample office, with its path inside a workspace."""
    base = sample_folder()
    for name in FILES:
        yield base / name, Path(name)
    for folder in FOLDERS:
        for path in sorted((base / folder).rglob("*")):
            if path.is_file():
                yield path, path.relative_to(base)


def sample_walks() -> Path:
    """The folder of the played scenarios."""
    packed = Path(__file__).parent / "sample_office" / "walks"
    return packed if packed.is_dir() else Path(__file__).parent.parent / "tests" / "walks"
