"""A key made of a few lines, as a telephone keeps one: it answers what a site asks, honestly or not."""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2 import cbor
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode

ORIGIN = "http://testserver"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


@dataclass
class SoftKey:
    """One passkey of one site."""

    origin: str = ORIGIN
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    private: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    identifier: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    owner: bytes = b""

    def made(self, options: dict) -> str:
        """The answer to « make a key »."""
        asked = options["publicKey"]
        self.owner = websafe_decode(asked["user"]["id"])
        public = cbor.encode(dict(ES256.from_cryptography_key(self.private.public_key())))
        attested = bytes(16) + struct.pack(">H", len(self.identifier)) + self.identifier + public
        told = self._told(asked["rp"]["id"], self.flags | ATTESTED) + attested
        statement = cbor.encode({"fmt": "none", "attStmt": {}, "authData": told})
        client = self._client("webauthn.create", asked["challenge"])
        return self._answer(clientDataJSON=client, attestationObject=statement)

    def shown(self, options: dict) -> str:
        """The answer to « show a key »."""
        asked = options["publicKey"]
        told = self._told(asked["rpId"], self.flags)
        client = self._client("webauthn.get", asked["challenge"])
        signature = self.private.sign(told + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer(clientDataJSON=client, authenticatorData=told, signature=signature, userHandle=self.owner)

    def _told(self, site: str, flags: int) -> bytes:
        self.counter += 1
        return hashlib.sha256(site.encode()).digest() + struct.pack(">BI", flags, self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def _answer(self, **parts: bytes) -> str:
        identifier = websafe_encode(self.identifier)
        response = {name: websafe_encode(value) for name, value in parts.items()}
        return json.dumps({"id": identifier, "rawId": identifier, "type": "public-key", "response": response})
