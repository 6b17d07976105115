"""Fields of models whose words are sealed in the database and read as they were written; nothing is searched in them.

The database itself refuses a word in clear there, whoever writes it: each column has a CHECK on the shape.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import DataError, models
from django.db.models.lookups import Exact, IsNull

from bienveille.ground.platform.sealed_text import SHAPE, open_text, place_of, seal_text, sealed_length


def shape_check(column: str, longest: int | None) -> str:
    """What the database accepts: nothing, or a sealed text that could be of so many characters."""
    shape = f"\"{column}\" = '' OR \"{column}\" ~ '^{SHAPE}$'"
    return shape if longest is None else f'({shape}) AND length("{column}") <= {sealed_length(longest)}'


class _Empty(Exact):
    """Sealed words are compared with nothing but the empty text: two seals of one text differ."""

    def get_prep_lookup(self) -> Any:
        if self.rhs != "":
            raise FieldError(f"{self.lhs.output_field} is sealed: it is compared with nothing but an empty text")
        return self.rhs


class SealedTextField(models.TextField):
    """Free text about somebody. `max_length` counts the words as they are written, not as they are sealed."""

    description = "Text sealed with the key of the notes"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.max_length is not None:
            self.validators.append(MaxLengthValidator(self.max_length))

    @property
    def place(self) -> str:
        return place_of(self.model._meta.db_table, str(self.column))

    def db_check(self, connection: Any) -> str:
        """For a column that is made sealed; one that becomes sealed gets it from `sealed_keys.sealed_only`."""
        return shape_check(str(self.column), self.max_length)

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return self.open(value) if value else value

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        stored = super().get_db_prep_save(value, connection)
        if not isinstance(stored, str):
            return stored
        if self.max_length is not None and len(stored) > self.max_length:
            raise DataError(f"value too long for {self.place}: {self.max_length} characters at most")
        if "\x00" in stored:
            raise ValueError("A string literal cannot contain NUL (0x00) characters.")  # as the driver says elsewhere
        return seal_text(stored, place=self.place)

    def open(self, stored: str) -> Any:
        """The words of what a statement of ours read raw. Raises Unopened."""
        return open_text(stored, place=self.place)

    def seal(self, words: Any) -> str:
        """What a statement of ours writes raw."""
        return seal_text(self.get_prep_value(words), place=self.place)

    def get_lookup(self, lookup_name: str) -> Any:
        return {"exact": _Empty, "isnull": IsNull}.get(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        return None


class SealedJSONField(SealedTextField):
    """An object sealed whole; an empty one is an empty text, and that alone is seen."""

    description = "Object sealed with the key of the notes"

    if TYPE_CHECKING:
        _pyi_private_set_type: Any
        _pyi_private_get_type: Any

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        return None if value is None else self.open(value)

    def open(self, stored: str) -> Any:
        return json.loads(super().open(stored) or "{}")

    def to_python(self, value: Any) -> Any:
        return value

    def get_prep_value(self, value: Any) -> Any:
        value = models.Field.get_prep_value(self, value)
        if value is None or isinstance(value, str) or hasattr(value, "as_sql"):
            return value
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value else ""


def sealed_field(model: type[models.Model], name: str) -> SealedTextField:
    """The field of that name, for statements of ours that read or write its column raw."""
    field = model._meta.get_field(name)
    assert isinstance(field, SealedTextField)
    return field


def sealed_fields() -> Iterator[SealedTextField]:
    """Every sealed column of the installation, in a fixed order."""
    for model in sorted(apps.get_models(), key=lambda model: model._meta.label):
        for field in model._meta.concrete_fields:
            if isinstance(field, SealedTextField):
                yield field
