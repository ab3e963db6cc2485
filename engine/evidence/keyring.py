"""Private keys at rest: encrypted files only their owner can read (evidence-spec.md §7)."""

from __future__ import annotations

import base64
import hashlib
import re
import stat
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from engine.errors import EvidenceError, KeyLocked
from engine.evidence.canonical import encode_base64
from engine.evidence.der import OCTETS, SEQUENCE, element, inside, integer, only
from engine.evidence.disk import write_private
from engine.evidence.signing import FileSigner, PrivateKey, PublicKey, dump_public, load_public
from engine.evidence.sm2 import Sm2PrivateKey, dump_sm2_private, load_sm2_private
from engine.text import say

SALT_BYTES = 32
_UID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_COST = 2**14, 8, 5  # N, r, p of scrypt
_BEGIN = "-----BEGIN ENCRYPTED PRIVATE KEY-----"
_END = "-----END ENCRYPTED PRIVATE KEY-----"
_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_SCRYPT = bytes.fromhex("06092b06010401da47040b")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


@dataclass(frozen=True, slots=True)
class Keyring:
    """A folder of encrypted private keys, `<uid>.key`, each beside its public half, `<uid>.pub`."""

    folder: Path

    def path(self, uid: str) -> Path:
        if not _UID.fullmatch(uid):
            raise EvidenceError(say("人员编号“{uid}”不能用作文件名", uid=uid[:40]))
        return self.folder / f"{uid}.key"

    def uids(self) -> Iterator[str]:
        return (path.stem for path in sorted(self.folder.glob("*.key")))

    def find_public(self, uid: str) -> PublicKey | None:
        """The public key kept for this person, without unlocking anything."""
        path = self.path(uid).with_suffix(".pub")
        return load_public(path.read_text("ascii").strip()) if path.exists() else None

    def write(
        self, uid: str, private: PrivateKey, passphrase: str, salt: bytes, *, again: bool
    ) -> Path:
        """Keep a key, encrypted; `salt` is 32 fresh random bytes; `again` replaces the one kept."""
        path = self.path(uid)
        if path.exists() and not again:
            raise EvidenceError(say("{uid} 的钥匙文件已经存在", uid=uid))
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(path, encrypt_key(private, passphrase, salt))
        public = dump_public(private.public_key()) + "\n"
        write_private(path.with_suffix(".pub"), public.encode())
        return path

    def unlock(self, uid: str, passphrase: str) -> FileSigner:
        """The person's signer. Raises `KeyLocked` without a file, `EvidenceError` if still shut."""
        path = self.path(uid)
        if not path.exists():
            raise KeyLocked(say("没有 {uid} 的钥匙文件", uid=uid))
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise EvidenceError(say("钥匙文件 {path} 他人可读,请先改为仅本人可读写", path=path))
        return FileSigner(decrypt_key(path.read_bytes(), passphrase))


def encrypt_key(private: PrivateKey, passphrase: str, salt: bytes) -> bytes:
    """PKCS#8 PEM under PBES2: scrypt (RFC 7914 §7) and AES-256-CBC.

    Spelled out here because the library's own writer uses 2,048 rounds of PBKDF2. N = 2^14,
    r = 8, p = 5 stays within the memory other tools allow. `salt`: 16 bytes of salt, 16 of IV.
    """
    if not passphrase:
        raise EvidenceError(say("口令不能为空"))
    if len(salt) != SALT_BYTES:
        raise EvidenceError(say("盐应为 {count} 字节", count=SALT_BYTES))
    secret = _derive(passphrase, salt[:16], _COST)
    plain = _dump_private(private)
    gap = 16 - len(plain) % 16
    seal = Cipher(AES(secret), CBC(salt[16:])).encryptor()
    shut = seal.update(plain + bytes([gap]) * gap) + seal.finalize()
    numbers = b"".join(map(integer, _COST))
    derivation = _sequence(_SCRYPT + _sequence(element(OCTETS, salt[:16]) + numbers))
    cipher = _sequence(_AES_256_CBC + element(OCTETS, salt[16:]))
    scheme = _sequence(_PBES2 + _sequence(derivation + cipher))
    lines = encode_base64(_sequence(scheme + element(OCTETS, shut)))
    body = "\n".join(lines[n : n + 64] for n in range(0, len(lines), 64))
    return f"{_BEGIN}\n{body}\n{_END}\n".encode()


def decrypt_key(pem: bytes, passphrase: str) -> PrivateKey:
    """The key in an encrypted PKCS#8 PEM. Raises `EvidenceError`, saying why it stays shut."""
    if _BEGIN.encode() not in pem:
        raise EvidenceError(say("钥匙文件未加密或已损坏"))
    try:
        private = load_pem_private_key(pem, _secret(passphrase))
    except UnsupportedAlgorithm:  # what the library opened and does not know: SM2
        return _decrypt_sm2(pem, passphrase)
    except (ValueError, TypeError):
        raise EvidenceError(say("口令不对,或钥匙文件已损坏")) from None
    if not isinstance(private, Ed25519PrivateKey):
        raise EvidenceError(say("不是 Ed25519 私钥"))
    return private


def _decrypt_sm2(pem: bytes, passphrase: str) -> Sm2PrivateKey:
    """The SM2 key in a file as `encrypt_key` writes it."""
    lines = pem.decode("ascii", "replace").partition(_BEGIN)[2].partition(_END)[0]
    try:
        (_, scheme), (_, shut) = inside(only(base64.b64decode("".join(lines.split())), SEQUENCE))
        _, (_, choices) = inside(scheme)
        (_, derivation), (_, cipher) = inside(choices)
        _, (_, told) = inside(derivation)
        (_, salt), *numbers = inside(told)
        _, (_, iv) = inside(cipher)
        n, r, p = (int.from_bytes(content, "big") for _, content in numbers[:3])
        unseal = Cipher(AES(_derive(passphrase, salt, (n, r, p))), CBC(iv)).decryptor()
        plain = unseal.update(shut) + unseal.finalize()
        return load_sm2_private(plain[: -plain[-1]])
    except ValueError:
        raise EvidenceError(say("口令不对,或钥匙文件已损坏")) from None


def _derive(passphrase: str, salt: bytes, cost: tuple[int, int, int]) -> bytes:
    n, r, p = cost
    most = 64 * 2**20
    return hashlib.scrypt(_secret(passphrase), salt=salt, n=n, r=r, p=p, maxmem=most, dklen=32)


def _dump_private(private: PrivateKey) -> bytes:
    if isinstance(private, Sm2PrivateKey):
        return dump_sm2_private(private)
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def _sequence(content: bytes) -> bytes:
    return element(SEQUENCE, content)


def _secret(passphrase: str) -> bytes:
    # The same words typed through another input method must open the same file.
    return unicodedata.normalize("NFC", passphrase).encode()
