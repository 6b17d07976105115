"""The short loneliness scale of a campaign: whether it is on, what it adds up to, what the person is told of it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from bienveille.engines.questionnaires.queries import get_definition, group_statistics
from bienveille.engines.questionnaires.rules import LEAST, QuestionStatistics
from bienveille.ground.lib.disclosure import Part, known
from bienveille.ground.lib.typography import short_day
from bienveille.services.outreach.models import Campaign, CampaignScale, ScaleAnswer
from bienveille.services.outreach.rules import SCALE_AGREES, SCALE_ITEMS, scale_mean


@dataclass(frozen=True)
class ScaleStatistics:
    """The three questions, and the mean of the sums; both empty under ten answers."""

    answered: int
    questions: tuple[QuestionStatistics, ...]
    mean: float | None


def scale_of(campaign: Campaign) -> CampaignScale | None:
    """The scale of a campaign, on or switched off since, with who switched it on (1 query)."""
    return CampaignScale.objects.select_related("switched_on_by").filter(campaign=campaign).first()


def scale_in_use(campaign: Campaign) -> CampaignScale | None:
    """The scale that callers of this campaign may ask today (1 query)."""
    return CampaignScale.objects.filter(campaign=campaign, switched_off_at=None).first()


def scale_statistics(scale: CampaignScale, campaign: Campaign, *, on: date) -> ScaleStatistics:
    """What the answers of a campaign add up to, the last of each household; never by agency (1 query)."""
    rows = (
        ScaleAnswer.objects.filter(
            attempt__contact__queue_id=campaign.queue_id, attempt__undone_at=None, response__expires_on__gte=on
        )
        .order_by("attempt__contact", "-attempt__at", "-pk")
        .distinct("attempt__contact")
        .values_list("response", "attempt__contact__queue")
    )
    found = group_statistics(scale.version_id, members=rows, kinds=("campaign",)).get(("", ""), ())
    questions = tuple(one for one in found if one.key in SCALE_ITEMS)
    answered = found[0].asked_of if found else 0
    if answered < LEAST:
        return ScaleStatistics(answered, (), None)
    counts = {one.key: {count.value: count.count for count in one.counts} for one in questions}
    return ScaleStatistics(answered, questions, scale_mean(counts))


def told_of_scales(household_ids: Collection[UUID]) -> list[Part]:
    """The answers of a household to the three questions (GDPR art. 15; 1 query, 1 more for a version never read)."""
    found = ScaleAnswer.objects.filter(attempt__contact__household__in=household_ids).select_related("response")
    lines = []
    for one in found.order_by("-agreed_at", "pk"):
        questions = get_definition(one.response.version_id).questions
        facts = [("Votre accord", f"quelqu’un de votre foyer a dit oui à\u00a0: {one.agreed_words}")]
        for key, value in one.response.given.items():
            if key != SCALE_AGREES and key in questions:
                labels = {choice.value: choice.label for choice in questions[key].choices}
                facts.append((questions[key].say, labels.get(value, str(value))))
        lines.append(known(*facts, ("Effacées après le", short_day(one.response.expires_on))))
    words = "Elles ne servent qu’à des statistiques. Vous pouvez les faire effacer." if lines else ""
    return [Part("scales", "Vos réponses sur la solitude", words, lines=tuple(lines))]
