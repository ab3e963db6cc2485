"""A real time-stamp authority: the openssl command, with a root, an intermediate and a signer."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path

CONFIG = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical, CA:TRUE
keyUsage = critical, keyCertSign
subjectKeyIdentifier = hash
[middle]
basicConstraints = critical, CA:TRUE, pathlen:0
keyUsage = critical, keyCertSign
[stamping]
extendedKeyUsage = critical, timeStamping
[tsa]
serial = {folder}/serial
signer_cert = {folder}/tsa.pem
certs = {folder}/middle.pem
signer_key = {folder}/tsa.key
signer_digest = {digest}
default_policy = 1.2.3.4.1
digests = sha1, sha256, sha512
accuracy = secs:1, millisecs:500, microsecs:100
ordering = yes
tsa_name = yes
ess_cert_id_chain = {chain}
ess_cert_id_alg = {named_by}
"""
KEYS = {
    "rsa": ("-newkey", "rsa:2048"),
    "rsa3072": ("-newkey", "rsa:3072"),
    "p256": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"),
    "p384": ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384"),
}


def openssl(*words: str, check: bool = True) -> bytes:
    done = subprocess.run(["openssl", *words], capture_output=True, check=False)
    assert not check or done.returncode == 0, done.stderr.decode()
    return done.stdout


@dataclass(frozen=True, slots=True, kw_only=True)
class Authority:
    """`folder` holds root.pem, middle.pem, tsa.pem and their keys."""

    folder: Path

    @property
    def root(self) -> bytes:
        return (self.folder / "root.pem").read_bytes()

    def answer(self, query: Path, *more: str) -> bytes:
        """The response to a request file."""
        config = str(self.folder / "tsa.cnf")
        words = ("-config", config, "-section", "tsa", "-queryfile", str(query), *more)
        return openssl("ts", "-reply", *words)

    def stamp(self, data: bytes, *words: str) -> bytes:
        """The response for some bytes, with the authority's certificates in it."""
        place, query = self.folder / "data", self.folder / "query.tsq"
        place.write_bytes(data)
        words = words or ("-sha256", "-cert")
        openssl("ts", "-query", "-data", str(place), *words, "-out", str(query))
        return self.answer(query)

    def accepts(self, data: bytes, response: bytes) -> bool:
        """What openssl itself says of a response."""
        place, answer = self.folder / "data", self.folder / "answer.tsr"
        place.write_bytes(data)
        answer.write_bytes(response)
        words = ["openssl", "ts", "-verify", "-data", str(place), "-in", str(answer)]
        words += ["-CAfile", str(self.folder / "root.pem")]
        words += ["-untrusted", str(self.folder / "middle.pem")]
        return subprocess.run(words, capture_output=True, check=False).returncode == 0


def found_authority(
    folder: Path, key: str, *, digest: str = "sha256", named_by: str = "sha256", chain: str = "yes"
) -> Authority:
    """Make a root, an intermediate it certifies, and a signer which that certifies."""
    folder.mkdir(parents=True)
    config = folder / "tsa.cnf"
    config.write_text(
        CONFIG.format(folder=folder, digest=digest, named_by=named_by, chain=chain), "utf-8"
    )
    (folder / "serial").write_text("01\n", "utf-8")
    for name, kind, above in (
        ("root", "root", None),
        ("middle", "middle", "root"),
        ("tsa", "stamping", "middle"),
    ):
        signing = ("-config", str(config), "-extensions", kind, "-days", "3000", f"-{digest}")
        issued_by = (
            ("-CA", str(folder / f"{above}.pem"), "-CAkey", str(folder / f"{above}.key"))
            if above
            else ()
        )
        private, place = folder / f"{name}.key", folder / f"{name}.pem"
        made = ("-keyout", str(private), "-out", str(place))
        subject = ("-utf8", "-subj", f"/C=CN/O=时间戳中心/CN={name} {key}")
        new = ("-x509", "-nodes", *KEYS[key])
        openssl("req", *new, *made, *subject, *signing, *issued_by)
    return Authority(folder=folder)
