"""Folders and zips as bundles: what is read, and every form that is refused."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

import verifier.files
from engine.evidence.bundle import dump_zip
from verifier.canonical import Flaw
from verifier.files import MOST_FILES, Files, load_files

DIGEST = "0123456789abcdef" * 4
KNOWN = (
    *("bundle.json", "records.jsonl", "disclosures.jsonl", "proofs.json", "tables.jsonl"),
    *("checkpoint.note", "checkpoints/0.note", "checkpoints/12.note", "tokens/0.tsr"),
    *("tokens/907.tsr", f"checkpoints/{'1' * 16}.note", f"tokens/{'1' * 16}.tsr"),
    *(f"objects/{DIGEST}", f"models/{DIGEST}"),
)
STRANGERS = (
    *("bundle.jso", "xbundle.json", "bundle.jsonx", "Bundle.json", "objects/bundle.json"),
    *("bundlexjson", "recordsxjsonl", "disclosuresxjsonl", "proofsxjson", "tablesxjsonl"),
    *("checkpointxnote", "checkpoints/1xnote", "tokens/1xtsr", "notes.txt", DIGEST),
    *("checkpoints/01.note", "tokens/00.tsr", "checkpoints/-1.note", "tokens/x.tsr"),
    *(f"checkpoints/{'1' * 17}.note", f"tokens/{'1' * 17}.tsr", "checkpoints/.note"),
    *(f"objects/{DIGEST[1:]}", f"models/{DIGEST}0", f"objects/{DIGEST.upper()}"),
    *(f"objects/{DIGEST[1:]}g", f"other/{DIGEST}", "tokens/1.note", "checkpoints/1.tsr"),
)
STRANGER = ("证据包里不应有这个文件", "a file that does not belong here")
OTHER_FORM = ("zip 不是规定的写法(只存储、无附加内容)", "the zip is not in its one form")
OTHER_NAMES = ("zip 里的文件名重复或未排序", "names in the zip repeat or are not sorted")
NO_ZIP = ("不是完好的 zip 文件", "not an intact zip file")
TOO_LARGE = ("证据包过大", "the bundle is too large")
TOO_MANY = ("证据包文件过多", "the bundle has too many files")


def in_folder(root: Path, contents: Mapping[str, bytes]) -> Files:
    for name, data in contents.items():
        place = root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return load_files(root)


def in_zip(folder: Path, data: bytes) -> Files:
    place = folder / "bundle.zip"
    place.write_bytes(data)
    return load_files(place)


def refused(path: Path) -> tuple[str, str]:
    with pytest.raises(Flaw) as caught:
        load_files(path)
    return caught.value.zh, caught.value.en


# -- both forms -------------------------------------------------------------------------


def test_every_file_that_is_specified_is_read(tmp_path: Path) -> None:
    contents = {name: name.encode() for name in KNOWN}
    (tmp_path / "folder").mkdir()
    assert in_folder(tmp_path / "folder", contents) == Files(contents=contents)
    assert in_zip(tmp_path, dump_zip(contents)) == Files(contents=contents)


def test_every_other_file_is_told_and_not_read(tmp_path: Path) -> None:
    contents = {name: b"x" for name in (*STRANGERS, "records.jsonl")}
    (tmp_path / "folder").mkdir()
    told = tuple((name, *STRANGER) for name in sorted(STRANGERS))
    for found in (
        in_folder(tmp_path / "folder", contents),
        in_zip(tmp_path, dump_zip(contents)),
    ):
        assert found.contents == {"records.jsonl": b"x"}
        assert found.wrong == told


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("\x1b[2J结论:成立\n", "\\x1b[2J\\u7ed3\\u8bba:\\u6210\\u7acb\\n"),
        ("é\u202e", "\\xe9\\u202e"),
        ("a" * 121, "a" * 120),
        ("a" * 120, "a" * 120),
    ],
)
def test_a_hostile_name_is_told_without_what_moves_a_terminal(
    name: str, shown: str, tmp_path: Path
) -> None:
    assert in_zip(tmp_path, dump_zip({name: b""})).wrong == ((shown, *STRANGER),)
    (tmp_path / "folder").mkdir()
    assert in_folder(tmp_path / "folder", {name: b""}).wrong == ((shown, *STRANGER),)


def test_where_there_is_nothing(tmp_path: Path) -> None:
    nowhere = tmp_path / "nowhere"
    assert refused(nowhere) == (f"没有证据包 {nowhere}", f"there is no bundle {nowhere}")
    assert load_files(tmp_path) == Files(contents={})
    assert in_zip(tmp_path, dump_zip({})) == Files(contents={})


# -- folders ----------------------------------------------------------------------------


def test_links_in_a_folder_are_not_followed(tmp_path: Path) -> None:
    outside, root = tmp_path / "outside", tmp_path / "root"
    in_folder(outside, {DIGEST: b"secret"})
    root.mkdir()
    (root / "objects").symlink_to(outside)
    (root / "bundle.json").symlink_to(outside / DIGEST)
    (root / "models").mkdir()
    (root / "models" / DIGEST).symlink_to(root / "models")
    found = load_files(root)
    assert found.contents == {}
    assert found.wrong == tuple(
        (name, *STRANGER) for name in ("bundle.json", f"models/{DIGEST}", "objects")
    )


def test_how_much_a_folder_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.files, "LARGEST_TOTAL", 10)
    contents = {"bundle.json": b"1234", "records.jsonl": b"123456"}
    assert in_folder(tmp_path, contents).contents == contents
    (tmp_path / "proofs.json").write_bytes(b"1")
    assert refused(tmp_path) == TOO_LARGE
    (tmp_path / "proofs.json").write_bytes(b"")
    (tmp_path / "stranger").write_bytes(bytes(100))
    assert load_files(tmp_path).contents == contents | {"proofs.json": b""}


def test_how_many_files_a_folder_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.files, "MOST_FILES", 3)
    contents = {"bundle.json": b"", "records.jsonl": b"", f"objects/{DIGEST}": b""}
    assert in_folder(tmp_path, contents).contents == contents
    (tmp_path / "models").symlink_to(tmp_path)
    assert refused(tmp_path) == TOO_MANY


def test_the_limits(tmp_path: Path) -> None:
    place = tmp_path / "large.zip"
    assert MOST_FILES == 200_000
    with place.open("wb") as file:
        file.truncate(4 * 1024**3)  # a file of one hole
        assert load_files(place).wrong == (("", *NO_ZIP),)
        file.truncate(4 * 1024**3 + 1)
    assert refused(place) == TOO_LARGE


# -- zips -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One file in a zip, each field of its headers as it is given."""

    name: bytes = b"bundle.json"
    data: bytes = b"{}"
    method: int = 0
    packed: bytes | None = None  # what stands there instead of the data
    date: int = 0x21  # the first day of 1980
    time: int = 0
    flags: int = 0
    extra: bytes = b""
    hidden: bytes = b""  # an extra field in the local header alone
    comment: bytes = b""
    is_shadow: bool = False  # in the index alone, at the place of the one before


