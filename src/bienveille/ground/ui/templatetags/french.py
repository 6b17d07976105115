"""Filters that write French: numbers, dates, phones, plurals, spaces; they only call `ground/lib/typography`."""

from datetime import date, datetime, timedelta
from typing import Any

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from bienveille.ground.lib import typography

register = template.Library()


def _local(moment: datetime) -> datetime:
    return timezone.localtime(moment) if timezone.is_aware(moment) else moment


def _day(moment: date | datetime) -> date:
    return _local(moment).date() if isinstance(moment, datetime) else moment


def _html(text: str) -> SafeString:
    return mark_safe(typography.ordinals_html(text))


@register.filter
def fr_number(value: Any, decimals: int | None = None) -> str:
    """`{{ 1206|fr_number }}` → 1 206; `{{ x|fr_number:2 }}` → 1 234,50; nothing for None."""
    return "" if value in (None, "") else typography.number(value, decimals)


@register.filter
def fr_percent(share: Any, decimals: int = 0) -> str:
    """`{{ 0.897|fr_percent }}` → 90 %; `{{ 0.897|fr_percent:1 }}` → 89,7 %; nothing for None."""
    return "" if share in (None, "") else typography.percent(share, decimals)


@register.filter
def fr_count(count: int, words: str) -> str:
    """`{{ n|fr_count:"ménage" }}` → 1 206 ménages; irregular: `{{ n|fr_count:"mois,mois" }}`."""
    one, _, many = words.partition(",")
    return typography.counted(count, one, many or None)


@register.filter
def fr_plural(count: int, words: str) -> str:
    """`{{ n|fr_plural:"attend,attendent" }}`: the word alone."""
    one, _, many = words.partition(",")
    return typography.plural(count, one, many or None)


@register.filter
def fr_date(moment: date | datetime | None, today: date | None = None) -> str:
    """`{{ day|fr_date }}` → aujourd’hui, demain, le mardi 1<sup>er</sup> décembre; `today` may be given."""
    return _html(typography.day_in_words(_day(moment), today or timezone.localdate())) if moment else ""


@register.filter
def fr_moment(moment: datetime | None, today: date | None = None) -> str:
    """`{{ when|fr_moment }}` → aujourd’hui à 14 h 41."""
    return _html(typography.moment_in_words(_local(moment), today or timezone.localdate())) if moment else ""


@register.filter
def fr_day(day: date | datetime | None) -> str:
    """`{{ day|fr_day }}` → mardi 24 novembre 2026, whatever today is."""
    return _html(typography.calendar_day(_day(day))) if day else ""


@register.filter
def fr_short(day: date | datetime | None) -> str:
    """`{{ day|fr_short }}` → 24/11/2026, for tables."""
    return typography.short_day(_day(day)) if day else ""


@register.filter
def fr_ago(moment: date | datetime | None, today: date | None = None) -> str:
    """`{{ day|fr_ago }}` → il y a 3 semaines."""
    return _html(typography.ago(_day(moment), today or timezone.localdate())) if moment else ""


@register.filter
def fr_time(moment: datetime | None) -> str:
    """`{{ when|fr_time }}` → 14 h 41."""
    return typography.clock(_local(moment) if isinstance(moment, datetime) else moment) if moment else ""


@register.filter
def fr_duration(span: timedelta | float | None) -> str:
    """`{{ seconds|fr_duration }}` → 9 min; takes seconds or a timedelta."""
    if span is None:
        return ""
    return typography.duration(span.total_seconds() if isinstance(span, timedelta) else span)


@register.filter
def fr_phone(number: str | None) -> str:
    """`{{ "+33465710142"|fr_phone }}` → 04 65 71 01 42."""
    return typography.phone(number) if number else ""


@register.filter
def fr_text(text: str | None) -> str:
    """`{{ text|fr_text }}`

    French spaces and raised ordinals (1<sup>er</sup>, 4<sup>e</sup>), escaped; safe HTML is left.
    """
    if isinstance(text, SafeString):
        return text
    return _html(typography.spaced(str(text))) if text else ""


@register.filter
def fr_list(items: Any) -> str:
    """`{{ names|fr_list }}` → a, b et c."""
    return typography.listed(items or [])
