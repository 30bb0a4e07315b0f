"""Whether fields tell something: empty, constant, doubled, out of range or stale ones."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import combinations

from rapidfuzz import fuzz

from segmentation.audience import quoted
from segmentation.catalogue import Field, Kind, Role
from segmentation.findings import Examples, Finding, Looked, Offer, before_and_after, counted, listed
from segmentation.mending import changed
from segmentation.naming import meaning, words
from segmentation.plan import Progress
from segmentation.repairs import EmptyOutside, Fill

NEARLY_EMPTY = 0.05
AGREE = 0.2  # share of equal values from which two fields hold the same thing
SAME = 0.95
LIKE_NAMES = 90
AGES = (1, 115)  # years
OLDEST = 120  # years
STALE = 2  # years
_RENEWED = {"last", "updated", "modified", "seen", "login", "active", "changed"}
_PAST = {Role.BIRTH_DATE, Role.SIGNUP_DATE}


def empty(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Fields that are nearly empty, and fields that are the same for everybody."""
    people = looked.about.people
    missing = [f for f in looked.fields if f.filled < NEARLY_EMPTY * people]
    if missing:
        rows = tuple((f.label, f.filled, people - f.filled) for f in sorted(missing, key=lambda f: f.filled))
        yield Finding(
            "missing", "check_box_outline_blank",
            f"{counted(len(missing), 'field is', 'fields are')} empty for nearly everybody",
            "They clutter the list of filters and find next to nobody.",
            len(missing), Examples((("Field", Role.NONE), ("People with a value", Role.NONE), ("Without", Role.NONE)), rows),
            hide=tuple(f.name for f in missing),
        )  # fmt: skip
    constant = [
        f
        for f in looked.fields
        if f.distinct == 1 and people > 1 and f.filled >= NEARLY_EMPTY * people and f not in missing
    ]
    if constant:
        values = tuple((f.label, f.top[0].value if f.top else f.low or "", f.filled) for f in constant)
        yield Finding(
            "constant", "drag_handle",
            f"{counted(len(constant), 'field has', 'fields have')} one and the same value for everybody",
            "A filter on it finds all or nobody.",
            len(constant), Examples((("Field", Role.NONE), ("Value", Role.NONE), ("People", Role.NONE)), values),
            hide=tuple(f.name for f in constant),
        )  # fmt: skip


