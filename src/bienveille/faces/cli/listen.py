"""`listen`: hears what an operator brings by SMPP, receipts and answers, until told to stop; one is enough."""

from __future__ import annotations

import argparse
import sys
import time

NAME = "listen"
HELP = "écouter les accusés et les réponses par SMS qu’un opérateur apporte en SMPP"

#: Between two tries when the operator is not there; twice as long each time, up to a minute.
FIRST_WAIT, LONGEST_WAIT = 2.0, 60.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--seconds", type=float, metavar="N", help="s’arrête après N secondes (par défaut\u00a0: jamais)"
    )


def run(options: argparse.Namespace) -> int:
    from django.conf import settings
    from django.db import connection
    from django.utils.timezone import now

    from bienveille.engines.messaging.channels.news import News
    from bienveille.engines.messaging.channels.smpp import SmppListener
    from bienveille.engines.messaging.choices import Channel
    from bienveille.engines.messaging.operations.inbox import take_news
    from bienveille.ground.platform.jobs import PASSING_FAILURES
    from bienveille.ground.platform.refusal import Refusal
    from bienveille.register.accounts.choices import AuditChannel
    from bienveille.register.accounts.operations import acting_through

    if not settings.SMPP_LISTENER:
        raise Refusal("Aucun opérateur SMPP n’est réglé\u00a0: donnez SMPP_HOST (docs/runbook.md).")
    listener = SmppListener(**settings.SMPP_LISTENER)
    end = time.monotonic() + options.seconds if options.seconds is not None else float("inf")

    def keep(news: News) -> None:
        try:
            with acting_through(AuditChannel.JOB):
                take_news(channel=Channel.SMS, news=news, now=now())
        except PASSING_FAILURES:  # the database went away: the operator brings it again, on a new connection
            connection.close()
            raise

    wait = FIRST_WAIT
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            listener.listen(keep, going_on=lambda: time.monotonic() < end, every=min(30.0, options.seconds or 30.0))
        except OSError as error:
            print(f"L’opérateur ne répond pas ({error})\u00a0; nouvel essai…", file=sys.stderr, flush=True)
            wait = FIRST_WAIT if time.monotonic() - begun > LONGEST_WAIT else min(wait * 2, LONGEST_WAIT)
            time.sleep(max(0.0, min(wait, end - time.monotonic())))
    return 0
