"""Names as people read them."""

import pytest

from bienveille.ground.lib.names import spelled


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ("ROBERT", "Robert"),
        ("LEFÈVRE-D’ARC", "Lefèvre-D’Arc"),
        ("DE OLIVEIRA", "De Oliveira"),
        ("ÉLODIE", "Élodie"),
        ("Le Goff", "Le Goff"),
        ("de la Tour", "de la Tour"),
        ("", ""),
    ],
)
def test_only_shouting_is_lowered(given, read):
    assert spelled(given) == read