def zipped(
    *entries: Entry,
    ahead: bytes = b"",
    between: bytes = b"",
    comment: bytes = b"",
    behind: bytes = b"",
) -> bytes:
    """A zip of these entries, written byte by byte."""
    body, index, place = ahead, b"", 0
    for one in entries:
        packed = one.data if one.packed is None else one.packed
        extra = one.extra + one.hidden
        fields = (one.flags, one.method, one.time, one.date, zlib.crc32(one.data))
        sizes = (len(packed), len(one.data), len(one.name))
        place = place if one.is_shadow else len(body)
        index += struct.pack(
            *("<I6H3L5H2L", 0x02014B50, 20, 20, *fields, *sizes, len(one.extra)),
            *(len(one.comment), 0, 0, 0, place),
        )
        index += one.name + one.extra + one.comment
        if not one.is_shadow:
            body += struct.pack("<I5H3L2H", 0x04034B50, 20, *fields, *sizes, len(extra))
            body += one.name + extra + packed
    body += between
    count, size = len(entries), len(index)
    end = struct.pack("<I4H2LH", 0x06054B50, 0, 0, count, count, size, len(body), len(comment))
    return body + index + end + comment + behind


ONE, TWO = Entry(), Entry(name=b"records.jsonl", data=b"x" * 300)
EXTRA = struct.pack("<HH", 0xCAFE, 0)


def test_a_zip_in_the_one_form_is_read(tmp_path: Path) -> None:
    plain = {"bundle.json": b"{}", "records.jsonl": b"x" * 300}
    assert zipped(ONE, TWO)[:30] == dump_zip(plain)[:30]
    assert in_zip(tmp_path, zipped(ONE, TWO)) == Files(contents=plain)
    assert in_zip(tmp_path, zipped(Entry(flags=0x800))).contents == {"bundle.json": b"{}"}


