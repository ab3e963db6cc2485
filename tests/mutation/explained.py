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
    "verifier/cases.py": ("tests/verifier/test_cases.py",),
    "verifier/certificates.py": TOKENS,
    "verifier/cms.py": TOKENS,
    "verifier/consents.py": ("tests/verifier/test_consents.py",),
    "verifier/der.py": ("tests/verifier/test_der.py",),
    "verifier/ed25519.py": SIGNATURES,
    "verifier/keys.py": BUNDLES,
    "verifier/merkle.py": VECTORS,
    "verifier/model.py": ("tests/verifier/test_model.py",),
    "verifier/notes.py": (*VECTORS, "tests/verifier/test_notes.py"),
    "verifier/offices.py": ("tests/verifier/test_offices.py",),
    "verifier/powers.py": (
        "tests/verifier/test_key_powers.py",
        "tests/verifier/test_office_powers.py",
    ),
    "verifier/process.py": ("tests/verifier/test_process.py", "tests/verifier/test_moves.py"),
    "verifier/records.py": BUNDLES,
    "verifier/roster.py": ("tests/verifier/test_roster.py",),
    "verifier/signatures.py": TOKENS,
    "verifier/tables.py": ("tests/verifier/test_tables.py",),
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
_BEFORE_ALL = "no key is valid at a place before the first, however far"
_POWERS = {
    "_check_key: 1 → 2": _BEFORE_ALL,
    "_check_consents: 1 → 2": _BEFORE_ALL,
    "_check_system_act: asked.index < one.index → asked.index <= one.index": "of two records, no"
    " two have one place in the log",
}
_NO_POST = "neither is the expression of a post"
_PROCESS = {
    "Course.process: '' → 'x'": "neither is the digest of a model",
    "Course._check_actor: '' → 'x'": _NO_POST,
    "Course._holders: '' → 'x'": _NO_POST,
}
_ROSTER = {
    "Office.top: break → continue": "nothing changes in the steps that are left",
}
EXPLAINED: Mapping[str, str] = {
    f"{path}.py {key}": why
    for path, told in (
        ("engine/evidence/canonical", _CANONICAL),
        ("engine/evidence/log", _LOG),
        ("engine/evidence/record", _RECORD),
        ("verifier/consents", _CONSENTS),
        ("verifier/der", _DER),
        ("verifier/powers", _POWERS),
        ("verifier/process", _PROCESS),
        ("verifier/roster", _ROSTER),
    )
    for key, why in told.items()
}
