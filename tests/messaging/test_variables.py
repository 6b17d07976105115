"""Names written between braces: the closed list, what is said of the others, and words put in that are never read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bienveille.engines.messaging.rules.layout import to_html
from bienveille.engines.messaging.rules.sms_parts import Alphabet, measure
from bienveille.engines.messaging.rules.variables import (
    EXAMPLES,
    VARIABLES,
    asked,
    blanks,
    faults,
    missing,
    render,
    render_sms,
)
from bienveille.ground.lib.words import plain


def test_a_name_is_read_without_its_accents_or_its_spaces():
    assert asked("{{résidence}} {{ RESIDENCE }} {{ téléphone de l'agence }} {{date}}") == [
        "résidence",
        "téléphone de l’agence",
        "date",
    ]
    assert render("À {{ residence }}.", {"résidence": "Les Lilas"}) == "À Les Lilas."


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("nom", "civilité et nom"),
        ("tel agence", "téléphone de l’agence"),
        ("astreinte", "numéro d’astreinte"),
        ("residance", "résidence"),
        ("ville", "commune"),
        ("loyer", ""),
    ],
)
def test_an_unknown_name_is_said_with_the_nearest_one(written, meant):
    (fault,) = faults(f"Bonjour {{{{ {written} }}}}")
    assert (fault.written, fault.meant) == (written, meant)
    assert f"«\u00a0{written}\u00a0» n’existe pas." in fault.sentence
    assert (f"{{{{ {meant} }}}}" in fault.sentence) == bool(meant)


@pytest.mark.parametrize("text", ["Bonjour { nom }", "{{ agence }", "agence }}", "{{ {{ agence }} }}", "{{ }}"])
def test_a_lonely_brace_is_a_fault(text):
    assert faults(text)


def test_every_name_is_known_by_itself_and_its_other_words_lead_to_it():
    assert faults(" ".join(f"{{{{ {one.name} }}}}" for one in VARIABLES)) == []
    others = [plain(other) for one in VARIABLES for other in one.also]
    assert len(others) == len(set(others))
    assert not set(others) & {plain(one.name) for one in VARIABLES}


def test_a_value_is_never_read_again():
    values = {"civilité et nom": "{{ agence }} {% now %}", "agence": "SECRET"}
    assert render("Bonjour {{ civilité et nom }}", values) == "Bonjour {{ agence }} {% now %}"


@given(st.text(max_size=60), st.text(max_size=30))
def test_whatever_is_typed_is_rendered_without_a_fault(text, value):
    assert "{{ agence }}" not in render(text + "{{ agence }}", {"agence": value.replace("{", "")})
    faults(text)
    to_html(text)


def test_holes_are_told_by_name_and_blanks_apart():
    text = "{{ agence }} {{ adresse }} [jour] [de telle heure] [jour]"
    assert missing(text, {"agence": "Nord", "adresse": " "}) == ["adresse"]
    assert blanks(text) == ["jour", "de telle heure"]


def test_a_name_with_a_cedilla_does_not_double_the_price_of_a_light_sms():
    assert measure(render_sms("Bonjour {{ civilité et nom }}", {"civilité et nom": "M. François"})).alphabet is (
        Alphabet.GSM7
    )
    assert render_sms("Reçu, {{ civilité et nom }}", {"civilité et nom": "M. François"}) == "Reçu, M. François"


def test_examples_serve_to_count():
    assert set(EXAMPLES) == {one.name for one in VARIABLES}
    assert all(EXAMPLES.values())


class TestHtml:
    def test_nothing_of_a_text_is_read_as_a_tag(self):
        assert "<script" not in to_html('<script>"a" & b</script>')
        assert "&lt;script&gt;" in to_html("<script>")

    def test_paragraphs_lists_and_addresses(self):
        html = to_html("Bonjour,\nligne\n\nAvant :\n- un\n- deux\naprès https://exemple.fr/a?b=1&c=2.")
        assert "<p>Bonjour,<br>\nligne</p>" in html
        assert "<p>Avant :</p>\n<ul><li>un</li><li>deux</li></ul>\n<p>après" in html
        assert '<a href="https://exemple.fr/a?b=1&amp;c=2">https://exemple.fr/a?b=1&amp;c=2</a>.' in html

    def test_an_address_cannot_close_its_quotes(self):
        assert 'href="https://exemple.fr/' in to_html('https://exemple.fr/"onclick="x')
        assert 'onclick="' not in to_html('https://exemple.fr/"onclick="x')

    def test_the_language_is_told(self):
        assert '<html lang="en">' in to_html("Hello", language="en")
