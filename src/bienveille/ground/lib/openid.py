"""OpenID Connect with one provider: what it says of itself, a code exchanged, signed tokens verified. No Django.

Nothing that a token or an answer says leads anywhere: requests go to the host of the issuer alone, over TLS, and keys
are those that this host publishes. RFC 6749, 7515, 7519, 7636, 9207; OpenID Connect Core 1.0.
"""

import base64
import hashlib
import json
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPResponse, HTTPSConnection
from threading import Event, Timer
from time import monotonic
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

#: How tokens may be signed: by a key whose public half alone is known here. Never `none`, never a shared secret.
ALGORITHMS = ("RS256", "ES256")
SMALLEST_RSA = 2048  # bits
#: Seconds by which two clocks may differ.
LEEWAY = 30
#: Seconds for one request, whatever the provider does; and to be let in.
ONE_REQUEST, ONE_CONNECTION = 5.0, 3.0
LARGEST = 131_072  # bytes of an answer
_HERE = ("127.0.0.1", "::1", "localhost")


class Fault(Exception):
    """The provider cannot be believed, or heard. `why`: one word, never a value that it sent."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


class Unheard(Fault):
    """No answer in time, or none at all: nothing to do with who comes in."""


class Unbelieved(Fault):
    """An answer that is not what this provider, this client and this request should give."""


class UnknownKey(Unbelieved):
    """Signed by a key that is not among those known: they may have been changed since."""


@dataclass(frozen=True)
class Client:
    """What we are to the provider. `issuer`: its address, without a slash at the end unless it has one."""

    issuer: str
    client_id: str
    client_secret: str


@dataclass(frozen=True)
class Endpoints:
    """Where the provider says that each thing is done; all on the host of the issuer."""

    authorization: str
    token: str
    userinfo: str
    keys: str
    end_session: str
    basic: bool  # the secret goes in a header rather than in the form


def may_be_asked(address: str, issuer: str) -> bool:
    """Whether an address is one of the issuer's own: same scheme, host and port; TLS unless it is this machine."""
    try:
        here, there = urlsplit(address), urlsplit(issuer)
        same = (here.scheme, here.hostname, here.port) == (there.scheme, there.hostname, there.port)
    except ValueError:  # a port that is not a number
        return False
    if not same or not here.hostname or "@" in here.netloc or here.fragment:
        return False
    return here.scheme == "https" or (here.scheme == "http" and here.hostname in _HERE)


# ---- Requests ----------------------------------------------------------------------------------------------------


class Wire:
    """Requests to the issuer's host, for so many seconds in all. No redirection is followed."""

    def __init__(self, issuer: str, *, seconds: float = 10.0) -> None:
        self._issuer, self._end = issuer, monotonic() + seconds

    def get(self, address: str, *, accept: str = "application/json", bearer: str = "") -> tuple[str, bytes]:
        """Kind of document (without its parameters) and document."""
        return self._ask(
            "GET", address, None, {"Accept": accept} | ({"Authorization": f"Bearer {bearer}"} if bearer else {})
        )

    def post(self, address: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None) -> tuple[str, bytes]:
        """The same, for a form; `basic`: client and secret of RFC 6749 §2.3.1."""
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        if basic:
            pair = ":".join(quote(part, safe="") for part in basic)
            headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        return self._ask("POST", address, urlencode(form).encode(), headers)

    def _ask(self, method: str, address: str, body: bytes | None, headers: dict[str, str]) -> tuple[str, bytes]:
        if not may_be_asked(address, self._issuer):
            raise Unbelieved("host")
        left = min(ONE_REQUEST, self._end - monotonic())
        if left <= 0:
            raise Unheard("time")
        parts = urlsplit(address)
        assert parts.hostname
        wait = min(ONE_CONNECTION, left)
        connection = (
            HTTPSConnection(parts.hostname, parts.port, timeout=wait, context=ssl.create_default_context())
            if parts.scheme == "https"
            else HTTPConnection(parts.hostname, parts.port, timeout=wait)
        )
        # A timeout of a socket begins again at each byte: who sends one a second would hold us for ever.
        late = Event()
        alarm = Timer(left, _cut, [connection, late])
        alarm.daemon = True
        try:
            alarm.start()
            connection.request(method, (parts.path or "/") + (f"?{parts.query}" if parts.query else ""), body, headers)
            answer = connection.getresponse()
            document = answer.read(LARGEST + 1)
        except (OSError, HTTPException) as error:
            raise Unheard("time" if isinstance(error, TimeoutError) else "connection") from None
        finally:
            alarm.cancel()
            connection.close()
        if late.is_set():  # cut in the middle, what was read may look whole
            raise Unheard("time")
        return _read(answer, document)


def _cut(connection: HTTPConnection, late: Event) -> None:
    late.set()
    if connection.sock is not None:
        with suppress(OSError):
            socket.socket.shutdown(connection.sock, socket.SHUT_RDWR)  # whatever TLS was saying


def _read(answer: HTTPResponse, document: bytes) -> tuple[str, bytes]:
    if answer.status >= 500 or answer.status == 429:
        raise Unheard("status")
    if answer.status != 200:
        raise Unbelieved("status")
    if len(document) > LARGEST:
        raise Unbelieved("size")
    if answer.length:  # cut before its end
        raise Unheard("connection")
    return answer.headers.get_content_type(), document


