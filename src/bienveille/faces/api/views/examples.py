"""Invented answers shown in the description of the API; numbers are of the range kept for fiction."""

from typing import Any

CAMPAIGN = "0193a6f0-1c7e-7b31-9d5e-2f6d1f0c4a10"
CONTACT = "0193a6f0-2a11-7c02-8a44-6b1f0e9d7c55"
HOUSEHOLD = "0193a6ef-90b2-7d10-b0c1-0c5a7e3f2b41"
IMPORT = "0193a6f1-0d2e-7a44-9b1c-7c3e5f6a8b21"
TOKEN = "6f1c2f0e-6f6e-4b57-9c1b-3a54c6f6a2d1"
LEDGER = {
    "target": 500, "waiting": 412, "reserved": 9, "reached": 60, "refused": 4, "unreachable": 12, "withdrawn": 3,
}  # fmt: skip
_GROUP = {
    "targeted": 500,
    "called": 447,
    "outgoing_calls": 488,
    "reached": 401,
    "reached_share": 0.897,
    "refused": 6,
    "unreachable": {"no_answer": 31, "wrong_number": 9},
    "weekly_recurring": 11,
    "referrals": 7,
    "grades": {"green": 350, "yellow": 40, "orange": 10, "red": 1},
    "needs": {"meals": 4},
}
_LINE = {
    "id": CAMPAIGN,
    "name": "Plan canicule 2027",
    "purpose": "wellbeing",
    "state": "open",
    "questionnaire": "senior-welfare",
    "created_at": "2026-11-20T09:12:00+01:00",
    "opened_at": "2026-11-21T08:30:00+01:00",
    "closed_at": None,
    "ledger": LEDGER,
}
_QUESTIONNAIRE = {
    "slug": "senior-welfare",
    "title": "Prendre des nouvelles",
    "version": 1,
    "published_at": "2026-11-02T10:00:00+01:00",
}
_GUIDE: dict[str, Any] = {"title": "Prendre des nouvelles", "description": "", "language": "fr", "sections": []}

