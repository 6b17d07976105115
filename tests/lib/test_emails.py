"""Addresses read by the thousand are those read one by one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.ground.lib.emails import everyday_emails, is_email, is_everyday, read_emails

PIECES = ["a", "z9", ".", "-", "_", "+", "@", "courriel", ".fr", ".example", " ", "\n", "\r", "A", "é", ";"]


@given(st.lists(st.lists(st.sampled_from(PIECES), max_size=9).map("".join), max_size=8))
def test_many_cells_at_once_say_what_each_says(cells):
    assert everyday_emails(cells) == [cell if is_everyday(cell) else "" for cell in cells]


@pytest.mark.parametrize(
    "cells",
    [
        [],
        [""],
        ["", "a@b.fr", ""],
        ["a@b.fr\nc@d.fr", "", "e@f.fr"],
        ["a@b.fr\n", "c@d.fr"],
        ["a" * 57 + "@b.fr", "a" * 60 + "@b.fr"],
        ["Pas d’adresse", "a@b.fr;c@d.fr", "jean.dupont@courriel.example"],
    ],
)
def test_empty_cells_cells_of_several_lines_and_long_addresses(cells):
    assert everyday_emails(cells) == [cell if is_everyday(cell) else "" for cell in cells]


@given(st.lists(st.sampled_from(PIECES), max_size=9).map("".join))
def test_an_everyday_address_is_one_that_everything_else_accepts(cell):
    if is_everyday(cell):
        assert is_email(cell)
        assert read_emails(cell) == (cell,)