def read_object(document: bytes) -> dict[str, Any]:
    """The JSON object that an answer is."""
    try:
        found = json.loads(document)
    except (ValueError, RecursionError):
        raise Unbelieved("document") from None
    if not isinstance(found, dict):
        raise Unbelieved("document")
    return found


# ---- What the provider says of itself --------------------------------------------------------------------------------


def where_described(issuer: str) -> str:
    """Where a provider describes itself (OpenID Connect Discovery 1.0, §4)."""
    return f"{issuer.rstrip('/')}/.well-known/openid-configuration"


def read_endpoints(described: Mapping[str, Any], issuer: str) -> Endpoints:
    """Where things are done. Refuses another issuer, and an address that is not of the issuer's host."""
    if described.get("issuer") != issuer:
        raise Unbelieved("issuer")
    found = {}
    for name, key in (
        ("authorization", "authorization_endpoint"),
        ("token", "token_endpoint"),
        ("userinfo", "userinfo_endpoint"),
        ("keys", "jwks_uri"),
        ("end_session", "end_session_endpoint"),
    ):
        address = described.get(key, "" if name == "end_session" else None)
        if not isinstance(address, str) or (address and not may_be_asked(address, issuer)):
            raise Unbelieved("host")
        found[name] = address
    methods = described.get("token_endpoint_auth_methods_supported")
    basic = not isinstance(methods, list) or "client_secret_post" not in methods
    return Endpoints(**found, basic=basic)


def read_keys(published: Mapping[str, Any]) -> list[jwt.PyJWK]:
    """The public keys with which tokens of ALGORITHMS may be signed; whatever else is published is left aside."""
    keys = published.get("keys")
    found = [_read_key(key) for key in keys[:50]] if isinstance(keys, list) else []
    return [key for key in found if key is not None]


def _read_key(key: Any) -> jwt.PyJWK | None:
    if not isinstance(key, dict) or "d" in key or key.get("use", "sig") != "sig":
        return None
    algorithm = {"RSA": "RS256", "EC P-256": "ES256"}.get(f"{key.get('kty')} {key.get('crv', '')}".strip())
    if algorithm is None or key.get("alg", algorithm) != algorithm:
        return None
    try:
        found = jwt.PyJWK(key, algorithm)
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    if isinstance(found.key, RSAPublicKey) and found.key.key_size < SMALLEST_RSA:
        return None
    return found


# ---- A request, and what comes back ------------------------------------------------------------------------------


def challenge_of(verifier: str) -> str:
    """What the provider keeps until the code is exchanged (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")


def exchange(
    wire: Wire, client: Client, endpoints: Endpoints, *, code: str, verifier: str, back: str
) -> tuple[str, str]:
    """The identity token and the access token for a code, which serves once. `back`: the address it came back to."""
    form = {"grant_type": "authorization_code", "code": code, "redirect_uri": back, "code_verifier": verifier}
    pair = (client.client_id, client.client_secret)
    if not endpoints.basic:
        form |= {"client_id": pair[0], "client_secret": pair[1]}
    _, document = wire.post(endpoints.token, form, basic=pair if endpoints.basic else None)
    answer = read_object(document)
    identity, access = answer.get("id_token"), answer.get("access_token")
    if not isinstance(identity, str) or not isinstance(access, str) or not access.isascii() or not access.isprintable():
        raise Unbelieved("document")
    if str(answer.get("token_type", "")).lower() != "bearer":
        raise Unbelieved("document")
    return identity, access


def read_signed(token: str, *, keys: list[jwt.PyJWK], issuer: str, audience: str, needs: list[str]) -> dict[str, Any]:
    """What a signed token says, once its signature, its issuer, who it is for and its time are right.

    Of its header only the algorithm and the name of the key are read: `jku`, `jwk` and `x5u` lead nowhere.
    """
    try:
        header = jwt.get_unverified_header(token)
    except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
        raise Unbelieved("token") from None
    algorithm, name = header.get("alg"), header.get("kid")
    if algorithm not in ALGORITHMS:
        raise Unbelieved("algorithm")
    fitting = [key for key in keys if key.algorithm_name == algorithm and (name is None or key.key_id == name)]
    if len(fitting) != 1:
        raise UnknownKey("key")
    try:
        said = jwt.decode(
            token,
            fitting[0],
            algorithms=[algorithm],
            audience=audience,
            issuer=issuer,
            leeway=LEEWAY,
            options={"require": ["iss", "aud", "sub", *needs]},
        )
    except jwt.PyJWTError as error:
        raise Unbelieved(_WORDS.get(type(error), "token")) from None
    except (ValueError, TypeError, RecursionError):
        raise Unbelieved("token") from None
    # Meant for others too: only if it says that it was given to us (OpenID Connect Core, §3.1.3.7).
    for_others = isinstance(said["aud"], list) and len(said["aud"]) > 1
    if (for_others and "azp" not in said) or said.get("azp", audience) != audience:
        raise Unbelieved("audience")
    if not isinstance(said["sub"], str) or not 0 < len(said["sub"]) <= 255:
        raise Unbelieved("subject")
    return said


_WORDS: dict[type[Exception], str] = {
    jwt.ExpiredSignatureError: "expired",
    jwt.ImmatureSignatureError: "early",
    jwt.InvalidAudienceError: "audience",
    jwt.InvalidIssuerError: "issuer",
    jwt.InvalidSignatureError: "signature",
    jwt.MissingRequiredClaimError: "claim",
}
