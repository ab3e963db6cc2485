"""The files of a bundle, from a folder or a zip. Both are hostile until read.

A zip is taken only in the one form §11 gives it: stored, sorted, no extra fields, nothing
between or behind the entries. So it cannot swell, overlap, or name a file twice.
"""

from __future__ import annotations

import os
import re
import stat
import struct
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from verifier.canonical import Flaw

MOST_FILES = 200_000
LARGEST_TOTAL = 4 * 1024**3
_KNOWN = re.compile(
    "bundle\\.json|records\\.jsonl|disclosures\\.jsonl|proofs\\.json|tables\\.jsonl"
    "|checkpoint\\.note|checkpoints/(0|[1-9][0-9]{0,15})\\.note|tokens/(0|[1-9][0-9]{0,15})\\.tsr"
    "|(objects|models)/[0-9a-f]{64}"
)
_LOCAL, _CENTRAL, _END = 30, 46, 22
_EPOCH, _DAY = (1980, 1, 1, 0, 0, 0), 0x21


@dataclass(frozen=True, slots=True, kw_only=True)
class Files:
    """What was read, by name, and what is wrong with names and forms: (name, zh, en)."""

    contents: Mapping[str, bytes]
    wrong: tuple[tuple[str, str, str], ...] = ()


def load_files(path: Path) -> Files:
    """The files of a bundle. Raises `Flaw` if there is nothing to read, `OSError` as it comes."""
    if path.is_dir():
        return _from_folder(path)
    if path.is_file():
        return _from_zip(path)
    raise Flaw(f"没有证据包 {path}", f"there is no bundle {path}")


def _from_folder(root: Path) -> Files:
    contents: dict[str, bytes] = {}
    wrong: list[tuple[str, str, str]] = []
    total = 0
    for name, place in _walk(root):
        mode = place.lstat()
        if not stat.S_ISREG(mode.st_mode) or not _KNOWN.fullmatch(name):
            wrong.append(
                (_shown(name), "证据包里不应有这个文件", "a file that does not belong here")
            )
            continue
        total += mode.st_size
        if total > LARGEST_TOTAL:
            raise Flaw("证据包过大", "the bundle is too large")
        contents[name] = place.read_bytes()
    return Files(contents=contents, wrong=tuple(wrong))


def _walk(root: Path) -> Iterator[tuple[str, Path]]:
    """Every file, and every link as itself, by its name inside, in the order of names."""
    found: list[tuple[str, Path]] = []
    for folder, folders, files in os.walk(root):
        here = Path(folder)
        links = [name for name in folders if (here / name).is_symlink()]
        for name in (*files, *links):
            found.append(((here / name).relative_to(root).as_posix(), here / name))
        if len(found) > MOST_FILES:
            raise Flaw("证据包文件过多", "the bundle has too many files")
    return iter(sorted(found))


def _from_zip(path: Path) -> Files:
    size = path.stat().st_size
    if size > LARGEST_TOTAL:
        raise Flaw("证据包过大", "the bundle is too large")
    contents: dict[str, bytes] = {}
    wrong: list[tuple[str, str, str]] = []
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
            problem = _wrong_form(archive, entries, size)
            if problem is not None:
                return Files(contents={}, wrong=(("", *problem),))
            for one in entries:
                name = one.orig_filename  # `filename` ends at the first zero in it
                if not _KNOWN.fullmatch(name):
                    wrong.append(
                        (_shown(name), "证据包里不应有这个文件", "a file that does not belong here")
                    )
                    continue
                contents[name] = archive.read(one)
    # What zipfile raises for bytes that are no zip is not one class.
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, RuntimeError, OSError):
        return Files(contents={}, wrong=(("", "不是完好的 zip 文件", "not an intact zip file"),))
    return Files(contents=contents, wrong=tuple(wrong))


def _wrong_form(
    archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo], size: int
) -> tuple[str, str] | None:
    """Why a zip is not the one form its files can have."""
    if len(entries) > MOST_FILES:
        return "证据包文件过多", "the bundle has too many files"
    names = [one.orig_filename.encode() for one in entries]
    if names != sorted(set(names)):
        return "zip 里的文件名重复或未排序", "names in the zip repeat or are not sorted"
    plain = all(
        one.compress_type == zipfile.ZIP_STORED
        and one.compress_size == one.file_size
        and one.date_time == _EPOCH
        and not one.extra
        and not one.comment
        and not one.flag_bits & ~0x800
        for one in entries
    )
    length = _END + sum(
        _LOCAL + _CENTRAL + 2 * len(name) + one.file_size
        for name, one in zip(names, entries, strict=True)
    )
    if not plain or archive.comment or length != size or not _agree(archive, entries):
        return "zip 不是规定的写法(只存储、无附加内容)", "the zip is not in its one form"
    return None


def _agree(archive: zipfile.ZipFile, entries: list[zipfile.ZipInfo]) -> bool:
    """Whether each entry begins as the directory at the end says, one behind the other."""
    file, at = archive.fp, 0
    assert file is not None
    for one in entries:
        name, size = one.orig_filename.encode(), one.file_size
        told = (one.flag_bits, 0, 0, _DAY, one.CRC, size, size, len(name), 0)
        file.seek(at)
        head = file.read(_LOCAL + len(name))
        # Between the two stands the version needed to read it, which changes nothing.
        if head[:4] != b"PK\3\4" or head[6:] != struct.pack("<4H3L2H", *told) + name:
            return False
        at += len(head) + size
    return True


def _shown(name: str) -> str:
    """A hostile name, fit to be printed."""
    return name.encode("unicode_escape").decode()[:120]
