"""The commands: each asks an evaluation and prints what it says; standard output holds the answer and nothing else."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any
from zoneinfo import ZoneInfo

from commands.codes import Code, code_of
from commands.printing import cell, print_csv, print_json
from commands.questions import Asked, asked
from commands.refreshing import refresh
from commands.rejected import rejected
from segmentation.errors import DefinitionError, HandpickError, NotFound, Problem


def run(options: argparse.Namespace) -> Code:
    """Carry out one command; every failure is a sentence on standard error and an exit code."""
    try:
        if options.command in WITHOUT_SEGMENT:
            return WITHOUT_SEGMENT[options.command](options)
        question = asked(options)
        with question.evaluation:
            if not options.quiet:
                for note in question.evaluation.notes:
                    print(f"note: {note}", file=sys.stderr)
            return ANSWERS[options.command](question, options)
    except DefinitionError as error:
        for problem in error.problems:
            print(_line(problem), file=sys.stderr)
        return Code.PROBLEMS
    except HandpickError as error:
        print(f"handpick: {error}", file=sys.stderr)
        return code_of(error)


def _line(problem: Problem) -> str:
    return f"{problem.place}: {problem.message}" if problem.place else problem.message


def _when(question: Asked) -> dict[str, str]:
    clock = question.evaluation.clock
    return {"as_of": clock.now.astimezone(ZoneInfo(clock.zone)).isoformat(), "time_zone": clock.zone}


def check(question: Asked, options: argparse.Namespace) -> Code:
    """Every problem at once."""
    found = question.problems
    if options.format == "json":
        listed = [{"node": p.node, "place": p.place, "message": p.message} for p in found]
        print_json({"ok": not found, "problems": listed})
    elif options.format == "csv":
        print_csv(("node", "place", "message"), ((p.node, p.place, p.message) for p in found))
    else:
        print("\n".join(map(_line, found)) if found else "No problems.")
    return Code.PROBLEMS if found else Code.DONE


def describe(question: Asked, options: argparse.Namespace) -> Code:
    """The sentence, and that of every node."""
    said = question.evaluation.describe(question.definition)
    nodes = question.evaluation.nodes(question.definition)
    if options.format == "json":
        listed = [dict(zip(("node", "type", "place", "sentence"), node, strict=True)) for node in nodes]
        print_json({"name": question.name, "sentence": said, "nodes": listed, **_when(question)})
    elif options.format == "csv":
        print_csv(("node", "type", "place", "sentence"), nodes)
    else:
        print(said)
    return Code.DONE


def count(question: Asked, options: argparse.Namespace) -> Code:
    """How many are in, of how many, and by every node."""
    answer = question.evaluation.answer(question.definition)
    when = _when(question)
    numbers = {"count": answer.total, "base": answer.base, "share": answer.share}
    if options.format == "json":
        print_json({**numbers, "counts": answer.counts, "missing": answer.missing, **when})
    elif options.format == "csv":
        print_csv((*numbers, *when), [(*numbers.values(), *when.values())])
    else:
        print(answer.total)
    return Code.DONE


def chosen(question: Asked, given: Iterable[str]) -> tuple[str, ...]:
    """Names of fields, several of them with commas between in one text; raises `NotFound`."""
    names: list[str] = []
    for text in given:
        try:
            names.append(question.evaluation.field(text).name)
        except NotFound:
            names += [question.evaluation.field(name.strip()).name for name in text.split(",")]
    return tuple(names)


def members(question: Asked, options: argparse.Namespace) -> Code:
    """Who is in."""
    definition, names = question.definition, chosen(question, options.columns)
    rows = question.evaluation.people(definition, names, options.limit)
    if options.format == "json":
        listed = list(rows)
        answer: dict[str, Any] = {"count": question.evaluation.count(definition), "ids": [row[0] for row in listed]}
        if names:
            answer["people"] = [{"id": row[0], "values": dict(zip(names, row[1:], strict=True))} for row in listed]
        print_json({**answer, **_when(question)})
    elif options.format == "csv":
        print_csv(("id", *names), rows)
    else:
        for row in rows:
            print("\t".join(str(cell(value)) for value in row))
    return Code.DONE


def explain(question: Asked, options: argparse.Namespace) -> Code:
    """Why people are in or not."""
    people = [question.evaluation.explain(question.definition, person) for person in options.person]
    if options.format == "json":
        listed = [
            {
                "id": person.person,
                "in": person.included,
                "nodes": [
                    {
                        "node": r.node,
                        "type": r.type,
                        "place": r.place,
                        "sentence": r.sentence,
                        "holds": r.holds,
                        "values": r.values,
                    }
                    for r in person.reasons
                ],
            }
            for person in people
        ]
        print_json({"people": listed, **_when(question)})
    elif options.format == "csv":
        header = ("id", "in", "node", "type", "place", "holds", "sentence", "values")
        cells = (
            (p.person, p.included, r.node, r.type, r.place, r.holds, r.sentence, r.values)
            for p in people
            for r in p.reasons
        )
        print_csv(header, cells)
    else:
        for person in people:
            print(f"{person.person}: {'in' if person.included else 'not in'}")
            for r in person.reasons[1:]:
                values = ", ".join(f"{name} = {'missing' if v is None else cell(v)}" for name, v in r.values.items())
                mark = "yes" if r.holds else "no "
                print(f"  {mark}  {r.place}  {r.sentence}{f'  ({values})' if values else ''}")
    return Code.DONE


def sql(question: Asked, options: argparse.Namespace) -> Code:
    """The SQL of every condition, and of the whole in one statement."""
    given: dict[str, Any] = {"dialect": options.dialect, "inline": options.inline}
    found = question.evaluation.sql(question.definition, **given)
    whole = question.evaluation.statement(question.definition, **given)
    if options.format == "json":
        listed = [vars(condition) | {"parameters": _values(condition.parameters)} for condition in found]
        one = {"sql": whole.sql, "parameters": _values(whole.parameters)}
        print_json({"dialect": options.dialect, "conditions": listed, "statement": one, **_when(question)})
    elif options.format == "csv":
        header = ("node", "place", "sentence", "sql", "parameters", "complement", "known")
        rows = [(c.node, c.place, c.sentence, c.sql, _values(c.parameters), c.complement, list(c.known)) for c in found]
        words = question.evaluation.describe(question.definition)
        print_csv(header, [*rows, ("", "", words, whole.sql, _values(whole.parameters), False, [])])
    else:
        for condition in found:
            print(f"-- {condition.place}  {condition.sentence}".replace("\n", " "))
            if condition.complement:
                print("-- everybody but these:")
            _statement(condition.sql, condition.parameters)
        print("-- the whole segment")
        _statement(whole.sql, whole.parameters)
    return Code.DONE


def _values(parameters: Sequence[tuple[str, Any]]) -> list[dict[str, Any]]:
    """Parameters in the order of their placeholders."""
    return [{"name": name, "value": value} for name, value in parameters]


def _statement(text: str, parameters: Sequence[tuple[str, Any]]) -> None:
    print(f"{text};")
    if parameters:
        print(f"-- with {', '.join(f'{name} = {json.dumps(v, ensure_ascii=False)}' for name, v in parameters)}")
    print()


def export(question: Asked, options: argparse.Namespace) -> Code:
    """Write the list, and print what became of everybody."""
    from connectors.destinations import DESTINATIONS, ExportOptions
    from connectors.destinations import export as written
    from segmentation.jobs import Quiet

    evaluation = question.evaluation
    answer = evaluation.answer(question.definition)
    own = options.to in DESTINATIONS and DESTINATIONS[options.to].is_own
    names = chosen(question, options.columns)
    if own and not names:
        names = tuple(field.name for field in evaluation.catalogue.fields if not field.hidden)
    wanted = ExportOptions(
        destination=options.to,
        columns=names,
        consent="ignore" if options.ignore_consent else "respect",
        require_address=not options.everyone,
        spreadsheet_safe=options.spreadsheet_safe,
    )
    name = options.name or question.name
    if options.ignore_consent:
        evaluation.log("exported without consent")
    receipt = written(
        evaluation.audience,
        evaluation.catalogue,
        answer.members.rows(),
        wanted,
        options.into,
        segment_name=name,
        zone=evaluation.clock.zone,
        progress=Quiet(),
    )
    told = {"file": str(options.into / receipt.file_name), **receipt.model_dump(mode="json")}
    if options.format == "json":
        print_json(told)
    elif options.format == "csv":
        print_csv(tuple(told), [tuple(told.values())])
    else:
        print(told["file"])
        for words in ("matched", "no_address", "not_consented", "duplicate", "exported"):
            print(f"{words.replace('_', ' ')}: {told[words]}")
        for note in receipt.notes:
            print(note)
    return Code.DONE


ANSWERS: dict[str, Callable[[Asked, argparse.Namespace], Code]] = {
    "describe": describe,
    "check": check,
    "count": count,
    "members": members,
    "explain": explain,
    "export": export,
    "sql": sql,
}

WITHOUT_SEGMENT: dict[str, Callable[[argparse.Namespace], Code]] = {"refresh": refresh, "rejected": rejected}
"""Commands that need no segment."""
