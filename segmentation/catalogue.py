"""What an audience can be filtered by: its fields, events and event properties.

A field's `name` is what definitions refer to and never changes; `label`, `theme`, `role` and `hidden` are the marketer's.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from pydantic import BaseModel, ConfigDict

from segmentation.errors import HandpickError, close_names


class Kind(StrEnum):
    """What a field holds; decides its operators."""

    TEXT = "text"
    NUMBER = "number"
    YES_NO = "yes_no"
    DATE = "date"  # a calendar day, no clock
    MOMENT = "moment"  # an instant; stored as UTC without zone
    LIST = "list"  # several texts


class Theme(StrEnum):
    """The marketer's shelves, in the order they are shown."""

    DEMOGRAPHIC = "demographic"
    GEOGRAPHIC = "geographic"
    PSYCHOGRAPHIC = "psychographic"
    BEHAVIOURAL = "behavioural"
    IDENTITY = "identity"
    CONSENT = "consent"


class Role(StrEnum):
    """What a field is to an e-mail or ad platform; decides the columns of an export and what is masked."""

    NONE = ""
    PERSON_ID = "person_id"
    EMAIL = "email"
    PHONE = "phone"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"
    FULL_NAME = "full_name"
    COMPANY = "company"
    JOB_TITLE = "job_title"
    ADDRESS = "address"
    CITY = "city"
    REGION = "region"
    POSTAL_CODE = "postal_code"
    COUNTRY = "country"
    LANGUAGE = "language"
    BIRTH_DATE = "birth_date"
    GENDER = "gender"
    LATITUDE = "latitude"
    LONGITUDE = "longitude"
    SIGNUP_DATE = "signup_date"
    EMAIL_CONSENT = "email_consent"
    SMS_CONSENT = "sms_consent"
    ADS_CONSENT = "ads_consent"


PERSONAL = frozenset(
    {Role.EMAIL, Role.PHONE, Role.FIRST_NAME, Role.LAST_NAME, Role.FULL_NAME, Role.ADDRESS, Role.BIRTH_DATE}
)
"""Roles that are masked on screen until revealed."""


class Model(BaseModel):
    """Frozen and closed: unknown keys are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Value(Model):
    """One value of a field as text for the screen, and how many people (or events) have it."""

    value: str
    count: int


class Field(Model):
    """A column of the people table. `filled` and `distinct` are exact counts over people at load."""

    name: str
    label: str
    kind: Kind
    theme: Theme
    role: Role = Role.NONE
    hidden: bool = False
    filled: int = 0
    distinct: int = 0
    top: tuple[Value, ...] = ()
    low: str | None = None  # smallest and largest value as text (numbers, dates, moments)
    high: str | None = None


class EventProperty(Model):
    """A column of the events table; `events` names the event types where it is filled."""

    name: str
    label: str
    kind: Kind
    filled: int = 0
    events: tuple[str, ...] = ()
    top: tuple[Value, ...] = ()
    low: str | None = None
    high: str | None = None


class EventType(Model):
    """An action people do. `count` is events, `people` the distinct people who did it, times UTC."""

    name: str
    label: str
    count: int = 0
    people: int = 0
    first: datetime | None = None
    last: datetime | None = None


class FieldEdit(Model):
    """What the marketer changed about a field; None keeps the guess."""

    label: str | None = None
    theme: Theme | None = None
    role: Role | None = None
    hidden: bool | None = None


class Catalogue(Model):
    """All names a definition may use, in the order of the source."""

    fields: tuple[Field, ...]
    events: tuple[EventType, ...] = ()
    properties: tuple[EventProperty, ...] = ()

    def field(self, name: str) -> Field:
        """The field of exactly this name, or an error that names close ones."""
        for field in self.fields:
            if field.name == name:
                return field
        raise HandpickError(
            f"There is no field “{name}” in the customers.{close_names(name, [f.name for f in self.fields])}"
        )

    def event(self, name: str) -> EventType:
        """The event of exactly this name, or an error that names close ones."""
        for event in self.events:
            if event.name == name:
                return event
        raise HandpickError(f"There is no event “{name}”.{close_names(name, [e.name for e in self.events])}")

    def event_property(self, name: str) -> EventProperty:
        """The event property of exactly this name, or an error that names close ones."""
        for candidate in self.properties:
            if candidate.name == name:
                return candidate
        raise HandpickError(
            f"There is no detail “{name}” on any event.{close_names(name, [p.name for p in self.properties])}"
        )

    def with_role(self, role: Role) -> Field | None:
        """The first field that plays this role."""
        return next((f for f in self.fields if f.role == role), None)

    def edited(self, edits: Mapping[str, FieldEdit]) -> Catalogue:
        """The catalogue with the marketer's changes laid over the guesses."""
        fields = tuple(
            f.model_copy(update=edits[f.name].model_dump(exclude_none=True)) if f.name in edits else f
            for f in self.fields
        )
        return self.model_copy(update={"fields": fields})
