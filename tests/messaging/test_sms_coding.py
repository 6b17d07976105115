"""The octets of SMS: read again as they were written, and as many parts as the networks count."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bienveille.engines.messaging.rules.sms_coding import BASIC, EXTENSION, GSM7, UCS2, decode, encode, part_of

#: The table of all characters is made at the first draw, which takes long on a busy machine.
calmly = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
light = st.text(st.sampled_from([sign for sign in BASIC if sign != "\x1b"] + list(EXTENSION)), max_size=500)
whatever = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=300)


def together(coded):
    return "".join(decode(part, coded.coding, headed=coded.headed) for part in coded.parts)


@calmly
@given(text=light | whatever)
def test_what_was_written_is_read(text):
    assert together(encode(text)) == text.replace("\r\n", "\n")


@calmly
@given(text=light)
def test_the_light_alphabet_is_used_when_it_is_enough(text):
    assert encode(text).coding == GSM7


@calmly
@given(text=light | whatever)
def test_parts_fit_and_are_numbered(text):
    coded = encode(text, reference=300)

    assert all(len(part) <= (160 if coded.coding == GSM7 else 140) for part in coded.parts)
    if coded.headed:
        assert [part_of(part) for part in coded.parts] == [
            (300 % 256, len(coded.parts), rank) for rank in range(1, len(coded.parts) + 1)
        ]


@pytest.mark.parametrize(
    ("text", "coding", "parts"),
    [
        ("a" * 160, GSM7, 1),
        ("a" * 161, GSM7, 2),
        ("€" * 80, GSM7, 1),
        ("€" * 81, GSM7, 2),
        ("a" * 152 + "€" * 80, GSM7, 3),
        ("ê" * 70, UCS2, 1),
        ("ê" * 71, UCS2, 2),
        ("😀" * 35, UCS2, 1),
        ("😀" * 67, UCS2, 3),
        ("", GSM7, 1),
    ],
)
def test_how_many_parts(text, coding, parts):
    coded = encode(text)

    assert (coded.coding, len(coded.parts)) == (coding, parts)


def test_a_long_header_is_read():
    assert part_of(bytes([6, 8, 4, 1, 2, 3, 1]) + b"abc") == (258, 3, 1)
    assert part_of(b"abc") is None
    assert part_of(b"") is None