def alike(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Fields that look alike, and how far they agree."""
    pairs = [(one, other) for one, other in combinations(looked.fields, 2) if _look_alike(one, other)]
    if not pairs:
        return
    progress("Comparing fields that look alike")
    picks = []
    for one, other in pairs:
        a, b = quoted(one.name), quoted(other.name)
        both = f"{a} IS NOT NULL AND {b} IS NOT NULL"
        same = f"lower(trim({a}::VARCHAR)) = lower(trim({b}::VARCHAR))"
        picks += [f"count(*) FILTER ({both})", f"count(*) FILTER ({both} AND {same})"]
        picks += [
            f"count(*) FILTER ({a} IS NULL AND {b} IS NOT NULL)",
            f"count(*) FILTER ({b} IS NULL AND {a} IS NOT NULL)",
        ]
    counts = looked.rows(f"SELECT {', '.join(picks)} FROM people")[0]
    for place, (one, other) in enumerate(pairs):
        both, same, first_lacks, other_lacks = counts[4 * place : 4 * place + 4]
        if both and same < AGREE * both:
            continue
        kept, spare, lacks = (one, other, first_lacks) if one.filled >= other.filled else (other, one, other_lacks)
        share = f"they agree for {same / both:.0%} of the {both:,} people who have both" if both else "nobody has both"
        offers: tuple[Offer, ...] = ()
        if lacks:
            offers = (Offer(f"Fill {kept.label} from {spare.label}", Fill(field=kept.name, other=spare.name)),)
        yield Finding(
            f"alike/{one.name}/{other.name}", "join_inner",
            f"{one.label} and {other.label} look alike: {share}",
            f"Whoever filters on one of them misses the people of the other. {lacks:,} have only {spare.label}; {both - same:,} have two different values.",
            both - same, _differing(looked, one, other), offers, hide=(spare.name,),
        )  # fmt: skip


def _look_alike(one: Field, other: Field) -> bool:
    if one.kind is not other.kind or Role.PERSON_ID in (one.role, other.role) or one.kind is Kind.YES_NO:
        return False
    names = [tuple(word for word in words(field.name) if not word.isdigit()) for field in (one, other)]
    if names[0] == names[1]:
        return True
    roles = [found.role if (found := meaning(field.name, field.kind)) else Role.NONE for field in (one, other)]
    if roles[0] is roles[1] and roles[0] is not Role.NONE:
        return True
    joined = ["".join(name) for name in names]
    return min(map(len, joined)) >= 5 and fuzz.ratio(*joined) >= LIKE_NAMES


def _differing(looked: Looked, one: Field, other: Field) -> Examples:
    a, b = quoted(one.name), quoted(other.name)
    rows = looked.rows(
        f"SELECT {a}::VARCHAR, {b}::VARCHAR, count(*) FROM people WHERE {a} IS DISTINCT FROM {b} "
        "GROUP BY ALL ORDER BY 3 DESC, 1, 2 LIMIT 5"
    )
    return Examples(((one.label, one.role), (other.label, other.role), ("People", Role.NONE)), tuple(rows))


def impossible(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Ages and dates that cannot be."""
    for field in looked.fields:
        limits = _limits(field, looked.today)
        if limits is None:
            continue
        progress(f"Looking for impossible values in {field.label}")
        repair = EmptyOutside(field=field.name, low=limits[0], high=limits[1])
        found = changed(looked.connection, repair)
        if found.people:
            said = listed([f"before {limits[0]}" if field.kind is not Kind.NUMBER else f"below {limits[0]}",
                           f"after {limits[1]}" if field.kind is not Kind.NUMBER else f"above {limits[1]}"])  # fmt: skip
            yield Finding(
                f"impossible/{field.name}", "event_busy",
                f"{field.label}: {counted(found.people, 'value', 'values')} that cannot be ({said})",
                "Mostly placeholders or slips of the pen: they bend averages and put people into the wrong age group or birthday mail.",
                found.people, before_and_after(field, found), (Offer(f"Empty these values in {field.label}", repair),),
            )  # fmt: skip


def _limits(field: Field, today: date) -> tuple[str, str] | None:
    if field.kind is Kind.NUMBER and {"age", "alter", "edad"} & set(words(field.name)):
        return str(AGES[0]), str(AGES[1])
    if field.kind not in (Kind.DATE, Kind.MOMENT) or not field.filled:
        return None
    past = field.role in _PAST or _RENEWED & set(words(field.name))
    latest = today if past else today.replace(year=today.year + 100, day=1)
    return f"{today.year - OLDEST}-01-01", f"{latest.isoformat()}{' 23:59:59' if field.kind is Kind.MOMENT else ''}"


def stale(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """People of whom nothing was heard for years."""
    since = looked.today.replace(year=looked.today.year - STALE, day=min(looked.today.day, 28))
    why = "Old addresses bounce and old consent may have run out: write to them with care, or leave them out with a filter."
    for field in looked.fields:
        if field.kind not in (Kind.DATE, Kind.MOMENT) or not _RENEWED & set(words(field.name)):
            continue
        name = quoted(field.name)
        (old,) = looked.rows(f"SELECT count(*) FROM people WHERE {name} < $since", {"since": since})[0]
        if old:
            yield Finding(
                f"stale/{field.name}", "history",
                f"{field.label}: older than {STALE} years for {counted(old, 'person', 'people')}", why, old,
            )  # fmt: skip
    if looked.about.events:
        progress("Looking for people who did nothing for long")
        (active,) = looked.rows("SELECT count(DISTINCT _row) FROM events WHERE _time >= $since", {"since": since})[0]
        if quiet := looked.about.people - active:
            yield Finding(
                "stale",
                "history",
                f"{counted(quiet, 'person has', 'people have')} done nothing in the last {STALE} years",
                why,
                quiet,
            )
