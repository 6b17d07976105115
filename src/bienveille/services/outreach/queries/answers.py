"""What a campaign's answers add up to, question by question: whole, by agency, by wave; never by building or person."""

from dataclasses import dataclass
from datetime import date

from bienveille.engines.questionnaires.queries import get_definition, group_statistics
from bienveille.engines.questionnaires.rules import LEAST, QuestionStatistics, shown_groups
from bienveille.services.outreach.models import Campaign, KeptCount, Report
from bienveille.services.outreach.queries.coordination import wave_names

AGENCY, WAVE = "agency", "wave"


@dataclass(frozen=True)
class GroupAnswers:
    """The answers of one agency or one wave to a question; `answers` is None when they are too few to be shown."""

    name: str
    answers: QuestionStatistics | None


@dataclass(frozen=True)
class QuestionAnswers:
    """One question: the whole campaign (None when too few answered), then its groups by kind, in order of names."""

    key: str
    whole: QuestionStatistics | None
    label: str
    answered: int
    groups: dict[str, list[GroupAnswers]]


@dataclass(frozen=True)
class CampaignAnswers:
    """How many households answered the guide, and each question."""

    responses: int
    questions: list[QuestionAnswers]


def campaign_answers(campaign: Campaign, *, on: date) -> CampaignAnswers:
    """The statistics of a campaign's answers, the last of each household (2 queries, 1 more for a guide never read).

    A cell of fewer than ten answers is hidden, and so is another when it could be found by subtraction.
    """
    rows = (
        Report.objects.filter(
            attempt__contact__queue_id=campaign.queue_id,
            attempt__undone_at=None,
            response__version=campaign.questionnaire_id,
            response__expires_on__gte=on,
        )
        .order_by("attempt__contact", "-attempt__at", "-pk")
        .distinct("attempt__contact")
        .values_list("response", "attempt__contact__lane__agency__name", "attempt__contact__lane__wave")
    )
    found = group_statistics(campaign.questionnaire_id, members=rows, kinds=(AGENCY, WAVE))
    names = wave_names(campaign)
    whole = found.get(("", ""), ())
    questions = [
        QuestionAnswers(
            key=one.key,
            label=one.label,
            answered=one.answered,
            whole=one if one.answered >= LEAST else None,
            groups={kind: _groups(kind, rank, found, names) for kind in (AGENCY, WAVE)},
        )
        for rank, one in enumerate(whole)
    ]
    if not whole:
        items = get_definition(campaign.questionnaire_id).questions.values()
        questions = [QuestionAnswers(item.key, None, item.label, 0, {AGENCY: [], WAVE: []}) for item in items]
    return CampaignAnswers(responses=whole[0].asked_of if whole else 0, questions=questions)


def answers_erased(campaign: Campaign) -> bool:
    """True when some of what calls revealed has been erased on its last day (1 query)."""
    return KeptCount.objects.filter(campaign=campaign).exists()


def _groups(
    kind: str, rank: int, found: dict[tuple[str, str], tuple[QuestionStatistics, ...]], names: dict[int, str]
) -> list[GroupAnswers]:
    own = {name: questions[rank] for (of, name), questions in found.items() if of == kind}
    shown = shown_groups({name: one.answered for name, one in own.items()})
    if kind == WAVE:
        order = sorted(own, key=lambda name: int(name or 0))
        labels = {name: names.get(int(name or 0), f"Vague {name}") for name in own}
    else:
        order, labels = sorted(own), {name: name or "Sans agence" for name in own}
    return [GroupAnswers(labels[name], own[name] if name in shown else None) for name in order]
