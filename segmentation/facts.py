"""Headline facts: a handful of numbers of a segment beside the base's, chosen from what the catalogue offers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from segmentation.audience import Audience, quoted
from segmentation.catalogue import Catalogue, EventProperty, EventType, Field, Kind, Role
from segmentation.clock import Clock
from segmentation.definition import Period
from segmentation.jobs import QUIET
from segmentation.membership import Membership
from segmentation.naming import singular, words
from segmentation.plan import Progress
from segmentation.values import INSIDE, JOINED, asked, field_values, inside, rows_of, who_did
from segmentation.vocabulary import TOTALS

FEWEST_FACTS = 4
AGES = ("age", "alter", "edad")
INCOMES = ("income", "salary", "einkommen", "gehalt", "revenu", "ingresos")
PURCHASES = {*"purchase purchased order ordered transaction sale bought bestellung kauf achat".split()}
BESIDE_PURCHASES = {"completed", "complete", "placed", "made", "product", "item", "online", "store"}
AMOUNTS = {*TOTALS, "value", "order value", "umsatz", "betrag", "montant", "importe"}


@dataclass(frozen=True)
class Fact:
    """One headline number of the segment beside the base's; None where nobody has a value. A share is 0–1."""

    label: str
    segment: float | None
    base: float | None
    is_share: bool = False


@dataclass(frozen=True)
class _Ask:
    """A fact as an SQL aggregate over people."""

    label: str
    aggregate: str
    is_share: bool = False


def summary(
    audience: Audience, catalogue: Catalogue, members: Membership, clock: Clock, progress: Progress = QUIET
) -> tuple[Fact, ...]:
    """Up to six headline facts of the segment beside the base, from what the catalogue offers.

    Median age, the share of the segment's most frequent country, mean income; purchases and their amount per person in the
    last 365 days, the share active in the last 30. Where these are fewer than four, other numbers and yes/no fields.
    """
    fields = [f for f in catalogue.fields if not f.hidden]
    numbers = [f for f in fields if f.kind == Kind.NUMBER and f.role == Role.NONE]
    age, income = _named(numbers, AGES), _named(numbers, INCOMES)
    asks: list[_Ask] = []
    parameters: dict[str, Any] = {}
    birth = catalogue.with_role(Role.BIRTH_DATE)
    if age:
        asks.append(_Ask(f"{age.label}, median", f"median({_finite(age)})"))
    elif birth and birth in fields and birth.kind in (Kind.DATE, Kind.MOMENT):
        asks.append(_Ask("Age, median", f"median(datesub('year', CAST({quoted(birth.name)} AS DATE), $today))"))
        parameters["today"] = clock.today
    within = members if members.count else None
    homes = (catalogue.with_role(role) for role in (Role.COUNTRY, Role.REGION, Role.CITY))
    home = next((f for f in homes if f in fields and f.kind == Kind.TEXT and f.distinct != 1), None)
    if home and (top := field_values(audience, home, limit=1, beside=within, zone=clock.zone)) and top[0].beside != 0:
        asks.append(_Ask(f"{home.label}: {top[0].value}", _share_of(f"{quoted(home.name)} = $home"), True))
        parameters["home"] = top[0].value
    if income:
        asks.append(_Ask(f"{income.label}, average", f"avg({_finite(income)})"))
    spare = [_Ask(f"{f.label}, average", f"avg({_finite(f)})") for f in numbers if f not in (age, income)]
    spare += [_Ask(f"{f.label}: yes", _share_of(quoted(f.name)), True) for f in fields if f.kind == Kind.YES_NO]
    facts = [
        *_facts(audience, members, asks, parameters, progress),
        *_event_facts(audience, catalogue, members, clock, progress),
    ]
    return (*facts, *_facts(audience, members, spare[: max(0, FEWEST_FACTS - len(facts))], {}, progress))


def _named(fields: Sequence[Field], names: Sequence[str]) -> Field | None:
    return next((f for name in names for f in fields if name in words(f.name)), None)


def _finite(field: Field) -> str:
    return f"CASE WHEN isfinite({quoted(field.name)}) THEN {quoted(field.name)} END"


def _share_of(condition: str) -> str:
    return f"avg(CASE WHEN {condition} THEN 1 ELSE 0 END)"


def _facts(
    audience: Audience, members: Membership, asks: Sequence[_Ask], parameters: Mapping[str, Any], progress: Progress
) -> Iterator[Fact]:
    if asks:
        picked = ", ".join(f"{a.aggregate}, {a.aggregate} FILTER (members.inside)" for a in asks)
        (found,) = rows_of(asked(audience, f"SELECT {picked} FROM people {JOINED}", parameters, members, progress))
        numbers = [None if number is None else float(number) for number in found]
        for ask, base, segment in zip(asks, numbers[::2], numbers[1::2], strict=True):
            yield Fact(ask.label, segment, base, ask.is_share)


def _event_facts(
    audience: Audience, catalogue: Catalogue, members: Membership, now: Clock, progress: Progress
) -> Iterator[Fact]:
    if not catalogue.events or not audience.people:
        return
    purchase = next((e for e in catalogue.events if _is_purchase(e.name)), None)
    amount = next((p for p in catalogue.properties if purchase and _is_amount(p, purchase)), None)
    parameters = {
        "purchase": purchase.name if purchase else None,
        "now": now.instant,
        "year": now.shifted(Period(amount=365), -1),
        **inside(members),
    }
    spent = f"{quoted(amount.name)} AS spent" if amount else "NULL::DOUBLE AS spent"
    bought = f"SELECT {spent}, {INSIDE} AS own FROM events WHERE _name = $purchase AND _time BETWEEN $year AND $now"
    statement = f"SELECT count(*), count(*) FILTER (own), sum(spent), sum(spent) FILTER (own) FROM ({bought})"
    ((n, k, total, own_total),) = rows_of(asked(audience, statement, parameters, progress=progress))
    month = {"now": now.instant, "month": now.shifted(Period(amount=30), -1)}
    active = who_did(audience, "_time BETWEEN $month AND $now", month, progress)
    size, base = members.count, audience.people

    def per_person(own: float, all_: float) -> tuple[float | None, float]:
        return (float(own) / size if size else None), float(all_) / base

    if purchase:
        yield Fact(f"{purchase.label} per person, last 365 days", *per_person(k, n))
    if amount:
        yield Fact(f"{amount.label} per person, last 365 days", *per_person(own_total or 0, total or 0))
    yield Fact("Active in the last 30 days", *per_person((active & members).count, active.count), is_share=True)


def _is_purchase(event: str) -> bool:
    said = {*words(event)} - BESIDE_PURCHASES
    return bool(said) and all({word, singular(word)} & PURCHASES for word in said)


def _is_amount(detail: EventProperty, purchase: EventType) -> bool:
    fits = detail.kind == Kind.NUMBER and (not detail.events or purchase.name in detail.events)
    return fits and " ".join(words(detail.name)) in AMOUNTS
