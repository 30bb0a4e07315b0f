"""Findings with their repairs, the repairs that were chosen, and who was merged with whom."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st
from babel import Locale

from connectors.importing import load
from pages.parts import work
from pages.parts.queries import Current, workspace
from pages.parts.session import session, widget
from pages.parts.words import cell, number, people, plain, spoken
from segmentation.catalogue import FieldEdit, Role
from segmentation.findings import Examples, Finding
from segmentation.lending import about_of
from segmentation.plan import Progress
from segmentation.preview import mask_detail
from segmentation.repairs import KeepApart, Known, Merge, Repair, Step, WritePhones, decided, in_order, sentence
from segmentation.survivors import MergedRow, merged_people, merged_rows

GROUPS = 10  # merged people on a page
ROWS = 6  # of a table of examples, before it scrolls


def _steps(current: Current) -> tuple[Step, ...]:
    """The repairs as they are chosen, applied or not."""
    kept = session().repairs
    steps = kept[1] if kept is not None and kept[0] == current.id else current.engine.audience.about.repairs
    return in_order(steps)


def _choose(current: Current, steps: tuple[Step, ...]) -> None:
    session().repairs = current.id, steps


def waiting(current: Current) -> None:
    """What was chosen and is not applied yet, with the button that applies it."""
    about = current.engine.audience.about
    before, now = decided(about.repairs), decided(_steps(current))
    if before == now:
        return
    count = len(set(now) ^ set(before)) or 1
    with st.container(border=True, horizontal=True, vertical_alignment="center"):
        st.markdown(
            f"**{number(count)} {'change waits' if count == 1 else 'changes wait'}.** Applying loads the customers again; saved segments "
            "stay, and everything can be taken back.",
            width="stretch",
        )
        st.button("Apply", type="primary", icon=":material/check:", on_click=_apply, args=(current,))
        st.button("Discard", type="tertiary", icon=":material/undo:", on_click=_discard)


def _apply(current: Current) -> None:
    name = current.engine.audience.about.name
    work.start(f"Repairing {name}", partial(_build, current.id, _steps(current)))


def _build(audience: str, steps: tuple[Step, ...], progress: Progress) -> str:
    about = about_of(workspace().current_version(audience))  # of what was brought in meanwhile
    return load(about.plan, about.name, workspace(), progress, audience, steps)


def _discard() -> None:
    session().repairs = None
    session().revision += 1


def chosen(current: Current) -> None:
    """The repairs in their order, each with a switch, what it did, and a way to remove it."""
    steps = _steps(current)
    if not steps:
        return
    labels = {field.name: field.label for field in current.catalogue.fields}
    applied = {step.repair: step for step in current.engine.audience.about.repairs}
    with st.expander(f"Repairs of these customers ({len(steps)})", expanded=True, icon=":material/build:"):
        st.caption("Done again each time these customers are loaded. The values as they were delivered are kept.")
        for place, step in enumerate(steps):
            with st.container(horizontal=True, vertical_alignment="center"):
                words = sentence(step.repair, labels)
                key = session().key("repair", str(place), "on")
                st.toggle(
                    spoken(words),
                    value=step.on,
                    key=key,
                    on_change=_switch,
                    args=(current, place, key),
                    width="stretch",
                )
                st.caption(plain(_did(step, applied.get(step.repair))), width="content")
                st.button(
                    "Remove", key=f"repair-{place}-remove", type="tertiary", icon=":material/delete:",
                    help=f"Remove: {plain(words)}", on_click=_remove, args=(current, place),
                )  # fmt: skip


def _did(step: Step, applied: Step | None) -> str:
    """What a repair did when these customers were loaded."""
    if applied is None or applied.on != step.on:
        return "not applied yet"
    if not step.on:
        return "switched off"
    if applied.problem:
        return applied.problem
    if isinstance(step.repair, KeepApart):
        return "kept apart" if applied.changed else "one of them is not there any more"
    return (
        f"{number(applied.changed)} merged" if isinstance(step.repair, Merge) else f"{people(applied.changed)} mended"
    )


def _switch(current: Current, place: int, key: str) -> None:
    steps = _steps(current)
    changed = steps[place].model_copy(update={"on": bool(widget(key))})
    _choose(current, (*steps[:place], changed, *steps[place + 1 :]))


def _remove(current: Current, place: int) -> None:
    steps = _steps(current)
    _choose(current, steps[:place] + steps[place + 1 :])
    session().revision += 1


def _add(current: Current, repair: Repair) -> None:
    _choose(current, (*_steps(current), Step(repair=repair)))


def finding(current: Current, found: Finding) -> None:
    """One finding: what, why it matters, examples, and what can be done."""
    with st.container(border=True):
        st.markdown(f":material/{found.icon}: **{plain(found.title)}**")
        st.caption(plain(found.why))
        if found.examples.rows:
            _examples(found.examples, f"Examples: {found.title}")
        with st.container(horizontal=True, vertical_alignment="bottom"):
            _deeds(current, found)


def _deeds(current: Current, found: Finding) -> None:
    steps = {step.repair for step in _steps(current)}
    repairs = [_with_country(found, offer.repair) for offer in found.offers]
    if steps.intersection(repairs):
        st.badge("chosen", icon=":material/check:", color="green")
    else:
        for offer, repair in zip(found.offers, repairs, strict=True):
            label, key = plain(offer.label), f"mend-{found.id}-{offer.label}"
            st.button(label, key=key, icon=":material/build:", on_click=_add, args=(current, repair))
    if found.hide:
        fields = "field" if len(found.hide) == 1 else f"{len(found.hide)} fields"
        if len(found.hide) == 1:
            fields = plain(current.catalogue.field(found.hide[0]).label)
        st.button(
            f"Hide {fields}", key=f"hide-{found.id}", icon=":material/visibility_off:",
            help="They stay in the data, and can be shown again on the Fields page.", on_click=_hide, args=(current, found.hide),
        )  # fmt: skip
    if not found.offers and not found.hide and not found.reread:
        st.page_link("pages/build.py", label="Leave them out with a filter", icon=":material/front_hand:")
    if found.reread:
        st.page_link("pages/data.py", label="Change on Data how it was read", icon=":material/tune:")


def _with_country(found: Finding, repair: Repair) -> Repair:
    """Phone numbers without a country are from the one that is chosen here."""
    if not isinstance(repair, WritePhones):
        return repair
    names = {code: name for code, name in Locale.parse("en").territories.items() if len(code) == 2 and code.isalpha()}
    region = st.selectbox(
        "Numbers without a country are from",
        sorted(names, key=names.__getitem__),
        index=None,
        format_func=names.__getitem__,
        key=f"region-{found.id}",
        placeholder="Leave them" if repair.country is None else "Where the person lives",
        width=260,
    )
    return repair.model_copy(update={"region": region})


def _hide(current: Current, fields: tuple[str, ...]) -> None:
    workspace().set_field_edits(current.id, dict.fromkeys(fields, FieldEdit(hidden=True)))
    session().notice = "Hidden. The Fields page shows them again."


def _examples(examples: Examples, title: str, selectable: str | None = None) -> int | None:
    """A table of examples, personal data masked until it is revealed; of a selectable one (by its key) the chosen row."""
    rows = [
        [_shown(value, role) for value, (_, role) in zip(row, examples.columns, strict=True)] for row in examples.rows
    ]
    names = [name for name, _ in examples.columns]
    columns: dict[str, list[Any]] = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    look: dict[str, Any] = {"height": 35 * (min(len(rows), ROWS) + 1) + 3, "placeholder": "–", "alt": spoken(title)}
    if selectable is None:
        st.dataframe(columns, hide_index=True, **look)
        return None
    state = st.dataframe(
        columns, hide_index=True, key=selectable, on_select="rerun", selection_mode="single-row", **look
    )
    return next(iter(state.selection.rows), None)


def _shown(value: Any, role: Role) -> Any:
    if value is None or isinstance(value, int):
        return value
    return cell(value) if session().revealed else mask_detail(cell(value), role)


def merged(current: Current) -> None:
    """Who was merged with whom, and why."""
    audience = current.engine.audience
    total = merged_people(audience)
    if not total:
        return
    with st.expander(
        f"{people(total)} made of several rows", icon=":material/group:", on_change="rerun", key="health-merged"
    ) as opened:
        if not opened.open:
            return
        fields = [field for field in current.catalogue.fields if not field.hidden][:10]
        page = int(widget("health-merged-page") or 1)
        tables = audience.about.plan.tables
        columns = (
            *((name, Role.NONE) for name in ("Stays", "Why", "From")),
            ("Id there", Role.PERSON_ID),
            *((field.label, field.role) for field in fields),
        )
        groups = merged_rows(audience, fields, (page - 1) * GROUPS, GROUPS)
        listed = [(group, row) for group in groups for row in group]
        rows = tuple(
            (
                "stays" if row.kept else "merged into it",
                row.why,
                tables[row.known.table].table.name if row.known else None,
                row.known.id if row.known else None,
                *(row.values[field.name] for field in fields),
            )
            for _, row in listed
        )
        chosen = _examples(Examples(columns, rows), "Rows that were merged", selectable=f"health-merged-{page}")
        with st.container(horizontal=True, vertical_alignment="center"):
            pair = _pair(*listed[chosen]) if chosen is not None and chosen < len(listed) else None
            st.button(
                "Keep apart",
                icon=":material/call_split:",
                disabled=pair is None,
                on_click=_add,
                args=(current, KeepApart(people=pair)) if pair else (current,),
            )
            st.caption(
                "Choose a row that is another person: it is kept apart from the one that stays, also in each new load.",
                width="stretch",
            )
        if total > GROUPS:
            st.pagination(-(-total // GROUPS), key="health-merged-page")


def _pair(group: list[MergedRow], row: MergedRow) -> tuple[Known, Known] | None:
    """A row and the one it is to be kept apart from: the one that stays, or the first of the others; None where it cannot be."""
    other = next((one for one in group if one is not row and one.known is not None), None)
    return (other.known, row.known) if other and other.known and row.known else None
