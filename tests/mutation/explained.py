"""Which tests are held against the mutants of which module, and the mutants nobody can notice."""

from __future__ import annotations

from collections.abc import Mapping

EVIDENCE = ("tests/evidence",)
VECTORS = ("tests/verifier/test_vectors.py", "tests/verifier/test_merkle.py")
TABLES = ("tests/verifier/test_tables.py", "tests/verifier/test_table_people.py")
RESTORED = "tests/verifier/test_restorations.py"
TESTS: Mapping[str, tuple[str, ...]] = {
    "engine/evidence/canonical.py": EVIDENCE,
    "engine/evidence/log.py": EVIDENCE,
    "engine/evidence/record.py": EVIDENCE,
    "verifier/books.py": TABLES,
    "verifier/bundle.py": ("tests/verifier/test_bundle_files.py",),
    "verifier/__main__.py": ("tests/verifier/test_main.py",),
    "verifier/canonical.py": ("tests/verifier/test_canonical.py",),
    "verifier/cases.py": ("tests/verifier/test_cases.py",),
    "verifier/certificates.py": ("tests/verifier/test_certificates.py",),
    "verifier/chain.py": ("tests/verifier/test_chain.py", "tests/verifier/test_shares.py"),
    "verifier/cms.py": ("tests/verifier/test_cms.py",),
    "verifier/columns.py": TABLES,
    "verifier/consents.py": ("tests/verifier/test_consents.py",),
    "verifier/curves.py": ("tests/verifier/test_signatures.py", "tests/verifier/test_sm2.py"),
    "verifier/der.py": ("tests/verifier/test_der.py",),
    "verifier/diaries.py": TABLES,
    "verifier/disclosures.py": ("tests/verifier/test_disclosures.py",),
    "verifier/ed25519.py": ("tests/verifier/test_ed25519.py",),
    "verifier/errands.py": TABLES,
    "verifier/families.py": ("tests/verifier/test_families.py",),
    "verifier/files.py": ("tests/verifier/test_files.py",),
    "verifier/findings.py": ("tests/verifier/test_report.py",),
    "verifier/heads.py": ("tests/verifier/test_log.py",),
    "verifier/keys.py": ("tests/verifier/test_keys.py", RESTORED),
    "verifier/log.py": ("tests/verifier/test_log.py", RESTORED),
    "verifier/logs.py": ("tests/verifier/test_log.py", RESTORED),
    "verifier/memory.py": ("tests/verifier/test_memory.py",),
    "verifier/merkle.py": VECTORS,
    "verifier/model.py": ("tests/verifier/test_model.py",),
    "verifier/notes.py": (*VECTORS, "tests/verifier/test_notes.py"),
    "verifier/offices.py": (
        "tests/verifier/test_offices.py",
        "tests/verifier/test_office_powers.py",
    ),
    "verifier/openings.py": ("tests/verifier/test_openings.py",),
    "verifier/people.py": TABLES,
    "verifier/powers.py": (
        "tests/verifier/test_key_powers.py",
        "tests/verifier/test_office_powers.py",
    ),
    "verifier/process.py": ("tests/verifier/test_process.py", "tests/verifier/test_moves.py"),
    "verifier/quantities.py": TABLES,
    "verifier/quick.py": ("tests/verifier/test_everyday.py",),
    "verifier/reading.py": ("tests/verifier/test_reading.py",),
    "verifier/records.py": ("tests/verifier/test_records.py",),
    "verifier/redactions.py": ("tests/verifier/test_redactions.py",),
    "verifier/restorations.py": (RESTORED,),
    "verifier/report.py": ("tests/verifier/test_report.py",),
    "verifier/roster.py": ("tests/verifier/test_roster.py",),
    "verifier/shares.py": ("tests/verifier/test_shares.py",),
    "verifier/signatures.py": ("tests/verifier/test_signatures.py",),
    "verifier/sm2.py": ("tests/verifier/test_sm2.py",),
    "verifier/sm3.py": ("tests/verifier/test_sm2.py",),
    "verifier/suites.py": ("tests/verifier/test_sm2.py", "tests/verifier/test_notes.py"),
    "verifier/tables.py": TABLES,
    "verifier/tokens.py": ("tests/verifier/test_token_rules.py",),
    "verifier/verifying.py": ("tests/verifier/test_verifying.py",),
}

