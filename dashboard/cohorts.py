"""Periods that are looked back on, and the cohorts of customers who were invited in them. Pure."""

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Grain(StrEnum):
    """Whether a cohort is the customers invited in a week or in a month."""

    WEEK = "week"
    MONTH = "month"

    @property
    def kind(self) -> str:
        """The kind of its ``DailyTally``."""
        return f"joined {self}"

    @property
    def whole(self) -> str:
        """The kind of its ``DailyTally`` that tells neither regions nor types apart."""
        return f"joined {self} whole"

    def first(self, day: date) -> date:
        """The day on which the cohort of a day begins: a Monday, or the first of a month."""
        if self is Grain.WEEK:
            return day - timedelta(days=day.weekday())
        return day.replace(day=1)

    def after(self, first: date) -> date:
        """The day on which the next cohort begins."""
        if self is Grain.WEEK:
            return first + timedelta(days=7)
        return (first + timedelta(days=31)).replace(day=1)

    def named(self, first: date) -> str:
        """A cohort as axes and tables name it: ``26 Oct``, ``Oct 2026``."""
        return f"{first.day} {first:%b}" if self is Grain.WEEK else f"{first:%b %Y}"


@dataclass(frozen=True, slots=True)
class Period:
    """Days from ``first`` on, before ``end``."""

    first: date
    end: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.end - self.first).days

    def cohorts(self, grain: Grain) -> list[date]:
        """The first days of the cohorts that the period touches, oldest first."""
        found = [grain.first(self.first)]
        while (following := grain.after(found[-1])) < self.end:
            found.append(following)
        return found

    def before(self, grain: Grain) -> "Period":
        """As many cohorts right before those that the period touches."""
        first = grain.first(self.first)
        for _ in self.cohorts(grain):
            first = grain.first(first - timedelta(days=1))
        return Period(first, grain.first(self.first))


class Span(StrEnum):
    """The periods one can choose, as they stand in the address."""

    LAST_MONTH = "Last month"
    THIS_MONTH = "This month"
    WEEKS_4 = "4 weeks"
    WEEKS_13 = "13 weeks"
    MONTHS_12 = "12 months"

    def period(self, today: date) -> Period:
        """Which days these are."""
        month, tomorrow = today.replace(day=1), today + timedelta(days=1)
        if self is Span.LAST_MONTH:
            return Period((month - timedelta(days=1)).replace(day=1), month)
        if self is Span.THIS_MONTH:
            return Period(month, tomorrow)
        if self is Span.MONTHS_12:
            year, place = divmod(today.year * 12 + today.month - 1 - 11, 12)
            return Period(date(year, place + 1, 1), tomorrow)
        weeks = 4 if self is Span.WEEKS_4 else 13
        return Period(Grain.WEEK.first(today) - timedelta(days=7 * (weeks - 1)), tomorrow)
