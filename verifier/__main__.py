"""`python -m verifier BUNDLE --trust VKEY …`: the verdict is the exit code."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from verifier.canonical import Flaw
from verifier.certificates import LARGEST_FILE, load_anchors
from verifier.files import load_files
from verifier.logs import Outside
from verifier.notes import LARGEST_NOTE, load_trust
from verifier.report import USAGE
from verifier.shares import MOST, available
from verifier.verifying import HIGHEST, verify

STOPPED = 130  # as shells have it for SIGINT


def main(words: list[str] | None = None) -> int:
    """0 valid, 1 tampered, 2 usage, 3 not proven, 130 stopped by Ctrl-C."""
    parser = _parser()
    try:
        asked = parser.parse_args(words)
    except SystemExit as ended:
        return int(ended.code or 0)
    try:
        return _answer(asked)
    except KeyboardInterrupt:
        said = "已中断,没有结论" if asked.lang == "zh" else "stopped; no verdict"
        print(said, file=sys.stderr)
        return STOPPED


def _answer(asked: argparse.Namespace) -> int:
    is_zh = asked.lang == "zh"
    try:
        trust = load_trust(asked.trust.strip()) if asked.trust is not None else None
        outside = tuple(
            Outside(name=Path(name).name, content=_read(Path(name), LARGEST_NOTE))
            for name in asked.checkpoint
        )
        anchors = tuple(
            one for name in asked.tsa for one in load_anchors(_read(Path(name), LARGEST_FILE))
        )
        files = load_files(Path(asked.bundle))
    except Flaw as flaw:
        print(flaw.zh if is_zh else flaw.en, file=sys.stderr)
        return USAGE
    except OSError as error:
        said = "读不出来" if is_zh else "cannot be read"
        print(f"{error.filename}: {said} ({error.strerror})", file=sys.stderr)
        return USAGE
    report = verify(files, trust, outside, asked.level, anchors, asked.jobs)
    told = (
        json.dumps(report.dump(), ensure_ascii=False, indent=1)
        if asked.json
        else report.show(asked.lang)
    )
    try:
        print(told, flush=True)
    except BrokenPipeError:  # who reads it has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return report.exit


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="verifier",
        description="核对证据包 · checks an evidence bundle (docs/evidence-spec.md §11, §12)",
        epilog="0 成立 valid · 1 被篡改 tampered · 2 用法 usage · 3 未能证明 not proven",
    )
    parser.add_argument("bundle", metavar="BUNDLE", help="文件夹或 zip · folder or zip")
    parser.add_argument(
        "--trust", metavar="VKEY", help="所信任的系统钥匙 · the trusted service key"
    )
    parser.add_argument(
        "--checkpoint",
        metavar="NOTE",
        action="append",
        default=[],
        help="留存在外的检查点,可多次 · a checkpoint kept outside, repeatable",
    )
    parser.add_argument(
        "--tsa",
        metavar="CERT",
        action="append",
        default=[],
        help="所信任的时间戳机构证书(PEM 或 DER),可多次"
        " · a trusted time-stamp authority's certificate, PEM or DER, repeatable",
    )
    parser.add_argument(
        "--level", type=int, choices=range(1, HIGHEST + 1), default=HIGHEST, help="1…5"
    )
    parser.add_argument(
        "--jobs",
        metavar="N",
        type=int,
        choices=range(1, MOST + 1),
        default=available(),
        help=f"核对签名至多用几个处理器,1…{MOST} · processors for signatures, at most",
    )
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--lang", choices=("zh", "en"), default="zh")
    return parser


def _read(path: Path, most: int) -> bytes:
    """A file, or enough of it to see that it is too large."""
    with path.open("rb") as file:
        return file.read(most + 1)


if __name__ == "__main__":
    sys.exit(main())
