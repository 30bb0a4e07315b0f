"""The engine and the oracle agree on every person, whatever is drawn: the first half."""

from pathlib import Path

import pytest

from tests.oracle.agreement import PAIRS, PARTS, agree


@pytest.mark.slow
@pytest.mark.timeout(60 + PAIRS)
@pytest.mark.parametrize("part", range(0, PARTS, 2))
def test_engine_and_oracle_agree(tmp_path: Path, part: int) -> None:
    agree(tmp_path, part)
