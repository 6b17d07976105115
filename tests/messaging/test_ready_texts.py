"""The library of ready texts: each one can be sent once its blanks are written, and an SMS never costs more than two."""

import re
import tomllib
from pathlib import Path

import pytest

import bienveille.config
from bienveille.engines.messaging.choices import Channel
from bienveille.engines.messaging.queries.templates import ready_texts
from bienveille.engines.messaging.rules.ready_texts import InvalidReadyText, parse_ready_text, read_variant_key
from bienveille.engines.messaging.rules.sms_parts import Alphabet, measure
from bienveille.engines.messaging.rules.variables import EXAMPLES, faults, render

EVERY = [(slug, one) for slug, ready in ready_texts().items() for one in ready.variants]
IDS = [f"{slug} {one.key}" for slug, one in EVERY]
NUMBERS = Path(bienveille.config.__file__).with_name("emergency_numbers.toml")


def test_the_needs_have_their_text():
    assert {
        "heat-wave", "cold", "power-cut", "works", "lift-out-of-order", "office-closed", "violence-helplines", "waste",
        "noise", "voicemail-left", "tried-to-reach", "we-will-call", "after-call",
    } <= set(ready_texts())  # fmt: skip


@pytest.mark.parametrize("one", [one for _, one in EVERY if one.channel == Channel.SMS], ids=lambda one: one.body[:20])
def test_an_sms_costs_two_parts_at_most_and_says_who_writes(one):
    found = measure(render(one.body, EXAMPLES))
    assert found.alphabet is Alphabet.GSM7
    assert found.parts <= 2
    assert "{{ bailleur }}" in one.body or "Comme convenu" in one.body


@pytest.mark.parametrize(("slug", "one"), EVERY, ids=IDS)
def test_a_variant_asks_for_known_names_only(slug, one):
    assert faults(one.subject + one.body) == []
    assert read_variant_key(one.key) == (one.channel, one.language, one.easy)


@pytest.mark.parametrize(("slug", "one"), EVERY, ids=IDS)
def test_an_emergency_number_is_one_of_the_dated_table(slug, one):
    table = tomllib.loads(NUMBERS.read_text(encoding="utf-8"))
    known = set(re.findall(r"(?<!\d)\d{2,4}(?!\d)", str(table)))
    words = re.findall(r"(?<![\d-])\b(1\d{1,2}|3\d{3})\b(?!\d)", one.body)
    assert set(words) <= known


def test_safety_texts_are_easy_to_read_and_in_english_too():
    for slug, ready in ready_texts().items():
        if ready.kind == "safety":
            assert any(one.easy for one in ready.variants), slug
            assert any(one.language == "en" for one in ready.variants), slug


def test_what_helps_against_violence_never_speaks_to_one_person():
    assert not any("civilité et nom" in one.body for one in ready_texts()["violence-helplines"].variants)


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "other"},
        {"texts": [{"channel": "fax", "subject": "a", "body": "b"}]},
        {"texts": [{"channel": "sms", "subject": "a", "body": "b"}]},
        {"texts": [{"channel": "email", "body": "b"}]},
        {"texts": [{"channel": "sms", "body": "{{ loyer }}"}]},
        {"texts": [{"channel": "sms", "body": "a"}, {"channel": "sms", "body": "b"}]},
    ],
    ids=str,
)
def test_a_faulty_document_is_refused(change):
    document = {"name": "Un texte", "use": "", "kind": "safety", "texts": [{"channel": "sms", "body": "a"}], **change}
    with pytest.raises(InvalidReadyText):
        parse_ready_text("a-text", document)


@pytest.mark.parametrize("key", ["", "sms", "fax-fr", "sms-fra", "sms-fr-autre", "sms-1a"])
def test_a_key_that_names_no_variant(key):
    assert read_variant_key(key) is None
