"""What cases store."""

from bienveille.engines.cases.models.cases import ALIVE, Alert, Case, CaseAction
from bienveille.engines.cases.models.confidential import CaseReader, ReaderPair, ReaderWanted
from bienveille.engines.cases.models.referrals import PartnerReferral, ReferralCode, ReferralLink
from bienveille.engines.cases.models.referrals_register import RegisterRequest
from bienveille.engines.cases.models.rota import CaseAbsence, CaseDigest, DutyTurn

__all__ = [
    "ALIVE",
    "Alert",
    "Case",
    "CaseAbsence",
    "CaseAction",
    "CaseDigest",
    "CaseReader",
    "DutyTurn",
    "PartnerReferral",
    "ReaderPair",
    "ReaderWanted",
    "ReferralCode",
    "ReferralLink",
    "RegisterRequest",
]
