"""Shapes of what the API receives; their answers are plain documents of `contracts.md`."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field, StringConstraints

from bienveille.engines.dispatch.choices import Outcome
from bienveille.services.outreach.choices import Grade

# A NUL character cannot be stored by PostgreSQL; it is refused here, not there.
Text = Annotated[str, StringConstraints(pattern=r"^[^\x00]*$")]


class AttemptIn(Schema):
    """How a call ended and what it revealed."""

    model_config = ConfigDict(extra="ignore")

    token: UUID
    outcome: Literal[*Outcome.values]  # type: ignore[valid-type]
    grade: Literal["", *Grade.values] | None = None  # type: ignore[valid-type]
    answers: dict[str, Any] | None = None
    needs: list[Text] = Field(default_factory=list, max_length=50)
    note: Text | None = Field(default=None, max_length=500)
    call_back_on: date | None = None
    weekly: bool = False
    agreed: bool | None = None
    phone: Text = Field(default="", max_length=20)


class ReleaseIn(Schema):
    """A household given back."""

    token: UUID
