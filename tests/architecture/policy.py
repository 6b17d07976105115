"""The route policy table and the routes that really exist, for the tests that hold one against the other."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.urls import URLPattern, URLResolver, get_resolver

import bienveille.config

TABLE = Path(bienveille.config.__file__).with_name("policy.toml")
EVERYBODY, SIGNED_IN = "everybody", "signed-in"
# Values for parameters: nobody's object, so that nothing real answers.
NOBODY = {
    "uuid": "00000000-0000-7000-8000-000000000000",
    "uuidstr": "00000000-0000-7000-8000-000000000000",  # django-ninja's own
    "int": 0,
    "string": "personne",
    "slug": "personne",
}


@dataclass(frozen=True)
class Route:
    """One address of the site: its full name, and the converters of its parameters."""

    name: str
    parameters: dict[str, object]


def routes(resolver: URLResolver | None = None, namespace: tuple[str, ...] = ()) -> Iterator[Route]:
    """Every route, with the names that `reverse` takes. A route without a name is refused at once."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespace, entry.namespace) if entry.namespace else namespace
            yield from routes(entry, inner)
        else:
            yield _route(entry, namespace)


def _route(entry: URLPattern, namespace: tuple[str, ...]) -> Route:
    assert entry.name, f"the route {entry.pattern} has no name: policy.toml cannot speak of it"
    converters = dict(entry.pattern.converters)
    for name in getattr(entry.pattern, "regex", None).groupindex if entry.pattern else ():
        converters.setdefault(name, None)
    values = {}
    for name, converter in converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower() if converter else "string"
        # The reset link's two parameters are read back from a regular expression.
        values[name] = "0" if name == "uidb36" else NOBODY[kind]
    return Route(":".join((*namespace, entry.name)), values)


def table() -> dict[str, dict[str, object]]:
    """The lines of policy.toml by route name."""
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))["routes"]