def deflated(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (zipped(TWO, ONE), OTHER_NAMES),
        (zipped(ONE, ONE), OTHER_NAMES),
        (zipped(Entry(method=8, packed=deflated(b"{}"))), OTHER_FORM),
        (zipped(Entry(method=8, data=b"x" * 9, packed=deflated(b"x" * 9).ljust(9))), OTHER_FORM),
        (zipped(Entry(packed=b"{} ")), OTHER_FORM),
        (zipped(Entry(date=0x22)), OTHER_FORM),
        (zipped(Entry(date=0x5A21)), OTHER_FORM),
        (zipped(Entry(date=0x41)), OTHER_FORM),
        (zipped(Entry(time=1)), OTHER_FORM),
        (zipped(Entry(time=0x20)), OTHER_FORM),
        (zipped(Entry(time=0x800)), OTHER_FORM),
        (zipped(Entry(extra=EXTRA)), OTHER_FORM),
        (zipped(Entry(hidden=EXTRA)), OTHER_FORM),
        (zipped(Entry(comment=b"x")), OTHER_FORM),
        *((zipped(Entry(flags=1 << bit)), OTHER_FORM) for bit in (0, 1, 2, 3, 10, 12, 15)),
        (zipped(ONE, Entry(name=b"records.jsonl", time=1)), OTHER_FORM),
        (zipped(ONE, ahead=b"#"), OTHER_FORM),
        (zipped(ONE, comment=b"x"), OTHER_FORM),
        (zipped(ONE, behind=b"\0"), OTHER_FORM),
        (zipped(ONE)[:-1], NO_ZIP),
        (zipped(ONE).replace(b"{}", b"{x"), NO_ZIP),
        (zipped(Entry(name=b"")), STRANGER),
        (b"", NO_ZIP),
        (b"PK", NO_ZIP),
        (bytes(100), NO_ZIP),
    ],
)
def test_a_zip_in_another_form_is_refused(
    data: bytes, said: tuple[str, str], tmp_path: Path
) -> None:
    found = in_zip(tmp_path, data)
    assert (found.contents, found.wrong) == ({}, (("", *said),))


def test_a_name_with_more_behind_its_end_is_a_stranger(tmp_path: Path) -> None:
    """zipfile cuts a name at its first zero, and would read one file for another."""
    hidden = Entry(name=b"bundle.json\0x", data=b"[]")
    found = in_zip(tmp_path, zipped(ONE, hidden))
    assert found.contents == {"bundle.json": b"{}"}
    assert found.wrong == (("bundle.json\\x00x", *STRANGER),)


def test_what_a_shadow_leaves_free_is_no_place_to_hide(tmp_path: Path) -> None:
    """Two names of one entry: the length is right with as much put in elsewhere."""
    shadow = Entry(name=b"records.jsonl", is_shadow=True)
    room = len(zipped(ONE, Entry(name=shadow.name))) - len(zipped(ONE, shadow))
    by_comment = zipped(ONE, shadow, comment=b"x" * room)
    assert in_zip(tmp_path, by_comment).wrong == (("", *OTHER_FORM),)
    between = zipped(ONE, shadow, between=b"x" * room)
    assert in_zip(tmp_path, between) == Files(contents={}, wrong=(("", *OTHER_FORM),))


def test_an_entry_begins_as_the_directory_says(tmp_path: Path) -> None:
    """A reader that goes by the one would read other files than one that goes by the other."""
    data = zipped(ONE, TWO)
    first, second = 0, data.index(b"PK\3\4", 1)
    version = (4, 5)
    for start in (first, second):
        for place in range(30):
            spoilt = bytearray(data)
            spoilt[start + place] ^= 8
            found = in_zip(tmp_path, bytes(spoilt))
            assert bool(found.contents) == (place in version), (start, place)
    in_directory = bytearray(data)
    in_directory[data.index(b"PK\1\2") + 9] ^= 8  # names in UTF-8, says the directory alone
    assert in_zip(tmp_path, bytes(in_directory)).wrong == (("", *OTHER_FORM),)


def test_how_many_files_a_zip_may_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.files, "MOST_FILES", 1)
    assert in_zip(tmp_path, zipped(ONE)).contents == {"bundle.json": b"{}"}
    assert in_zip(tmp_path, zipped(ONE, TWO)).wrong == (("", *TOO_MANY),)


def test_how_large_a_zip_may_be(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(verifier.files, "LARGEST_TOTAL", len(zipped(ONE)))
    assert in_zip(tmp_path, zipped(ONE)).contents == {"bundle.json": b"{}"}
    (tmp_path / "bundle.zip").write_bytes(zipped(Entry(data=b"{ }")))
    assert refused(tmp_path / "bundle.zip") == TOO_LARGE
