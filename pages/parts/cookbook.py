"""Recipes: ready-made segments to start from, with their numbers to change."""

from __future__ import annotations

import streamlit as st

from pages.parts.queries import Current
from pages.parts.session import Caption, session
from pages.parts.words import people, percent, plain, spoken
from segmentation.definition import Definition
from segmentation.errors import HandpickError
from segmentation.ingredients import SOURCES, Ingredient, candidates, find_ingredients
from segmentation.recipe_form import Parameter, Recipe, Value
from segmentation.recipes import RECIPES


def cookbook(current: Current) -> None:
    """Pick a recipe, change its numbers, see whom it finds, and go on from there."""
    with st.container(border=True, gap="small"):
        st.markdown("**Or start from a recipe**")
        titles = {recipe.name: recipe.title for recipe in RECIPES}
        chosen = st.pills(
            "Recipe",
            list(titles),
            format_func=titles.__getitem__,
            key=session().key("recipe"),
            label_visibility="collapsed",
        )
        found = next((recipe for recipe in RECIPES if recipe.name == chosen), None)
        if found is not None:
            _recipe(found, current)


def _recipe(recipe: Recipe, current: Current) -> None:
    numbers = st.container()
    names = _ingredients(recipe, current)
    if obstacle := recipe.obstacle(names):
        st.info(plain(obstacle))
        return
    defaults = recipe.defaults(current.catalogue, names)
    with numbers, st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        values = {p.name: _parameter(p, recipe.name, defaults[p.name]) for p in recipe.parameters}
    numbers.markdown(plain(recipe.sentence(values)))
    definition: Definition | None = None
    try:
        definition = recipe.definition(names, values)
        answer = current.engine.answer(definition, current.clock, current.catalogue)
        numbers.markdown(f"**{people(answer.total)}** :gray[{percent(answer.share)} of everybody, exact]")
    except HandpickError as error:
        numbers.markdown(f":orange[:material/pending: {plain(str(error))}]")
    numbers.button(
        "Start from this recipe",
        key=session().key("recipe-take", recipe.name),
        type="primary",
        disabled=definition is None,
        on_click=_take,
        args=(definition, recipe.title),
    )


def _ingredients(recipe: Recipe, current: Current) -> dict[Ingredient, str]:
    """The names that a recipe needs: found in the catalogue, or picked where several would do."""
    found = dict(find_ingredients(current.catalogue))
    chosen: dict[Ingredient, str] = {}
    choices = {need: candidates(need, current.catalogue) for need in recipe.needs}
    if any(len(options) > 1 for options in choices.values()) or any(need not in found for need in recipe.needs):
        with (
            st.expander("What it looks at", icon=":material/tune:"),
            st.container(horizontal=True, vertical_alignment="bottom", gap="small"),
        ):
            for need, options in choices.items():
                if not options:
                    continue
                labels = {option.name: option.label for option in options}
                picked = st.selectbox(
                    spoken(SOURCES[need].words.capitalize()),
                    list(labels),
                    index=list(labels).index(found[need]) if found.get(need) in labels else None,
                    format_func=labels.__getitem__,
                    key=session().key("recipe-need", recipe.name, need),
                    width=210,
                )
                if picked is not None:
                    chosen[need] = picked
    return dict(find_ingredients(current.catalogue, chosen))


def _parameter(parameter: Parameter, recipe: str, value: Value) -> Value | None:
    key = session().key("recipe-value", recipe, parameter.name)
    if parameter.is_text:
        return st.text_input(parameter.label, value=str(value), key=key, width=230)
    kind = int if parameter.whole else float
    return st.number_input(
        parameter.label,
        value=kind(value),
        min_value=kind(parameter.minimum),
        max_value=kind(parameter.maximum),
        step=kind(1),
        key=key,
        width=190,
    )


def _take(definition: Definition, title: str) -> None:
    session().show(definition, None, Caption(title))
