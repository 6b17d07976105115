"""A small identity provider, true but for the lie it is told to make: a real HTTP server, real keys, real signatures.

It keeps the rules of OpenID Connect as ProConnect applies them: a code serves once, thirty seconds, with the verifier and
the address of who asked; what it says of somebody is a signed token.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.warnings import InsecureKeyLengthWarning

CLIENT, SECRET = "bienveille", "un secret de trente-deux caractères"
#: Parameters that ProConnect takes; any other is refused.
TAKEN = {
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "claims", "prompt", "code_challenge",
    "code_challenge_method", "acr_values", "idp_hint", "login_hint",
}  # fmt: skip


@cache
def keys(name: str) -> tuple[Any, str, dict[str, Any]]:
    """A private key, its algorithm and what is published of it; made once for the whole run."""
    if name.startswith("ec"):
        private: Any = ec.generate_private_key(ec.SECP256R1())
        public = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
        return private, "ES256", public | {"kid": name, "use": "sig", "alg": "ES256"}
    private = rsa.generate_private_key(65537, 1024 if name == "short" else 2048)
    public = RSAAlgorithm.to_jwk(private.public_key(), as_dict=True)
    return private, "RS256", public | {"kid": name, "use": "sig", "alg": "RS256"}


class Provider(ThreadingHTTPServer):
    """`lie` names what is wrong; `person` is who signs in at it."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.issuer = f"http://127.0.0.1:{self.server_port}/api/v2"
        self.lie, self.signs_with = "", "rsa"
        self.published = ["rsa", "ec"]
        self.person: dict[str, Any] = {
            "sub": "704e024229015d2b", "email": "Claire.Essai@Bailleur.example", "email_verified": True,
            "given_name": "Claire", "usual_name": "Essai", "siret": "13002526500013", "uid": "42",
        }  # fmt: skip
        self.how: dict[str, Any] = {"acr": "eidas1", "amr": ["pwd"]}
        self.proved_at = int(time.time())
        self.codes: dict[str, dict[str, str]] = {}
        self.tokens: dict[str, dict[str, str]] = {}
        self.asked: list[str] = []  # paths, in order
        self.ended: list[dict[str, str]] = []

    @property
    def configured(self) -> dict[str, Any]:
        """The setting that leads here."""
        return {
            "issuer": self.issuer, "client_id": CLIENT, "client_secret": SECRET, "acr": [], "second_factor": [],
            "sirets": [], "vouches_for_emails": False, "prompt": "",
        }  # fmt: skip

    def described(self) -> dict[str, Any]:
        elsewhere = "http://127.0.0.2:9/vol" if self.lie == "elsewhere" else ""
        return {
            "issuer": "https://ailleurs.example" if self.lie == "issuer described" else self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": elsewhere or f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/session/end",
            "token_endpoint_auth_methods_supported": ["client_secret_post"],
        }

    def signed(self, said: dict[str, Any]) -> str:
        """The token, signed as the lie wants it."""
        name = "other" if self.lie in ("other key", "jku") else "short" if self.lie == "short key" else self.signs_with
        private, algorithm, public = keys(name)
        header = {"kid": self.signs_with if self.lie == "other key" else name}
        if self.lie == "jku":
            header |= {"jku": f"{self.issuer}/jwks-of-a-thief", "jwk": public, "kid": self.signs_with}
        if self.lie == "crit":
            header |= {"crit": ["b64"], "b64": True}
        if self.lie == "none":
            return jwt.encode(said, None, "none", header)
        if self.lie == "public as secret":  # what a verifier that believes `alg` would take for a shared secret
            body = [json.dumps(part).encode() for part in ({"alg": "HS256", "typ": "JWT", **header}, said)]
            text = b".".join(base64.urlsafe_b64encode(part).rstrip(b"=") for part in body)
            public_key = keys("rsa")[0].public_key()
            pem = public_key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
            mark = base64.urlsafe_b64encode(hmac.digest(pem, text, "sha256")).rstrip(b"=")
            return (text + b"." + mark).decode()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", InsecureKeyLengthWarning)
            token = jwt.encode(said, private, algorithm, header)
        if self.lie == "changed":
            head, body, mark = token.split(".")
            told = json.loads(base64.urlsafe_b64decode(body + "=="))
            body = base64.urlsafe_b64encode(json.dumps(told | {"email": "chef@bailleur.example"}).encode()).decode()
            return ".".join((head, body.rstrip("="), mark))
        return token

    def identity(self, asked: dict[str, str]) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT, "sub": self.person["sub"], "iat": now, "exp": now + 60,
            "nonce": asked["nonce"], "auth_time": self.proved_at, **self.how,
        }  # fmt: skip
        lies: dict[str, dict[str, Any]] = {
            "nonce": {"nonce": "celui de quelqu’un d’autre"},
            "audience": {"aud": "un autre service"},
            "two audiences": {"aud": [CLIENT, "un autre service"]},
            "azp": {"azp": "un autre service"},
            "issuer": {"iss": "https://ailleurs.example"},
            "expired": {"iat": now - 400, "exp": now - 300},
            "early": {"iat": now + 600, "exp": now + 900},
            "long sub": {"sub": "x" * 300},
        }
        said |= lies.get(self.lie, {})
        missing = self.lie.removeprefix("without ") if self.lie.startswith("without ") else ""
        return self.signed({key: value for key, value in said.items() if key != missing})

    def about(self) -> str:
        said = {"iss": self.issuer, "aud": CLIENT, **self.person}
        if self.lie == "sub":
            said["sub"] = "quelqu’un d’autre"
        if self.lie == "about for others":
            said["aud"] = "un autre service"
        return self.signed(said)