#: By name of the shape (forms.given).
EXAMPLES: dict[str, Any] = {
    "MeOut": {
        "id": "0193a6ee-11f2-7aa0-9f0d-3a7c6b5e4d21",
        "name": "Josiane Tournier",
        "languages": ["fr"],
        "roles": [{"role": "caller", "company": None, "agency": "LYO"}],
    },
    "CreatedOut": {"id": CAMPAIGN},
    "TargetOut": {"target": 500},
    "StateOut": {"state": "paused"},
    "LedgerOut": LEDGER,
    "CampaignPage": {"items": [_LINE], "next": f"/api/v1/campaigns?limit=1&after={CAMPAIGN}"},
    "CampaignOut": {
        **_LINE,
        "questionnaire_version": 1,
        "waves": [
            {
                "name": "75 ans et plus, vivant seuls",
                "audience": {"all": [{"age": {"min": 75}}, {"lives_alone": True}]},
                "priority": ["oldest_first"],
            }
        ],
        "callers": {"all": True, "named": None},
        "rules": {"max_attempts": 5, "lease_minutes": 30},
        "may_change": True,
        "may_call": False,
    },
    "FiguresOut": {
        "campaign": CAMPAIGN,
        **_GROUP,
        "by_agency": {"Agence de Lyon": _GROUP},
        "by_service": {"Service social": _GROUP},
    },
    "ContactPage": {
        "items": [
            {
                "id": CONTACT,
                "household": {"id": HOUSEHOLD, "name": "Mme Odette Marchandeau"},
                "agency": "LYO",
                "state": "waiting",
                "reason": "",
                "attempts": 1,
                "not_before": "2026-11-22T14:00:00+01:00",
            }
        ],
        "next": None,
    },
    "NextOut": {
        "contact": CONTACT,
        "token": TOKEN,
        "lease_until": "2026-11-21T15:02:00+01:00",
        "why": ["82 ans", "vit seule", "aucun contact depuis 8 mois"],
        "attempts": [
            {
                "at": "2026-03-14T10:20:00+01:00",
                "outcome": "reached",
                "label": "Joint",
                "caller": "Josiane T.",
                "note": "J’ai repris la marche.",
            }
        ],
        "household": {
            "id": HOUSEHOLD,
            "name": "Mme Odette Marchandeau",
            "agency": "LYO",
            "residence": "Les Tilleuls",
            "commune": "Lyon 7e Arrondissement",
            "people": [
                {
                    "name": "Mme Odette Marchandeau",
                    "age": 82,
                    "languages": ["fr"],
                    "phones": [
                        {
                            "number": "+33465710142",
                            "display": "04 65 71 01 42",
                            "whose": "Mme Odette Marchandeau",
                            "status": "valid",
                        }
                    ],
                }
            ],
        },
        "questionnaire": _GUIDE,
    },
    "AttemptOut": {
        "attempt": "0193a6f0-77aa-7e19-8c3d-5d2b1a0f9e88",
        "state": "reached",
        "next_call": "2026-11-30",
        "case": "0193a6f0-78b2-7c41-9f0e-6a1d3c5b7e20",
    },
    "DepositOut": {"id": IMPORT, "state": "checking"},
    "ImportOut": {
        "id": IMPORT,
        "state": "applied",
        "applied": True,
        "dry_run": False,
        "org": "Habitat des Trois Rivières",
        "refusal": "",
        "received_at": "2026-11-21T02:00:04+01:00",
        "finished_at": "2026-11-21T02:03:31+01:00",
        "rows_done": 3357,
        "rows_total": 3357,
        "oddities": [],
        "files": [
            {
                "file": "locataires.csv",
                "kind": "tenants",
                "records": 3357,
                "accepted": 3356,
                "rejected": 1,
                "warned": 0,
                "created": 4,
                "updated": 12,
                "closed": 3,
                "unchanged": 3015,
                "encoding": "cp1252",
                "separator": ";",
                "unknown_columns": [],
                "ignored_columns": ["SOLDE", "COMMENTAIRE"],
                "rejects": [
                    {
                        "row": 3356,
                        "column": "DATE_SORTIE",
                        "value": "01/04/2019",
                        "reason": "exit_before_entry",
                        "message": "La date de sortie précède la date d’entrée.",
                    }
                ],
                "warnings": [],
                "truncated": False,
            }
        ],
    },
    "PlannedPage": {
        "items": [
            {
                "id": "0193a6f0-8b00-7f2a-9a10-1e2d3c4b5a69",
                "due_on": "2026-11-30",
                "weekly": True,
                "tries": 0,
                "campaign": CAMPAIGN,
                "household": {"id": HOUSEHOLD, "name": "Mme Odette Marchandeau"},
            }
        ],
        "next": None,
    },
    "AudiencePage": {
        "items": [
            {
                "id": "0193a6ed-02c4-7b8e-a1d3-4f5e6d7c8b90",
                "name": "Personnes âgées seules",
                "purpose": "Prendre des nouvelles",
                "rule": {"all": [{"age": {"min": 75}}, {"lives_alone": True}]},
                "created_at": "2026-11-18T16:40:00+01:00",
            }
        ],
        "next": None,
    },
    "CountOut": {
        "sentence": "Ménages dont une personne a 75 ans ou plus, vivant seuls",
        "households": 500,
        "by_agency": [{"code": "LYO", "name": "Agence de Lyon", "households": 500}],
    },
    "QuestionnairePage": {"items": [_QUESTIONNAIRE], "next": None},
    "QuestionnaireOut": {**_QUESTIONNAIRE, "questionnaire": _GUIDE},
    "RegisterOut": {
        "on": "2026-11-21",
        "dwellings": 3357,
        "residences": 42,
        "households": 3034,
        "persons": 5120,
        "with_phone": 2710,
        "with_email": 1840,
        "households_75+_LYO": 210,
    },
}
