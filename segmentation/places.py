"""Places on Earth and climates."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field as Constraint

from segmentation.catalogue import Model


class Point(Model):
    """A place on Earth in degrees (WGS 84), with the name it was picked by."""

    latitude: Annotated[float, Constraint(ge=-90, le=90)]
    longitude: Annotated[float, Constraint(ge=-180, le=180)]
    name: str = ""


class Climate(StrEnum):
    """Climate by latitude alone (solar zones): where no field says more."""

    TROPICAL = "tropical"  # up to 23.5 degrees from the equator
    SUBTROPICAL = "subtropical"  # above, up to 40
    TEMPERATE = "temperate"  # above, up to 66.5
    POLAR = "polar"  # above