class Handler(BaseHTTPRequestHandler):
    server: Provider

    def log_message(self, *arguments: Any) -> None:
        """Says nothing."""

    def _answer(self, document: object, *, status: int = 200, kind: str = "application/json") -> None:
        body = document.encode() if isinstance(document, str) else json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) + (10 if self.server.lie == "cut" else 0)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self, document: object) -> None:
        """A good answer, one letter after another: whoever waits long enough has it."""
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
        for letter in json.dumps(document).encode():
            time.sleep(0.02)
            try:
                self.wfile.write(bytes([letter]))
            except OSError:
                return

    def _redirect(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {key: value[0] for key, value in parse_qs(parts.query).items()}
        path = parts.path.removeprefix("/api/v2")
        self.server.asked.append(path)
        lie = self.server.lie
        if lie == "down":
            return self._answer({}, status=503)
        if lie == "drip":
            return self._drip(self.server.described())
        if lie == "redirect" and path == "/jwks":
            return self._redirect("http://127.0.0.2:9/vol")
        if path == "/.well-known/openid-configuration":
            return self._answer("[" * 5000 if lie == "nonsense" else self.server.described())
        if path == "/jwks":
            return self._answer({"keys": [keys(name)[2] for name in self.server.published]})
        if path == "/authorize":
            return self._authorize(query)
        if path == "/favicon.ico":
            return self._answer("", kind="image/x-icon")
        if path == "/allow":
            return self._redirect(self.back(query))
        if path == "/userinfo":
            return self._about()
        if path == "/session/end":
            self.server.ended.append(query)
            return self._redirect(f"{query['post_logout_redirect_uri']}?{urlencode({'state': query['state']})}")
        return self._answer({}, status=404)

    def _authorize(self, query: dict[str, str]) -> None:
        """A page with one button, as the provider's own would be once somebody has proved who they are."""
        if set(query) - TAKEN or query["client_id"] != CLIENT or query["code_challenge_method"] != "S256":
            return self._answer("Y000400", status=400, kind="text/plain")
        fields = "".join(f'<input type="hidden" name="{key}" value="{value}">' for key, value in query.items()
                         if key in ("redirect_uri", "state", "nonce", "code_challenge"))  # fmt: skip
        return self._answer(
            f'<!doctype html><html lang="fr"><title>Fournisseur simulé</title><form action="/api/v2/allow">{fields}'
            "<button>Je suis Claire Essai</button></form></html>",
            kind="text/html; charset=utf-8",
        )

    def back(self, query: dict[str, str]) -> str:
        """Where the browser goes once somebody has said yes."""
        if self.server.lie == "stopped":
            given = {"error": "access_denied", "state": query["state"]}
        else:
            code = secrets.token_urlsafe(24)
            self.server.codes[code] = query | {"until": str(time.time() + 30)}
            given = {"code": code, "state": query["state"], "iss": self.server.issuer}
        return f"{query['redirect_uri']}?{urlencode(given)}"

    def do_POST(self) -> None:
        form = {
            key: value[0]
            for key, value in parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()).items()
        }
        self.server.asked.append(urlsplit(self.path).path.removeprefix("/api/v2"))
        asked = self.server.codes.pop(form.get("code", ""), None)
        if self.server.lie == "slow":
            time.sleep(3)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if (
            asked is None
            or float(asked["until"]) < time.time()
            or (form["client_id"], form["client_secret"]) != (CLIENT, SECRET)
            or form["redirect_uri"] != asked["redirect_uri"]
            or challenge.rstrip(b"=").decode() != asked["code_challenge"]
        ):
            return self._answer({"error": "invalid_grant"}, status=400)
        access = secrets.token_urlsafe(24)
        self.server.tokens[access] = asked
        return self._answer(
            {"access_token": access, "token_type": "Bearer", "expires_in": 60, "id_token": self.server.identity(asked)}
        )

    def _about(self) -> None:
        if self.server.tokens.pop(self.headers.get("Authorization", "").removeprefix("Bearer "), None) is None:
            return self._answer({}, status=401)
        if self.server.lie == "unsigned":
            return self._answer(self.server.person)
        return self._answer(self.server.about(), kind="application/jwt")


@contextmanager
def running() -> Iterator[Provider]:
    """A provider that answers, until the end of the block."""
    server = Provider()
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
