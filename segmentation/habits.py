"""How a person's doing changes or keeps on over time."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field as Constraint
from pydantic import StrictFloat, StrictInt

from segmentation.catalogue import Model
from segmentation.windows import Period, Unit


class Stopped(Model):
    """Did it up to `earlier` ago, and no more in the last `recent`."""

    type: Literal["stopped"] = "stopped"
    recent: Period = Period(amount=30)
    earlier: Period = Period(amount=180)


class Resumed(Model):
    """Did it in the last `recent`, not between `recent` and `pause` ago, and did it before that."""

    type: Literal["resumed"] = "resumed"
    recent: Period = Period(amount=30)
    pause: Period = Period(amount=180)


class Regularly(Model):
    """Did it in at least `least` of the last `periods` periods of length `each`, counted back from now."""

    type: Literal["regularly"] = "regularly"
    least: Annotated[int, Constraint(ge=1, le=366)] = 3
    periods: Annotated[int, Constraint(ge=1, le=366)] = 4
    each: Period = Period(amount=1, unit=Unit.MONTHS)


class Changed(Model):
    """Did it in the last `each` at least `percent` less (more) often than in the `each` before, when it was done at least once."""

    type: Literal["changed"] = "changed"
    direction: Literal["less", "more"] = "less"
    percent: Annotated[StrictInt | StrictFloat, Constraint(ge=0, le=100_000)] = 50
    each: Period = Period(amount=30)


Habit = Annotated[Stopped | Resumed | Regularly | Changed, Constraint(discriminator="type")]
