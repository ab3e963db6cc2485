"""With any one check of tokens taken out, a token that must not be taken is taken."""

from __future__ import annotations

from typing import Any

import pytest

import verifier.certificates
import verifier.cms
import verifier.tokens
from tests.verifier.wrong_tokens import WRONG
from verifier.canonical import Flaw
from verifier.certificates import load_anchors
from verifier.cms import load_token


def nothing(*_: object) -> None:
    return None


def yes(*_: object) -> bool:
    return True


# where the check stands, its name, what it is replaced by, and the wrong tokens that then go by
CONTROLS: tuple[tuple[Any, str, Any, tuple[str, ...]], ...] = (
    (verifier.tokens, "require_over", nothing, ("over another note",)),
    (
        verifier.tokens,
        "_require_attributes",
        nothing,
        (
            "another time written in",
            "another type of content",
            "two digests in one attribute",
            "without the digest",
        ),
    ),
    (
        verifier.tokens,
        "_require_named",
        nothing,
        (
            "with another certificates hash",
            "with another issuer in the identifier",
            "without the signers certificate",
        ),
    ),
    (
        verifier.tokens,
        "_require_signature",
        nothing,
        (
            "a bit flipped in the signature",
            "a bit flipped in an rsa signature",
            "a signature by another key",
            "a signature of zeros",
        ),
    ),
    (verifier.tokens, "_require_authority", nothing, ("in another authoritys name",)),
    (
        verifier.tokens,
        "require_stamping",
        nothing,
        (
            "a signer without the purpose",
            "a signer for something else",
            "a signer for something else too",
            "a purpose that is not critical",
            "a key that may not sign",
        ),
    ),
    (verifier.tokens, "require_chain", nothing, ("under another root",)),
    (
        verifier.certificates,
        "require_in_force",
        nothing,
        (
            "expired when it signed",
            "not yet valid when it signed",
            "an authority expired when it signed",
        ),
    ),
    (
        verifier.certificates,
        "_require_issuing",
        nothing,
        (
            "certified by who may not certify",
            "certified with a key for something else",
            "a chain longer than allowed",
        ),
    ),
    (
        verifier.certificates,
        "_require_known_extensions",
        nothing,
        ("a critical extension in the certificate",),
    ),
    (verifier.certificates, "is_signed_by", yes, ("under a root of the same name",)),
    (verifier.cms, "_require_granted", nothing, ("a waiting that brings a token",)),
    (verifier.cms, "_require_no_critical", nothing, ("a critical extension in the stamp",)),
)
PAIRS = [(*rest, name) for *rest, names in CONTROLS for name in names]


def take(name: str) -> None:
    """Judge a wrong token as if it were right. Raises `Flaw`."""
    note = b"note"
    wrong = next(one for one in WRONG if one.name == name)
    response, holder = wrong.make(note)
    token = load_token(response)
    verifier.tokens.require_over(token, note)
    verifier.tokens.require_signed(token, load_anchors(holder.pem))


@pytest.mark.parametrize(
    ("where", "check", "instead", "name"), PAIRS, ids=lambda one: one if type(one) is str else ""
)
def test_without_the_check_the_token_goes_by(
    where: Any, check: str, instead: Any, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(Flaw):
        take(name)
    monkeypatch.setattr(where, check, instead)
    take(name)
