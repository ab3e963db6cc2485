"""What is mistyped is answered with what was meant, or with all there is; never with a guess."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("word", "told"),
    [
        ("draw", "是否想写“diagram”?"),
        ("list", "是否想写“todo”?"),
        ("publsh", "是否想写“publish”?"),
        ("deleg", "是否想写“delegate”?"),
        ("deadline", "可用:init、publish、"),
        ("on", "可用:init、publish、"),
    ],
)
def test_a_command_there_is_not(run, word: str, told: str) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run(word)
    assert (code, err.startswith(f"没有这个命令:“{word}”;{told}")) == (2, True)


def test_a_procedure_there_is_not(run) -> None:  # type: ignore[no-untyped-def]
    code, _, err = run("--as", "林岚", "start", "yongyin")
    assert (code, "可用:交接差异、付款、" in err, "、用印、" in err) == (2, True, True)
    assert "是否想写“用印”?" in run("--as", "林岚", "start", "用章")[2]


@pytest.mark.parametrize(
    ("key", "word", "told"),
    [("due", "deadline", "是否想写“due”?"), ("who", "role", "是否想写“who”?")],
)
def test_a_key_of_a_file_called_otherwise(  # type: ignore[no-untyped-def]
    run, tmp_path: Path, key: str, word: str, told: str
) -> None:
    place = tmp_path / "office/processes/用印.yaml"
    place.write_text(place.read_text("utf-8").replace(f"    {key}: ", f"    {word}: ", 1), "utf-8")
    code, _, err = run("check")
    assert (code, f"没有这个键:“{word}” — {told}" in err) == (1, True)


def test_a_file_a_form_is_not_printed_to(run, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    assert run("--as", "林岚", "start", "用印")[0] == 0
    for name in ("x.doc", "x"):
        code, _, err = run("print", "1", "-o", str(tmp_path / name))
        assert (code, "文件名要以 .html、.pdf 结尾" in err) == (2, True)
        assert not (tmp_path / name).exists()
    assert run("print", "1", "-o", str(tmp_path / "x.HTML"))[0] == 0
