"""Which tests are held against the mutants of which module, and the mutants nobody can notice."""

from __future__ import annotations

from collections.abc import Mapping

EVIDENCE = ("tests/evidence",)
VECTORS = ("tests/verifier/test_vectors.py", "tests/verifier/test_merkle.py")
SIGNATURES = ("tests/verifier/test_vectors.py", "tests/verifier/test_ed25519.py")
TOKENS = ("tests/verifier/test_vectors.py", "tests/verifier/test_tokens.py")
BUNDLES = (
    *("tests/attacks/test_matrix.py", "tests/verifier/test_hostile.py"),
    *("tests/verifier/test_tampering.py", "tests/verifier/test_quick.py"),
)
TESTS: Mapping[str, tuple[str, ...]] = {
    "engine/evidence/canonical.py": EVIDENCE,
    "engine/evidence/log.py": EVIDENCE,
    "engine/evidence/record.py": EVIDENCE,
    "verifier/canonical.py": (*VECTORS, "tests/verifier/test_quick.py"),
    "verifier/certificates.py": TOKENS,
    "verifier/cms.py": TOKENS,
    "verifier/consents.py": ("tests/verifier/test_consents.py",),
    "verifier/der.py": ("tests/verifier/test_der.py",),
    "verifier/ed25519.py": SIGNATURES,
    "verifier/keys.py": BUNDLES,
    "verifier/merkle.py": VECTORS,
    "verifier/notes.py": (*VECTORS, "tests/verifier/test_notes.py"),
    "verifier/records.py": BUNDLES,
    "verifier/signatures.py": TOKENS,
    "verifier/tokens.py": TOKENS,
}

_TYPE = "a name in a type, which only the type checker reads"
_CANONICAL = {
    "commitment: b'=' → b'=x'": "the base64 of 16 bytes ends in A, Q, g or w before its padding",
    "decode_base64: True → False": "what it lets pass is refused for its spelling, one line below",
    "module: '\\n\\t' → '\\n\\tx'": "only control characters are looked for in it, and x is none",
    **{
        f"module: '{name}' → '{name}x'{again}": _TYPE
        for name in ("Json", "JsonLike")
        for again in ("", " (1)")
    },
}
_LOG = {
    "Tree.__init__: len(level) > 1 → len(level) >= 1": "an empty level above the root, never read",
}
_RECORD = {
    "_load: True → False": "true is not version 2 either; the line says so for a version 1",
}
_CONSENTS = {"_signature: b'' → b'x'": "neither is the 64 bytes of a signature"}
_DER = {
    "_read: length > 128 → length >= 128": "128 was refused just before",
    "instant: text >= b'50' → text > b'50'": "a time is longer than its first two digits",
}
EXPLAINED: Mapping[str, str] = {
    f"{path}.py {key}": why
    for path, told in (
        ("engine/evidence/canonical", _CANONICAL),
        ("engine/evidence/log", _LOG),
        ("engine/evidence/record", _RECORD),
        ("verifier/consents", _CONSENTS),
        ("verifier/der", _DER),
    )
    for key, why in told.items()
}
