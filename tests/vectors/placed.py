"""Vectors of bodies (evidence-spec.md §4): where a record of each type stands, and zones."""

from __future__ import annotations

from collections.abc import Iterator

from engine.evidence.canonical import Json, canonical

Vector = dict[str, object]
STREAMS = ("org", "keys", "defs", "sys", "case/1", "stock/纸")
FIRST = {"case/1": "open", "stock/纸": "stock"}  # at seq 0, and nowhere else
# type: the streams where it stands, whatever its seq; None: any. Those of FIRST go by seq too.
HOMES: dict[str, tuple[str, ...] | None] = {
    **{"open": ("case/1",), "stock": ("stock/纸",), "step": ("case/1",)},
    **{"org": ("org",), "key": ("keys",)},
    **{"def": ("defs",), "ckpt": ("sys",), "restore": ("sys",)},
    **dict.fromkeys(("refusal", "system", "read", "redact")),
}
ZONES = {
    **dict.fromkeys(("UTC", "Asia/Shanghai", "Etc/GMT-8", "Etc/GMT+8", "a_b", "GMT0"), True),
    **dict.fromkeys(("", " ", "北京", "UTC+08:00", "Asia/Shanghai ", "Asia.Shanghai", "é"), False),
}


def body(**changes: Json) -> str:
    """The canonical text of a body that is right but for what is changed."""
    digest, at = "0" * 64, "2026-11-02T01:30:00.000Z"
    told: dict[str, Json] = {
        **{"v": 2, "typ": "open", "suite": "sha256-ed25519", "origin": "oa.example"},
        **{"stream": "case/1", "seq": 0, "prev": digest, "def": None, "case": None},
        **{"task": None, "move": None, "act": "", "meaning": "none", "code": None},
        "actor": {"uid": "a", "name": "甲", "post": "", "dept": "", "for": None},
        **{"way": "key", "recorder": None, "key": digest, "org": None, "keys": None},
        **{"heads": {}, "events": [], "facts": {}, "form": {}, "att": [], "comment": None},
        **{"time": at, "happened": at, "tz": "UTC", "after": {"size": 0, "root": digest}},
        **{"nonce": "0" * 32, "req": ""},
    }
    return canonical(told | changes).decode()


def bodies() -> Iterator[Vector]:
    for typ, homes in HOMES.items():
        code = "E_NO" if typ == "refusal" else None
        for stream in STREAMS:
            for seq in (0, 1):
                is_right = homes is None or stream in homes
                first = FIRST.get(stream)
                if seq == 0 and first is not None:
                    is_right = typ == first
                elif typ in FIRST.values():
                    is_right = False
                text = body(typ=typ, stream=stream, seq=seq, code=code)
                yield _vector(f"{typ} in {stream} at {seq}", text, is_right)
    for zone, is_right in ZONES.items():
        yield _vector(f"the zone {zone!r}", body(tz=zone), is_right)


def _vector(name: str, text: str, is_right: bool) -> Vector:
    told: Vector = {"name": name, "kind": "body", "input": {"text": text}, "valid": is_right}
    return told if is_right else told | {"finding": "E_BODY"}
