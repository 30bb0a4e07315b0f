"""The fields that can be picked: the hidden ones are not offered."""

from __future__ import annotations

from collections.abc import Collection

from segmentation.catalogue import Catalogue, Field, Kind, Theme


def fields_by_theme(catalogue: Catalogue) -> list[Field]:
    """The fields that can be picked, shelf by shelf."""
    shelves = list(Theme)
    return sorted(
        (f for f in catalogue.fields if not f.hidden), key=lambda f: (shelves.index(f.theme), f.label.lower())
    )


def field_labels(catalogue: Catalogue, kinds: Collection[Kind], chosen: str | None = None) -> dict[str, str]:
    """The fields of these kinds that can be picked; the chosen one also where it is hidden or of another kind."""
    labels = {field.name: field.label for field in fields_by_theme(catalogue) if field.kind in kinds}
    return labels | {field.name: field.label for field in catalogue.fields if field.name == chosen}
