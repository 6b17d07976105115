"""No group is shown that is small, or that the total would give away."""

from hypothesis import given
from hypothesis import strategies as st

from bienveille.engines.questionnaires.rules import LEAST, shown_groups


def test_small_groups_are_hidden_and_the_next_one_with_them():
    assert shown_groups({"a": 30, "b": 12, "c": 4}) == {"a"}
    assert shown_groups({"a": 30, "b": 5, "c": 5}) == {"a"}
    assert shown_groups({"a": 30, "b": 12, "c": 0}) == {"a", "b", "c"}
    assert shown_groups({"a": 4}) == set()
    assert shown_groups({}) == set()


@given(st.dictionaries(st.text(max_size=3), st.integers(0, 60), max_size=8))
def test_what_is_hidden_is_never_found_by_subtraction(answered):
    shown = shown_groups(answered)
    assert all(count == 0 or count >= LEAST for group, count in answered.items() if group in shown)
    left = sum(count for group, count in answered.items() if group not in shown)
    assert left == 0 or left >= LEAST or not any(answered[group] for group in shown)
