"""The library of ready texts: their documents read, with every fault said; no file is opened here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bienveille.engines.messaging.choices import Channel, TextKind

from .sms_parts import lighten
from .variables import faults


@dataclass(frozen=True, slots=True)
class Variant:
    """One text of a template: by which channel, in which language, plain or easy to read."""

    channel: str
    language: str
    easy: bool
    subject: str
    body: str

    @property
    def key(self) -> str:
        return variant_key(self.channel, self.language, self.easy)


@dataclass(frozen=True, slots=True)
class ReadyText:
    """A text written for every landlord, to copy and complete."""

    slug: str
    name: str
    use: str
    kind: str
    variants: tuple[Variant, ...]


class InvalidReadyText(ValueError):
    """A document of the library that cannot serve; the message says where and why."""


def variant_key(channel: str, language: str, easy: bool) -> str:
    """« sms-fr », « email-fr-facile »: the name of a variant in an address."""
    return f"{channel}-{language}" + ("-facile" if easy else "")


def read_variant_key(key: str) -> tuple[str, str, bool] | None:
    """(channel, language, easy) of a name in an address; None when it is none."""
    channel, _, rest = key.partition("-")
    language, _, easy = rest.partition("-")
    known = channel in Channel.values and len(language) == 2 and language.isalpha() and easy in ("", "facile")
    return (channel, language, bool(easy)) if known else None


def parse_ready_text(slug: str, document: Mapping[str, Any]) -> ReadyText:
    """A document of the library. An SMS is kept in the light alphabet, the others in printed French."""
    if document.get("kind") not in TextKind.values:
        raise InvalidReadyText(f"{slug}: unknown kind {document.get('kind')!r}")
    variants = tuple(_variant(slug, one) for one in document["texts"])
    if len({one.key for one in variants}) < len(variants):
        raise InvalidReadyText(f"{slug}: a variant stands twice")
    return ReadyText(slug, document["name"], document["use"], document["kind"], variants)


def _variant(slug: str, one: Mapping[str, Any]) -> Variant:
    channel, body = one["channel"], one["body"].strip()
    variant = Variant(
        channel,
        one.get("language", "fr"),
        one.get("easy", False),
        one.get("subject", ""),
        lighten(body) if channel == Channel.SMS else body,
    )
    if read_variant_key(variant.key) is None:
        raise InvalidReadyText(f"{slug}: unknown channel or language in {variant.key}")
    if bool(variant.subject) == (channel == Channel.SMS):
        raise InvalidReadyText(f"{slug}: {variant.key} must have a subject, an SMS none")
    wrong = faults(variant.subject + variant.body)
    if wrong:
        raise InvalidReadyText(f"{slug}: {variant.key}: {wrong[0].sentence}")
    return variant
