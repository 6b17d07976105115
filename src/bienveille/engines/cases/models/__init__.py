"""What cases store."""

from bienveille.engines.cases.models.cases import ALIVE, Alert, Case, CaseAction
from bienveille.engines.cases.models.rota import CaseAbsence, CaseDigest, DutyTurn

__all__ = ["ALIVE", "Alert", "Case", "CaseAbsence", "CaseAction", "CaseDigest", "DutyTurn"]
