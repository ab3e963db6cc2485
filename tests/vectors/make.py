"""Writes the vectors, but for the first ones: `python -m tests.vectors.make`.

Each file is a list of `{"name","kind","input",…,"valid",…}`; the wrong ones carry the finding a
verifier tells. The trees are computed here word by word from RFC 6962, not by the engine.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from engine.evidence.canonical import canonical
from tests.vectors.crafted import signatures
from tests.vectors.national import national
from tests.vectors.placed import bodies
from tests.vectors.spellings import spellings
from tests.verifier.stamps import make_office
from tests.verifier.wrong_tokens import WRONG

FOLDER = Path(__file__).parent
ORIGIN = "oa.example/logistics"
LARGEST = 130
LARGEST_TOKEN = 64 * 1024  # of those in the file
OTHER = "ab" * 32
Path_ = list[str]
Vector = dict[str, object]


def leaf(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


LEAVES = [leaf(bytes([n])) for n in range(LARGEST)]


def half(count: int) -> int:
    found = 1
    while found * 2 < count:
        found *= 2
    return found


def root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962 §2.1 over leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = half(len(leaves))
    return hashlib.sha256(b"\x01" + root(leaves[:k]) + root(leaves[k:])).digest()


def inclusion(index: int, leaves: Sequence[bytes]) -> Path_:
    """PATH of RFC 6962 §2.1.1."""
    if len(leaves) == 1:
        return []
    k = half(len(leaves))
    if index < k:
        return [*inclusion(index, leaves[:k]), root(leaves[k:]).hex()]
    return [*inclusion(index - k, leaves[k:]), root(leaves[:k]).hex()]


def consistency(old: int, leaves: Sequence[bytes]) -> Path_:
    """PROOF of RFC 6962 §2.1.2; empty for 0 and for the whole."""
    return subproof(old, leaves, whole=True) if 0 < old < len(leaves) else []


def subproof(old: int, leaves: Sequence[bytes], *, whole: bool) -> Path_:
    if old == len(leaves):
        return [] if whole else [root(leaves).hex()]
    k = half(len(leaves))
    if old <= k:
        return [*subproof(old, leaves[:k], whole=whole), root(leaves[k:]).hex()]
    return [*subproof(old - k, leaves[k:], whole=False), root(leaves[:k]).hex()]


def spoiled(path: Path_) -> Iterator[tuple[str, Path_]]:
    """Every way in which a path is made wrong."""
    yield "extended", [*path, OTHER]
    if path:
        yield "truncated", path[:-1]
        yield "duplicated", [*path, path[-1]]
        yield "first duplicated", [path[0], *path]
        yield "changed", [OTHER, *path[1:]]
    if len(path) > 1:
        yield "swapped", [path[1], path[0], *path[2:]]
    if len(path) > 2:
        yield "dropped", [path[0], *path[2:]]


def trees() -> Iterator[Vector]:
    for size in range(LARGEST + 1):
        yield {
            "name": f"root over {size} leaves",
            "kind": "root",
            "input": {"size": size, "leaf": "H(0x00 || one byte n), n = 0 … size - 1"},
            "root": root(LEAVES[:size]).hex(),
            "valid": True,
        }
    leaves = ("", "00", "10", "2021", "3031", "40414243", "5051525354555657")
    ct = [*leaves, "606162636465666768696a6b6c6d6e6f"]
    yield {
        "name": "V8: the eight leaves of Certificate Transparency",
        "kind": "root",
        "input": {"leaves": ct},
        "root": root([leaf(bytes.fromhex(one)) for one in ct]).hex(),
        "valid": True,
    }
    for size in (1, 2, 3, 5, 7, 8, 9, 64, 65, 130):
        for index in sorted({0, size // 2, size - 1}):
            yield from inclusions(index, size)
    pairs = ((0, 1), (0, 8), (1, 2), (1, 8), (2, 3), (3, 7), (4, 8), (6, 8))
    for old, new in (*pairs, (7, 8), (8, 8), (63, 64), (64, 65), (64, 130), (65, 130), (129, 130)):
        yield from consistencies(old, new)


def inclusions(index: int, size: int) -> Iterator[Vector]:
    path, top = inclusion(index, LEAVES[:size]), root(LEAVES[:size]).hex()
    given: dict[str, object] = {
        "leaf": LEAVES[index].hex(),
        "index": index,
        "size": size,
        "path": path,
        "root": top,
    }
    wrong = {
        **{how: {"path": one} for how, one in spoiled(path)},
        "wrong root": {"root": OTHER},
        "wrong leaf": {"leaf": OTHER},
        "index is the size": {"index": size},
        "index beyond the size": {"index": size + 1},
        "size 0": {"size": 0},
    }
    name = f"leaf {index} of {size}"
    yield {"name": name, "kind": "inclusion", "input": given, "valid": True}
    for how, changes in wrong.items():
        yield {
            "name": f"{name}: {how}",
            "kind": "inclusion",
            "input": given | changes,
            "valid": False,
            "finding": "E_ROOT",
        }


def consistencies(old: int, new: int) -> Iterator[Vector]:
    path = consistency(old, LEAVES[:new])
    given: dict[str, object] = {
        "from": old,
        "from_root": root(LEAVES[:old]).hex(),
        "to": new,
        "to_root": root(LEAVES[:new]).hex(),
        "path": path,
    }
    wrong: dict[str, dict[str, object]] = {how: {"path": one} for how, one in spoiled(path)}
    wrong["wrong old root"] = {"from_root": OTHER}
    if old:
        wrong["wrong new root"] = {"to_root": OTHER}
        wrong["new size below the old"] = {"to": old - 1}
    name = f"{old} to {new}"
    yield {"name": name, "kind": "consistency", "input": given, "valid": True}
    for how, changes in wrong.items():
        yield {
            "name": f"{name}: {how}",
            "kind": "consistency",
            "input": given | changes,
            "valid": False,
            "finding": "E_CONSISTENCY",
        }


def raw(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def hint(name: str, key: Ed25519PrivateKey) -> bytes:
    return hashlib.sha256(name.encode() + b"\n\x01" + raw(key)).digest()[:4]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def line(name: str, key: Ed25519PrivateKey, text: str) -> str:
    return f"\u2014 {name} {b64(hint(name, key) + key.sign(text.encode()))}\n"


def written(text: str, signature: bytes) -> str:
    return f"{text}\n\u2014 {ORIGIN} {b64(signature)}\n"


def notes() -> Iterator[Vector]:
    key, other = (Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in (9, 8))
    witnesses = [Ed25519PrivateKey.from_private_bytes(bytes([n]) * 32) for n in range(20, 36)]
    shown_key = b64(b"\x01" + raw(key))
    vkey = f"{ORIGIN}+{hint(ORIGIN, key).hex()}+{shown_key}"

    def text_of(size: int, origin: str = ORIGIN) -> str:
        return f"{origin}\n{size}\n{b64(root(LEAVES[:size]))}\n"

    text = text_of(8)
    signed = f"{text}\n{line(ORIGIN, key, text)}"
    size = next(n for n in range(1, LARGEST) if {"+", "/"} <= set(b64(root(LEAVES[:n]))))
    marked, plain = text_of(size), b64(root(LEAVES[:size]))
    urlsafe = plain.replace("+", "-").replace("/", "_")
    cosigned = signed + "".join(line(f"w{n}.example", one, text) for n, one in enumerate(witnesses))
    shown = b64(root(LEAVES[:8]))
    loose = shown[:-2] + chr(ord(shown[-2]) + 1) + "="  # the same 32 bytes, two stray bits set

    def again(changed: str) -> str:
        return f"{changed}\n{line(ORIGIN, key, changed)}"

    good = {
        "a checkpoint over 8 records": (signed, 8),
        "a root whose base64 holds + and /": (f"{marked}\n{line(ORIGIN, key, marked)}", size),
        "no records": (again(text_of(0)), 0),
        "16 cosignatures": (cosigned, 8),
        "a stranger's line first": (
            f"{text}\n{line('w0.example', witnesses[0], text)}" + line(ORIGIN, key, text),
            8,
        ),
        "another key under the same name is ignored": (signed + line(ORIGIN, other, text), 8),
    }
    for name, (note, count) in good.items():
        yield {
            "name": name,
            "kind": "note",
            "input": {"note": note, "trust": vkey},
            "size": count,
            "root": root(LEAVES[:count]).hex(),
            "valid": True,
        }
    forged = line(ORIGIN, other, text)
    true_hint, signature = hint(ORIGIN, key), key.sign(text.encode())
    elsewhere = text_of(8, "elsewhere.example")
    wrong = {
        "another origin in the text": f"{elsewhere}\n{line(ORIGIN, key, elsewhere)}",
        "another origin in text and line": (
            f"{elsewhere}\n{line('elsewhere.example', key, elsewhere)}"
        ),
        "another key": f"{text}\n{forged}",
        "another key under the trusted hint": written(text, true_hint + other.sign(text.encode())),
        "a hint of zeros": written(text, bytes(4) + signature),
        "witnesses only": f"{text}\n{line('w0.example', witnesses[0], text)}",
        "the signature of another size": f"{text}\n{line(ORIGIN, key, text_of(7))}",
        "one good and one bad line of the trusted key": signed + line(ORIGIN, key, marked),
        "a signature one byte short": written(text, true_hint + signature[:-1]),
        "a hint and no signature": written(text, true_hint),
        "a signature line without base64 padding": signed.rstrip("\n").rstrip("=") + "\n",
        "a fourth line": again(text + "records 8\n"),
        "two lines": again(f"{ORIGIN}\n8\n"),
        "the five lines of the earlier form": again(
            text + "records 8\ntime 2026-11-02T01:30:00.000Z\n"
        ),
        "a leading zero": again(text.replace("\n8\n", "\n08\n")),
        "a plus before the size": again(text.replace("\n8\n", "\n+8\n")),
        "a negative size": again(text.replace("\n8\n", "\n-8\n")),
        "full-width digits": again(text.replace("\n8\n", "\n\uff18\n")),
        "a size with a space": again(text.replace("\n8\n", "\n8 \n")),
        "a size of 16 digits": again(text.replace("\n8\n", "\n1000000000000000\n")),
        "the root in hex": again(f"{ORIGIN}\n8\n{root(LEAVES[:8]).hex()}\n"),
        "the root without padding": again(text.replace(shown, shown.rstrip("="))),
        "the root with stray bits": again(text.replace(shown, loose)),
        "the root in base64url": again(marked.replace(plain, urlsafe)),
        "a root of 31 bytes": again(f"{ORIGIN}\n8\n{b64(root(LEAVES[:8])[:31])}\n"),
        "carriage returns": again(text.replace("\n", "\r\n")),
        "no empty line": text + line(ORIGIN, key, text),
        "two empty lines": f"{text}\n\n{line(ORIGIN, key, text)}",
        "no last line feed": signed.rstrip("\n"),
        "text after the signatures": signed + "more\n",
        "a hyphen for the dash": signed.replace("\u2014", "-"),
        "two spaces in the signature line": signed.replace("\u2014 ", "\u2014  "),
        "an origin with a space": again(text_of(8, "oa example")),
        "an origin with a plus": again(text_of(8, "oa+example")),
        "no origin": again(text_of(8, "")),
        "no signature": text + "\n",
        "nothing": "",
        "too many lines": signed + line("w0.example", witnesses[0], text) * 64,
    }
    for name, note in wrong.items():
        yield {
            "name": name,
            "kind": "note",
            "input": {"note": note, "trust": vkey},
            "valid": False,
            "finding": "E_NOTE",
        }


def heads() -> Iterator[Vector]:
    names = ("case/1", "case/2", "case/\U00020bb7", "case/\uff08", "defs", "keys", "org")
    found = {
        name: (n + 1, hashlib.sha256(name.encode()).hexdigest()) for n, name in enumerate(names)
    }

    def line_of(name: str) -> bytes:
        seq, digest = found[name]
        return leaf(canonical({"hash": digest, "seq": seq, "stream": name}))

    leaves = [line_of(name) for name in names]
    top, size = root(leaves).hex(), len(leaves)

    def proof(name: str) -> dict[str, object]:
        index = names.index(name)
        seq, digest = found[name]
        head = {"hash": digest, "seq": seq}
        return {"stream": name, "index": index, "head": head, "path": inclusion(index, leaves)}

    for name in names:
        given = {"root": top, "size": size, "proof": proof(name)}
        yield {"name": f"head of {name}", "kind": "head", "input": given, "valid": True}
        seq, digest = found[name]
        for how, changes in (
            ("one record fewer", {"head": {"hash": digest, "seq": seq - 1}}),
            ("another digest", {"head": {"hash": OTHER, "seq": seq}}),
            ("another stream", {"stream": "case/3"}),
            ("another place", {"index": (names.index(name) + 1) % size}),
        ):
            yield {
                "name": f"head of {name}: {how}",
                "kind": "head",
                "input": given | {"proof": proof(name) | changes},
                "valid": False,
                "finding": "E_HEADS",
            }
    absent = (
        ("case/11", ["case/1", "case/2"], True),
        ("aaa", ["case/1"], True),
        ("zzz", ["org"], True),
        ("case/\U00020bb8", ["case/\U00020bb7", "case/\uff08"], True),
        ("case/11", ["case/1", "keys"], False),
        ("case/2", ["case/1", "case/\U00020bb7"], False),
        ("case/11", ["case/2", "case/1"], False),
        ("case/11", ["case/1"], False),
        ("zzz", ["keys"], False),
        ("case/1", ["case/1", "case/2"], False),
        ("aaa", [], False),
    )
    for name, neighbours, is_valid in absent:
        vector: Vector = {
            "name": f"no {name}, by {neighbours}",
            "kind": "absent",
            "input": {
                "root": top,
                "size": size,
                "stream": name,
                "neighbours": [proof(one) for one in neighbours],
            },
            "valid": is_valid,
        }
        yield vector if is_valid else vector | {"finding": "E_HEADS"}


def tokens() -> Iterator[Vector]:
    """Time stamps over one note; keys and signatures are fixed, so the bytes are too."""
    note = f"{ORIGIN}\n1\n{base64.b64encode(LEAVES[0]).decode()}\n"
    for kind in ("rsa", "p256", "p384"):
        made = make_office(kind)
        stamping = made.stamping(note.encode())
        for name, token in (("response", stamping.response()), ("token", stamping.token())):
            yield {
                "name": f"a {name} of an authority with {kind} keys",
                **stamped(note, token, made.root.certificate),
                "at": "2026-10-12T01:30:00Z",
                "accuracy_us": 1_500_000,
                "authority": "CN=stamps",
                "valid": True,
            }
    for wrong in WRONG:
        token, holder = wrong.make(note.encode())
        if len(token) < LARGEST_TOKEN:
            yield {
                "name": f"wrong: {wrong.name}",
                **stamped(note, token, holder.certificate),
                "valid": False,
                "finding": "E_TOKEN",
                "open": wrong.is_open,
            }


def stamped(note: str, token: bytes, trusted: bytes) -> Vector:
    given = {
        "note": note,
        "token": base64.b64encode(token).decode(),
        "tsa": base64.b64encode(trusted).decode(),
    }
    return {"kind": "token", "input": given}


def main() -> None:
    files = {
        "merkle": trees(),
        "notes": notes(),
        "heads": heads(),
        "canonical": spellings(),
        "bodies": bodies(),
        "signatures": signatures(),
        "sm3-sm2": national(),
        "tokens": tokens(),
    }
    for name, vectors in files.items():
        text = json.dumps(list(vectors), ensure_ascii=False, indent=1)
        (FOLDER / f"{name}.json").write_text(text + "\n", "utf-8")


if __name__ == "__main__":
    main()
