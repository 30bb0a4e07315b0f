"""Whether people can be reached, and whether each of them is there once."""

from __future__ import annotations

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc

from segmentation.audience import quoted
from segmentation.catalogue import Kind, Role
from segmentation.duplicates import groups
from segmentation.findings import Examples, Finding, Looked, Offer, before_and_after, counted
from segmentation.likeness import PARTS, comparable
from segmentation.mending import changed
from segmentation.plan import Progress
from segmentation.repairs import EmptyEmails, Flaw, Keep, Merge, MergeSame, MergeSimilar, WritePhones
from segmentation.survivors import noted_apart

_SHOWN_GROUPS = 3
_INTERNATIONAL = r"\+[0-9]{7,15}"
FEW_PHONES = 100_000  # to be read for examples
_ABROAD = r"^\s*[(]?\s*([+]|00)"  # begins with a country code
_FLAWS = {
    Flaw.INVALID: (
        "address cannot receive mail", "addresses cannot receive mail",
        "Every one of them bounces, and bounces harm the standing of your sending domain.",
    ),
    Flaw.OFFICE: (
        "address belongs to an office", "addresses belong to offices",
        "Addresses like info@ are read by several people or by nobody: they complain more often and seldom buy.",
    ),
    Flaw.DISPOSABLE: (
        "throw-away address", "throw-away addresses", "They were made for one sign-up and are gone by now.",
    ),
}  # fmt: skip

_CALLED = {Flaw.INVALID: "invalid addresses", Flaw.OFFICE: "office addresses", Flaw.DISPOSABLE: "throw-away addresses"}


def emails(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """E-mail addresses that are invalid, an office's, or thrown away."""
    for field in looked.fields:
        if field.role is not Role.EMAIL or field.kind is not Kind.TEXT:
            continue
        progress(f"Checking {field.label}")
        for flaw, (one, many, why) in _FLAWS.items():
            repair = EmptyEmails(field=field.name, flaw=flaw)
            found = changed(looked.connection, repair)
            if found.people:
                yield Finding(
                    f"emails/{flaw}/{field.name}", "mail", f"{field.label}: {counted(found.people, one, many)}", why,
                    found.people, before_and_after(field, found), (Offer(f"Empty {_CALLED[flaw]} in {field.label}", repair),),
                )  # fmt: skip


def phones(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """Phone numbers that are not written with their country code."""
    for field in looked.fields:
        if field.role is not Role.PHONE or field.kind is not Kind.TEXT:
            continue
        progress(f"Checking {field.label}")
        name = quoted(field.name)
        odd, homeless = looked.rows(
            f"SELECT count(*) FILTER (NOT regexp_full_match({name}, '{_INTERNATIONAL}')), "
            f"count(*) FILTER (NOT regexp_matches({name}, '{_ABROAD}')) FROM people"
        )[0]
        if odd:
            without = f"; {homeless:,} have no country code" if homeless else ""
            country = looked.catalogue.with_role(Role.COUNTRY)
            repair = WritePhones(field=field.name, country=country.name if country else None)
            found = changed(looked.connection, repair) if odd <= FEW_PHONES else None
            yield Finding(
                f"phones/{field.name}", "call",
                f"{field.label}: {counted(odd, 'number is', 'numbers are')} not in international form{without}",
                "Text messages and audiences of ad platforms need +49… and the like; other numbers are lost there.",
                odd, before_and_after(field, found) if found else Examples(), (Offer(f"Write {field.label} with country code", repair),),
            )  # fmt: skip


def same_people(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """People who are there several times with one e-mail address or phone number."""
    for field in looked.fields:
        if field.role in (Role.EMAIL, Role.PHONE) and field.kind is Kind.TEXT:
            progress(f"Looking for people with the same {field.label}")
            words = "e-mail address" if field.role is Role.EMAIL else "phone number"
            yield from _duplicates(
                looked, MergeSame(field=field.name, role=field.role), f"share their {words} with somebody", progress
            )


def similar_people(looked: Looked, progress: Progress) -> Iterator[Finding]:
    """People with a similar name and address."""
    fields: dict[Role, str] = {}
    for field in looked.fields:
        if field.role in PARTS:
            fields.setdefault(field.role, field.name)
    if comparable(fields):
        merge = MergeSimilar(fields=tuple(fields.items()))
        yield from _duplicates(looked, merge, "have a similar name and address as somebody else", progress)


def _duplicates(looked: Looked, merge: Merge, what: str, progress: Progress) -> Iterator[Finding]:
    found = groups(looked.connection, merge, progress, noted_apart(looked.connection))
    if not len(found):
        return
    several = len(pc.unique(found["same"]))
    gone = len(found) - several
    by = "name and address" if isinstance(merge, MergeSimilar) else looked.catalogue.field(merge.field).label
    offers = tuple(
        Offer(f"Merge by {by}, {_KEPT[keep]}", merge.model_copy(update={"keep": keep}))
        for keep in (Keep.LATEST, Keep.FULLEST, Keep.FIRST)
    )
    yield Finding(
        f"{merge.kind}/{'' if isinstance(merge, MergeSimilar) else merge.field}", "group",
        f"{counted(len(found), 'row', 'rows')} {what}: probably {counted(several, 'person', 'people')}",
        f"They get everything twice, and count as several customers. Merged, {looked.about.people:,} people become "
        f"{looked.about.people - gone:,}; all that they did goes to the one who stays, and a no to mail or ads stays a no.",
        gone, _shown(looked, found), offers if looked.about.plan.tables else (),
    )  # fmt: skip


_KEPT = {Keep.LATEST: "latest row wins", Keep.FULLEST: "fullest row wins", Keep.FIRST: "first row wins"}
_TOLD = (Role.PERSON_ID, Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME, Role.EMAIL, Role.PHONE, Role.ADDRESS, Role.CITY, Role.POSTAL_CODE)  # fmt: skip


def _shown(looked: Looked, found: pa.Table) -> Examples:
    """The first groups side by side: group number, who they are, and why they are taken for one."""
    heads = pc.unique(found["same"]).slice(0, _SHOWN_GROUPS)
    some = found.filter(pc.is_in(found["same"], value_set=heads))
    fields = [field for role in _TOLD for field in looked.fields if field.role is role]
    picks = "".join(f", {quoted(field.name)}" for field in fields)
    looked.connection.register("handpick_shown", some)
    try:
        rows = looked.rows(
            f"SELECT dense_rank() OVER (ORDER BY same), why{picks} FROM people JOIN handpick_shown USING (_row) ORDER BY same, _row"
        )
    finally:
        looked.connection.unregister("handpick_shown")
    columns = (("Person", Role.NONE), ("Why", Role.NONE), *((field.label, field.role) for field in fields))
    return Examples(columns, tuple(rows))
