"""The hours of a queue: said, and laid out ahead as rows that the hand-out reads."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.timezone import now as clock

from bienveille.engines.dispatch.models import Lane, Opening, Queue
from bienveille.engines.dispatch.rules import hours_of
from bienveille.ground.platform.jobs import job

#: How many days ahead the calendar of a queue is laid out; the night job keeps it that long.
LAID_DAYS = 120


@transaction.atomic
def set_hours(*, queue: Queue, windows: Sequence[Any], on_days_off: bool, now: datetime) -> None:
    """Say when a queue calls. An opened queue has its calendar laid out anew, from now on; an unchanged one has not."""
    if (queue.windows, queue.on_days_off) == (list(windows), on_days_off):
        return
    queue.windows, queue.on_days_off = list(windows), on_days_off
    queue.save(update_fields=["windows", "on_days_off"])
    if queue.target is not None and queue.closed_at is None:
        Opening.objects.filter(queue=queue).delete()
        lay_openings(queue=queue, now=now)


@transaction.atomic
def lay_openings(*, queue: Queue, now: datetime) -> int:
    """Lay out the hours of a queue for the months to come, in each place where it has households. Gives how many rows.

    Run again, it goes on from where it stopped: rows that are there already stay.
    """
    Queue.objects.select_for_update(no_key=True).get(pk=queue.pk)
    laid = dict(Opening.objects.filter(queue=queue).values_list("place").annotate(Max("day")).order_by())
    rows = []
    for place in Lane.objects.filter(queue=queue).values_list("place", flat=True).distinct().order_by("place"):
        hours = hours_of(queue.windows, place=place, on_days_off=queue.on_days_off)
        today = hours.local(now).date()
        first = max(today, laid[place] + timedelta(days=1)) if place in laid else today
        rows += [
            Opening(queue=queue, place=place, starts_at=one.start, ends_at=one.end, day=one.day, part=one.part)
            for one in hours.spans(first, (today - first).days + LAID_DAYS)
        ]
    Opening.objects.bulk_create(rows)
    return len(rows)


@job(queue="dispatch")
def lay_openings_ahead() -> int:
    """Each night: every queue not closed has its hours laid out ahead, and rows of days gone by are dropped."""
    moment = clock()
    Opening.objects.filter(ends_at__lt=moment - timedelta(days=2)).delete()
    queues = Queue.objects.filter(closed_at=None, target__isnull=False).order_by("pk")
    return sum(lay_openings(queue=queue, now=moment) for queue in queues)
