"""`manage …`: Django's own commands, for those who develop or repair; nothing of ours."""

from __future__ import annotations

import argparse
import os

NAME = "manage"
HELP = "commandes de Django, pour développer ou dépanner"
NEEDS_DATABASE = False  # a new migration could not be written if the old ones had to be applied first
PASSES_ARGUMENTS = True


def run(options: argparse.Namespace) -> int:
    from django.core.management import execute_from_command_line

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bienveille.config.settings")
    execute_from_command_line(["bienveille manage", *options.arguments])
    return 0