_TYPE = "a name in a type, which only the type checker reads"
_CANONICAL = {
    "_write_object: '' → 'x'": "x between keys is as much ASCII as nothing",
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
_PAIRS = "no bracket and no quote: it is cut out with all else"
_SPELLED = "what it lets pass is refused for its spelling, below"
_CAREFUL = "what is no longer everyday is looked at with care, and comes to the same"
_OWN_CANONICAL = {
    "module: 32 → 33 (1)": _CAREFUL,
    "module: '[\u4000-\u9fff\\u3000-\u3029\u3030-\u303f\uff01-\uff5d\u2010-\u2027\u00b7]*+' → "
    "'[\u4000-\u9fff\\u3000-\u3029\u3030-\u303f\uff01-\uff5d\u2010-\u2027\u00b7]*+x'": _CAREFUL,
    "module: b'\"[]{}' → b'\"[]{}x'": "an x stands in strings alone and is cut out with them",
    "module: 17 → 18": "a number of 18 digits is out of range, too",
    "module: False → True (1)": "nothing that was read refers back to itself",
    "is_plain: b'' → b'x'": "pairs are cut from the left: no backslash is left before one",
    "is_shallow: b'' → b'x'": _PAIRS,
    "is_shallow: b'' → b'x' (1)": _PAIRS,
    "is_shallow: b'\"\"' → b'\"\"x'": "two quotes in a row may be left out and need not",
    "decode_base64: True → False": _SPELLED,
    "decode_salt: True → False": _SPELLED,
    "module: 'Json' → 'Jsonx'": _TYPE,
    "module: 'Json' → 'Jsonx' (1)": _TYPE,
}
_FILES = {
    "_wrong_form: True → False": "each entry has one name",
    "_agree: return False → return None": "both are no",
}
_CONSENTS = {"_signature: b'' → b'x'": "neither is the 64 bytes of a signature"}
_ED25519 = {
    "which_are_signed: int.from_bytes(signature[32:], 'little') < L → "
    "int.from_bytes(signature[32:], 'little') <= L": "S = L asks for R = −k·A, and k depends on R",
    "which_are_signed: True → False": "each point is encoded, so there are as many",
    "_Point: 0 → 1 (1)": "no table is of 1 bit, either",
    "_Point: 0 → 1 (2)": "of 0 bits there is no table, whatever shares a row",
    "_Point.parts: False → True": "the line feed would be a digit behind the last row",
    "_decode: y >= P → y > P": "P is a spelling of 0, and those points are of order 4",
    "_decode: 0 → 1": "with x = 0 the point is of small order and refused for that",
    "_is_small: 3 → 4": "L is odd: nothing is of order 16",
    "_is_small: point[0] == 0 and point[1] == point[2] → "
    "point[0] == 0 or point[1] == point[2]": "8 times a point is never of order 2, so both or none",
    "_is_small: 1 → 2": "as above: x = 0 says it all",
    "_make_rows: True → False": "there are as many of either",
    "_to_affine: 1 → 2": "the factor is in the product and in its inverse",
    "_to_affine: True → False": "there are as many products as points",
    "module: P - 1 → P + 1": "a fourth of either is rounded down to the same",
    "module: b'0123456789abcdef' → b'0123456789abcdefx'": "hexlify writes no x",
}
_NO_STREAM = "no stream is called so, either"
_OPENINGS = {"_check_stock: '' → 'x'": _NO_STREAM, "_stream: '' → 'x'": _NO_STREAM}
_KEYS = {"require_proofs: b'' → b'x'": "neither is the 64 bytes of a signature"}
_ASKED = "it is only asked whether it is true"
_CERTIFICATES = {
    "require_stamping: False → True": "without the extension its value is refused first",
    "_Search._has_issued: return False → return None": _ASKED,
    "_Search._has_issued: return False → return None (1)": _ASKED,
}
_TAKEN = "this name is never told: what is taken here is there, or may be anything"
_CMS = {
    "load_token: 'TimeStampResp' → 'TimeStampRespx' (2)": _TAKEN,
    "_load_bag: 'certificates' → 'certificatesx'": _TAKEN,
    "_load_attributes: 'Attribute' → 'Attributex' (1)": _TAKEN,
}
_NAMELESS = "the flaw is caught: what does not look like a signature is none"
_SIGNATURES = {
    "load_key: '' → 'x'": "neither is the name of a curve",
    "_load_rsa: 3 <= exponent < _MOST_EXPONENT → 3 <= exponent <= _MOST_EXPONENT": "2^64 is even",
    "_is_rsa: value >= key.modulus → value > key.modulus": "the modulus itself has the power 0",
    "_is_ecdsa: 'ECDSA-Sig-Value' → 'ECDSA-Sig-Valuex'": _NAMELESS,
    "_is_ecdsa: 'ECDSA-Sig-Value' → 'ECDSA-Sig-Valuex' (1)": _NAMELESS,
    "_is_ecdsa: 0 < r < curve.n → 0 <= r < curve.n": "r = 0 asks for a logarithm",
    "_is_ecdsa: 0 < r < curve.n → 0 < r <= curve.n": "nothing is n modulo n",
    "_is_ecdsa: 0 → 1": "on neither curve there is a point whose x is 1 or n + 1",
}
_INFINITY = "Z = 0 alone says that a point is at infinity"
_CURVES = {
    "module: 1 → 2": _INFINITY,
    "module: 1 → 2 (1)": _INFINITY,
    "both: (u >> place & 1) + 2 * (v >> place & 1) → (u >> place & 1) - 2 * (v >> place & 1)": (
        "−2 and −1 are the places 2 and 3 of four, counted from behind"
    ),
}
_AS_MANY = "there is one answer for each"
_CHAIN = {
    "module: 4096 → 4097": "how many are judged together changes nothing that is found",
    "check_bytes: True → False (2)": _AS_MANY,
    "_check_signatures: True → False": _AS_MANY,
    "_is_ahead: signed <= received → signed < received": "a moment is not ahead of itself",
    "_is_ahead: return False → return None": _ASKED,
}
_SHARES = {
    "module: 512 → 513": "whoever judges them says the same",
    "Shares.judge: True → False": _AS_MANY,
    "Shares.judge: True → False (1)": _AS_MANY,
    "Shares.judge: True → False (2)": _AS_MANY,
    "Shares.judge: False → True": "each claim is in one share, and so answered",
}
_VERIFYING = {
    "verify: 1 → 2": "so few signatures are not shared out",
}
_SM2 = {
    "is_signed: 0 < r < CURVE.n → 0 < r <= CURVE.n": "nothing is n modulo n",
}
_SM3 = {
    "plain_sm3: 64 → 65 (2)": "of a block its first 64 bytes are read",
    "_compress: 68 → 69": "a word more, which no round reads",
    "_compress: True → False": "there are eight words of either",
}
_PEOPLE = {
    "People._end: until > last → until >= last": "the last day stays the last day",
}
_RESTORATIONS = {
    "check_restorers: 1 → 2": "before the first change of keys and before that is the same",
}
_OWN_LOG = {
    "check_log: '' → 'x'": "the name of a note, which is not told here",
}
_ALONE = "run as a program it is another process, which no mutant reaches; test_honest runs it"
_MAIN = {
    "_read: 1 → 2": "one byte too many is enough to be refused, and two are no more",
    "module: '__main__' → '__main__x'": _ALONE,
    "module: sys.exit(main()) → pass": _ALONE,
    "_answer: True → False": _ALONE,
    "_answer: os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno()) → pass": _ALONE,
}
_MEMORY = {
    "module: '_Given' → '_Givenx'": _TYPE,
    "module: '_Found' → '_Foundx'": _TYPE,
}
_REDACTIONS = {
    "_is_consented: return False → return None": _ASKED,
    "_is_consented: return False → return None (1)": _ASKED,
}
_DER = {
    "_read: length > 128 → length >= 128": "128 was refused just before",
    "instant: text >= b'50' → text > b'50'": "a time is longer than its first two digits",
}
_BEFORE_ALL = "no key is valid at a place before the first, however far"
_DISCLOSURES = {
    "module: 256 → 257": "however many are read at once, they come to the same",
    "load_disclosures: _order(read[0]) < _order(last) → _order(read[0]) <= _order(last)": (
        "two of one place are in order, also when they are read by themselves"
    ),
    "read_together: b'' → b'x'": "an x between two lines is as plain as nothing",
    "read_together: True → False": "there are as many values as lines",
}
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
_BOTH = "the pattern finds both or neither"
_QUICK = {
    "_party: uid is None or name is None → uid is None and name is None": _BOTH,
    "_head: seq is None or digest is None → seq is None and digest is None": _BOTH,
    "_decode: True → False": "what does not come out the same when written again is no base64",
    "_read_commits: True → False": "there are as many names as hashes",
    "module: 64 → 65": "how many paths are made ahead changes none of them",
    "_read_commits: len(several) <= len(_EVENTS) → len(several) < len(_EVENTS)": "as before",
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
        ("verifier/__main__", _MAIN),
        ("verifier/canonical", _OWN_CANONICAL),
        ("verifier/certificates", _CERTIFICATES),
        ("verifier/chain", _CHAIN),
        ("verifier/cms", _CMS),
        ("verifier/consents", _CONSENTS),
        ("verifier/curves", _CURVES),
        ("verifier/der", _DER),
        ("verifier/disclosures", _DISCLOSURES),
        ("verifier/ed25519", _ED25519),
        ("verifier/files", _FILES),
        ("verifier/keys", _KEYS),
        ("verifier/log", _OWN_LOG),
        ("verifier/memory", _MEMORY),
        ("verifier/openings", _OPENINGS),
        ("verifier/people", _PEOPLE),
        ("verifier/powers", _POWERS),
        ("verifier/process", _PROCESS),
        ("verifier/quick", _QUICK),
        ("verifier/redactions", _REDACTIONS),
        ("verifier/restorations", _RESTORATIONS),
        ("verifier/roster", _ROSTER),
        ("verifier/shares", _SHARES),
        ("verifier/signatures", _SIGNATURES),
        ("verifier/verifying", _VERIFYING),
        ("verifier/sm2", _SM2),
        ("verifier/sm3", _SM3),
    )
    for key, why in told.items()
}
