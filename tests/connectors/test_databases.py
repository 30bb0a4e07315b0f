"""What every database of the table keeps to, so that the page can draw its form."""

from pathlib import Path
from typing import Literal, get_origin

import pytest
from pydantic import SecretStr, ValidationError

from connectors.sources.databases import DATABASES, Database
from connectors.sources.offers import with_rows
from segmentation.errors import SourceError
from segmentation.plan import StagedTable


@pytest.mark.parametrize("database", DATABASES.values(), ids=lambda database: database.name)
def test_settings_can_be_drawn_as_a_form(database: Database) -> None:
    for name, field in database.settings.model_fields.items():
        assert field.title, f"{name} has no title"
        if get_origin(field.annotation) is Literal:
            assert field.default in field.annotation.__args__  # type: ignore[union-attr]
        if "password" in name:
            assert field.annotation is SecretStr


@pytest.mark.parametrize("database", DATABASES.values(), ids=lambda database: database.name)
def test_unknown_settings_are_refused(database: Database) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        database.settings.model_validate({"connection_string": "x"})


def test_names_are_those_of_the_rows() -> None:
    assert {name: database.name for name, database in DATABASES.items()} == {name: name for name in DATABASES}


def test_tables_without_rows_are_left_out_and_named(tmp_path: Path) -> None:
    full, empty = (
        StagedTable(name=name, path=tmp_path / name, columns=("a",), rows=rows)
        for name, rows in (("t", 1), ("none", 0))
    )
    [table] = with_rows([empty, full])
    assert (table.name, table.notes) == ("t", ("The table none has no rows and was left out.",))
    with pytest.raises(SourceError, match=r"^There are no rows in none\. Choose other tables\.$"):
        with_rows([empty])
