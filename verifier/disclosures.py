"""What commitments open to: disclosures.jsonl (evidence-spec.md §5, §11).

Lines are read some at a time, all of them at once where each fits one pattern and the rest is
plain; if anything about them is unusual or wrong, one by one, which alone tells findings. A value
that was spelled the same before (facts recur from record to record) is not read again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from verifier.canonical import (
    Flaw,
    Json,
    decode_plain,
    decode_salt,
    is_plain,
    is_shallow,
    opening,
    parse,
    rewrite,
    utf16,
    write_plain,
)
from verifier.quick import NUMBER, an_object
from verifier.suites import Suite

Tell = Callable[[str, str, str], None]
TOGETHER = 256  # lines
_NAME = r'"([^"\\\n]*)"'
# The last letter of a salt holds its last two bits; the others are 0.
_SALT = '"([A-Za-z0-9_-]{21}[AQgw])"'
_LINES = re.compile(
    "^"
    + an_object({"path": _NAME, "salt": _SALT, "seq": NUMBER, "stream": _NAME, "value": "(.*)"})
    + "$",
    re.MULTILINE,
)
# Stands between values that are read together: no plain text can spell it.
_BETWEEN, _SPELLED = "\0", ',"\\u0000",'


class Disclosure(NamedTuple):
    """What a commitment opens to; `commit` is the commitment it is the opening of."""

    path: str
    commit: str
    value: Json


Placed = tuple[str, int, Disclosure]  # stream, seq


def load_disclosures(
    lines: Iterable[bytes], suite: Suite, tell: Tell
) -> dict[tuple[str, int], tuple[Disclosure, ...]]:
    """Disclosures by stream and seq, from the lines of disclosures.jsonl. Tells what is wrong."""
    found: dict[tuple[str, int], list[Disclosure]] = {}
    known: dict[str, Json] = {}
    last: Placed | None = None
    given, number = iter(lines), 1
    while several := list(islice(given, TOGETHER)):
        read = read_together(several, suite, known)
        if read is None or (last is not None and _order(read[0]) < _order(last)):
            read = list(_read_each(several, number, last, suite, tell))
        for stream, seq, one in read:
            found.setdefault((stream, seq), []).append(one)
        last = read[-1] if read else last
        number += len(several)
    return {place: tuple(several) for place, several in found.items()}


def read_together(
    lines: Sequence[bytes], suite: Suite, known: dict[str, Json]
) -> list[Placed] | None:
    """What lines in order disclose, None where one has to be read by itself.

    `known` holds values by their spelling, and gets those that are new.
    """
    data = b"\n".join(lines)
    try:
        text = data.decode()
    except UnicodeDecodeError:
        return None
    if not is_plain(data.replace(b"\n", b""), text):
        return None
    got = _LINES.findall(text)
    if len(got) != len(lines):
        return None
    new = list(dict.fromkeys(spelled for *_, spelled in got if spelled not in known))
    values = _read_values(new) if new else []
    if values is None:
        return None
    known.update(zip(new, values, strict=True))
    digest = suite.digest
    found = [
        (
            stream,
            int(seq),
            Disclosure(path, digest(f'["{salt}","{path}",{spelled}]'.encode()), known[spelled]),
        )
        for path, salt, seq, stream, spelled in got
    ]
    # Without letters beyond U+FFFF the order by code point is that by UTF-16.
    places = [(stream, seq, one.path) for stream, seq, one in found]
    return found if places == sorted(places) else None


def _read_values(spelled: list[str]) -> list[Json] | None:
    """The values of canonical texts, None if not each is one. The texts are plain."""
    joined = "[" + _SPELLED.join(spelled) + "]"
    try:
        values = decode_plain(joined)
    except (Flaw, ValueError, RecursionError):
        return None
    assert isinstance(values, list)
    between = values[1::2]
    if len(values) != 2 * len(spelled) - 1 or between != [_BETWEEN] * len(between):
        return None
    # Only where it was put can that text stand, so each value is one of the texts, whole.
    if not is_shallow(joined.encode()) or write_plain(values) != joined:
        return None
    return values[::2]


def _order(one: Placed) -> tuple[bytes, int, bytes]:
    stream, seq, disclosure = one
    return utf16(stream), seq, utf16(disclosure.path)


def _read_each(
    lines: Sequence[bytes], number: int, last: Placed | None, suite: Suite, tell: Tell
) -> Iterator[Placed]:
    """Lines one by one, the first of them the line of this number."""
    for place, line in enumerate(lines, number):
        try:
            one = _read_line(line, suite)
        except Flaw as flaw:
            tell(f"disclosures.jsonl:{place}", flaw.zh, flaw.en)
            continue
        if last is not None and _order(one) < _order(last):
            where = f"disclosures.jsonl:{place}"
            tell(where, "明细没有按次序排列", "disclosures are not in order")
        last = one
        yield one


def _read_line(line: bytes, suite: Suite) -> Placed:
    match parse(line):
        case {
            "path": str(path),
            "salt": str(salt),
            "seq": int(seq),
            "stream": str(stream),
            "value": opened,
            **rest,
        } if not rest and type(seq) is int and seq >= 0:
            decode_salt(salt)
        case _:
            raise Flaw("明细的字段不对", "the fields of the disclosure are wrong")
    # The line is canonical, so the value's own canonical bytes stand in it as they are.
    ahead: Json = {"path": path, "salt": salt, "seq": seq, "stream": stream}
    start = len(rewrite(ahead)) + len(',"value":') - 1
    commit = suite.digest(opening(salt, path, line[start:-1]))
    return stream, seq, Disclosure(path=path, commit=commit, value=opened)
