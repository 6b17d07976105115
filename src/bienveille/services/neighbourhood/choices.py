"""Closed lists of this package: English value, French label."""

from django.db.models import TextChoices


class ProposalState(TextChoices):
    PROPOSED = "proposed", "Proposée"
    ACCEPTED = "accepted", "Acceptée"
    REFUSED = "refused", "Refusée"


class HeardKind(TextChoices):
    """What was heard, as a neighbour or a caretaker says it; never what it means."""

    CRY = "cry", "Des cris, un appel à l’aide"
    BLOWS = "blows", "Des coups, une dispute"
    CHILD = "child", "Des pleurs d’enfant qui durent"
    NOISE = "noise", "Du bruit, encore et encore"


class HeardState(TextChoices):
    WAITS = "waits", "À regarder"
    OPENED = "opened", "Situation ouverte"
    DISMISSED = "dismissed", "Écarté"
