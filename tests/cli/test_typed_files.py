"""Files of values: read whole, or refused in a sentence that says what to do."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize("content", ["用途: 日常".encode("gbk"), b"\x89PNG\r\n\x1a\n\xff"])
@pytest.mark.parametrize("name", ["值.yaml", "值.json"])
def test_a_file_of_values_in_another_encoding_is_refused(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, name: str, content: bytes
) -> None:
    data = tmp_path / name
    data.write_bytes(content)
    code, _, err = run("--as", "林岚", "start", "办公用品领用", "--data", str(data))
    assert (code, err.strip()) == (2, f"{data}:1:1: 文件不是 UTF-8 文本 — 请另存为 UTF-8")


def test_a_roster_or_a_list_of_heads_in_another_encoding_is_told(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    note = tmp_path / "note.txt"
    assert run("audit", "checkpoint", "-o", str(note))[0] == 0
    (tmp_path / "note.txt.heads").write_bytes(b"\xff\xfe")
    code, _, err = run("audit", "verify", "--checkpoint", str(note))
    assert code == 1
    assert "文件不是 UTF-8 文本 — 请另存为 UTF-8" in err
    (tmp_path / "office/roster.yaml").write_bytes("单位: 样例".encode("gbk"))
    code, _, err = run("roster", "check")
    assert (code, "roster.yaml:1:1: 文件不是 UTF-8 文本" in err) == (1, True)


def test_a_value_given_twice_is_refused(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    for name in ("用途", "Use"):
        words = ("start", "办公用品领用", "--set", "用途=甲", "--set", f"{name}=乙")
        code, _, err = run("--as", "林岚", *words)
        assert (code, err) == (2, "“用途”给了两次\n")
    data = tmp_path / "值.json"
    data.write_text('{"用途": "甲", "行": [{"物品": "P001", "申请": 1, "物品": "P002"}]}', "utf-8")
    code, _, err = run("--as", "林岚", "start", "办公用品领用", "--data", str(data))
    assert (code, err) == (2, f"{data}:“物品”给了两次\n")
