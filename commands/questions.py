"""From what was said on the command line to data that is open and a definition that is read."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from connectors.opening import Columns, open_files, open_workspace
from segmentation.catalogue import Kind, Role
from segmentation.definition import Definition
from segmentation.errors import ChoiceError, DefinitionError, HandpickError, NotFound, Problem
from segmentation.fitting import Said, separator_named
from segmentation.headless import Evaluation
from segmentation.plan import Format
from segmentation.proofreading import Proof, proofread
from segmentation.references import NamedDefinition

READINGS = (Format.DAY_FIRST, Format.MONTH_FIRST, Format.DECIMAL_COMMA, Format.PLAIN)
NO_FILTER = "Add at least one filter."


@dataclass(frozen=True)
class Asked:
    """A definition and what it is asked of; `problems` are all, of its form and of what it names."""

    evaluation: Evaluation
    name: str
    read: Definition | None
    problems: tuple[Problem, ...]

    @property
    def definition(self) -> Definition:
        """The definition; raises `DefinitionError` with all problems."""
        if self.problems or self.read is None:
            raise DefinitionError(self.problems)
        return self.read


def asked(options: argparse.Namespace) -> Asked:
    """Read the definition and open the data; raises HandpickError."""
    if options.people is None:
        return _of_workspace(options)
    if options.definition is None and len(options.events) > 1:  # it was taken for one more file of events
        options.definition = str(options.events.pop())
    for name in ("segment", "audience"):
        if getattr(options, name):
            raise ChoiceError(f"--{name} goes with a workspace, not with --people.")
    proof = _proof(options)
    proofs = {name: proofread(_content(file)) for name, file in options.segments}
    problems = [*proof.problems]
    for name, other in proofs.items():
        problems += [Problem(p.node, f"{name}, {p.place}" if p.place else name, p.message) for p in other.problems]
    segments = {name: other.definition for name, other in proofs.items() if other.definition is not None}
    origin = None
    if proof.definition is not None and proof.name:
        known = next((name for name in segments if name.casefold() == proof.name.casefold()), proof.name)
        origin = NamedDefinition(known, proof.name, proof.definition)
    evaluation = open_files(
        options.people,
        options.events,
        definitions=[proof.definition] if proof.definition is not None else [],
        columns=_columns(options),
        said=_said(options),
        as_of=options.as_of,
        zone=options.time_zone or "UTC",
        segments=segments,
        lists={name: _entries(_content(file)) for name, file in options.static_list},
        origin=origin,
        known_events=options.event,
        unseen_events=options.unseen_events,
    )
    return _checked(evaluation, proof.name or _stem(options), proof.definition, problems)


def _of_workspace(options: argparse.Namespace) -> Asked:
    only_files = (
        "events",
        "id",
        "event_person",
        "event_name",
        "event_time",
        "kind",
        "reading",
        "role",
        "list",
        "segments",
    )
    for name in (*only_files, "list_separator", "static_list", "event", "unseen_events"):
        if getattr(options, name):
            option = "with" if name == "segments" else name.replace("_", "-")
            raise ChoiceError(f"--{option} goes with --people FILE.")
    if options.segment and options.definition:
        raise ChoiceError("Name a saved segment or a definition file, not both.")
    proof = None if options.segment else _proof(options)
    evaluation = open_workspace(home_of(options), options.audience, as_of=options.as_of, zone=options.time_zone)
    if proof is not None:
        return _checked(evaluation, proof.name or _stem(options), proof.definition, proof.problems)
    try:
        saved = evaluation.references.segment(options.segment)
    except HandpickError as error:
        evaluation.close()
        raise NotFound(str(error)) from error
    evaluation.references.origin = saved
    return _checked(evaluation, saved.name, saved.definition, ())


def _checked(evaluation: Evaluation, name: str, definition: Definition | None, problems: Iterable[Problem]) -> Asked:
    """With the problems of what the definition names, beside those of its form."""
    found = [*problems]
    try:
        bound = evaluation.problems(definition) if definition is not None else ()
    except BaseException:
        evaluation.close()
        raise
    found += [problem for problem in bound if not found or problem.message != NO_FILTER]
    return Asked(evaluation, name, definition, tuple(dict.fromkeys(found)))


def home_of(options: argparse.Namespace) -> Path:
    """The workspace folder, as said or by default."""
    import platformdirs

    said = getattr(options, "home", None) or os.environ.get("HANDPICK_HOME")
    return Path(said or platformdirs.user_data_dir("handpick", appauthor=False)).expanduser()


def _stem(options: argparse.Namespace) -> str:
    return "Segment" if options.definition == "-" else Path(options.definition).stem


def _proof(options: argparse.Namespace) -> Proof:
    if not options.definition:
        raise ChoiceError(
            "Say which segment: a definition file, - for standard input, or --segment NAME of a workspace."
        )
    if options.definition == "-":
        return proofread(sys.stdin.buffer.read())
    return proofread(_content(options.definition))


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        raise NotFound(f"The file {file} cannot be opened: {error.strerror or error}.") from error


def _entries(content: bytes) -> tuple[str, ...]:
    """The entries of a list: one a line, without the blanks around it, each once."""
    lines = content.decode("utf-8-sig", errors="replace").splitlines()
    return tuple(dict.fromkeys(entry for line in lines if (entry := line.strip())))


def _columns(options: argparse.Namespace) -> Columns:
    roles = {}
    for name, role in options.role:
        try:
            roles[name] = Role(role)
        except ValueError:
            known = ", ".join(each.value for each in Role if each.value)
            raise ChoiceError(f"There is no role “{role}”. Possible: {known}.") from None
    return Columns(options.id, options.event_person, options.event_name, options.event_time, roles)


def _said(options: argparse.Namespace) -> Said:
    kinds = dict.fromkeys(options.list, Kind.LIST)
    for name, kind in options.kind:
        try:
            kinds[name] = Kind(kind)
        except ValueError:
            raise ChoiceError(f"There is no kind “{kind}”. Possible: {', '.join(Kind)}.") from None
    formats = {}
    for name, reading in options.reading:
        if reading not in READINGS:
            raise ChoiceError(f"There is no reading “{reading}”. Possible: {', '.join(READINGS)}.")
        formats[name] = Format(reading)
    return Said(kinds, formats, separator_named(options.list_separator or ""))
