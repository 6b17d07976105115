"""The clock of the house, moved: each module keeps the function that gives it, so each is told another one."""

import sys
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

REAL = timezone.now


def move_clock(patch: pytest.MonkeyPatch, by: timedelta) -> None:
    """From now on every module of the house, and Django's, believes that much time has passed. The database does not."""
    moved: Callable = lambda: REAL() + by  # noqa: E731
    for name, module in list(sys.modules.items()):
        if module is timezone or name.startswith("bienveille."):
            for known, value in list(vars(module).items()):
                if value is REAL or getattr(value, "moved_by_tests", False):
                    patch.setattr(module, known, moved)
    moved.moved_by_tests = True
