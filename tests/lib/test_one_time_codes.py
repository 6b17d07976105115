"""Codes that change every thirty seconds, against the vectors of RFC 6238, and recovery codes."""

import base64

import pytest

from bienveille.ground.lib.one_time_codes import (
    ALPHABET,
    STEP,
    address,
    code_at,
    in_groups,
    new_recovery_code,
    new_secret,
    step_of,
    typed_code,
)

SECRET = base64.b32encode(b"12345678901234567890").decode()


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (20000000000, "353130")],
)
def test_vectors_of_the_rfc(seconds, code):
    assert code_at(SECRET, seconds // STEP) == code


def test_a_clock_wrong_by_a_step_is_forgiven_not_by_two():
    now = 1_800_000_000.0
    middle = int(now) // STEP
    near = [step_of(code_at(SECRET, middle + drift), secret=SECRET, now=now) for drift in range(-2, 3)]
    assert near == [None, middle - 1, middle, middle + 1, None]


def test_a_code_serves_once():
    step = 1_800_000_000 // STEP
    code = code_at(SECRET, step)
    assert step_of(code, secret=SECRET, now=step * STEP, after=step - 1) == step
    assert step_of(code, secret=SECRET, now=step * STEP, after=step) is None


@pytest.mark.parametrize("typed", ["", "1", "é" * 6, "0" * 100])
def test_anything_typed_is_only_wrong(typed):
    assert step_of(typed, secret=SECRET, now=1_800_000_000) is None


def test_what_the_picture_says():
    told = address("ABC", owner="léa@bailleur.example", issuer="Bienveille")
    assert told == "otpauth://totp/Bienveille%3Al%C3%A9a@bailleur.example?secret=ABC&issuer=Bienveille"


def test_recovery_codes_are_read_as_they_are_copied():
    code = new_recovery_code()
    assert len(code) == 12
    assert set(code) <= set(ALPHABET)
    assert typed_code(f" {in_groups(code).upper()} ") == code
    assert len({new_recovery_code() for _ in range(100)}) == 100
    assert len(base64.b32decode(new_secret())) == 20
