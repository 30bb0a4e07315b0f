"""What can be said on the command line; nothing heavy is loaded to read it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NoReturn

FORMATS = ("text", "json", "csv")

COMMANDS = {
    "describe": "say the definition as a sentence",
    "check": "say everything that keeps the definition from being answered, all at once",
    "count": "count who is in",
    "members": "list the ids of those who are in",
    "explain": "say for single people which filters hold, and why they are in or not",
    "export": "write the list as a file for a destination, with consent respected, and print the receipt",
    "sql": "print the SQL of every condition",
    "rejected": "list the rows of files, or of a workspace's audience, that could not be read or loaded, with line and reason",
    "refresh": "bring an audience of the workspace up to date from its sources",
}


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """End with the sentence and exit code 2."""
        print(f"{self.prog}: {message}. See '{self.prog} --help'.", file=sys.stderr)
        raise SystemExit(2)


def pair(text: str) -> tuple[str, str]:
    """NAME=VALUE, split at the last = that leaves a value."""
    name, equals, value = text.rpartition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=VALUE")
    return name, value


def file_pair(text: str) -> tuple[str, str]:
    """NAME=FILE, split at the first =."""
    name, equals, value = text.partition("=")
    if not equals or not name or not value:
        raise argparse.ArgumentTypeError(f"'{text}' is not NAME=FILE")
    return name, value


def add_commands(parsers: argparse._SubParsersAction[Parser]) -> None:
    """Every command with its options."""
    for name, words in COMMANDS.items():
        parser = parsers.add_parser(
            name, help=words, description=words[0].upper() + words[1:] + ".", allow_abbrev=False
        )
        if name == "rejected":
            _add_sources(parser)
            continue
        if name == "refresh":
            _add_refresh(parser)
            continue
        _add_question(parser)
        _add_files(parser)
        if name == "members":
            parser.add_argument("--columns", action="append", default=[], metavar="A,B", help="fields beside the id")
            parser.add_argument("--limit", type=int, metavar="N", help="the first N people only")
        elif name == "explain":
            parser.add_argument("--person", action="append", required=True, metavar="ID", help="whose; may come again")
        elif name == "sql":
            parser.add_argument(
                "--dialect", default="duckdb", metavar="NAME", help="duckdb (default), postgres, bigquery …"
            )
            parser.add_argument("--inline", action="store_true", help="values in the text, to be read rather than run")
        elif name == "export":
            _add_export(parser)


def _add_sources(parser: Parser) -> None:
    parser.add_argument("sources", nargs="*", type=Path, metavar="FILE", help="files, or folders of files")
    _add_workspace(parser)


def _add_question(parser: Parser) -> None:
    parser.add_argument(
        "definition", nargs="?", metavar="FILE", help="the definition's JSON file, or - for standard input"
    )
    parser.add_argument("--segment", metavar="NAME", help="a saved segment of the workspace, by name or id")
    _add_workspace(parser)
    parser.add_argument("--as-of", metavar="ISO", help="the moment that counts as now (default: now)")
    parser.add_argument("--time-zone", metavar="ZONE", help="IANA zone (default: the workspace's; with --people UTC)")
    parser.add_argument("--quiet", action="store_true", help="no notes about the data on standard error")


def _add_workspace(parser: Parser) -> None:
    parser.add_argument("--home", type=Path, default=argparse.SUPPRESS, metavar="DIR", help="workspace folder")
    parser.add_argument("--audience", metavar="NAME", help="by name or id (default: the one loaded last)")
    parser.add_argument("--format", choices=FORMATS, default="text", help="of the answer (default: text)")


def _add_refresh(parser: Parser) -> None:
    _add_workspace(parser)
    parser.add_argument("--due", action="store_true", help="every audience whose schedule has come, and no other")
    parser.add_argument(
        "--file",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="a new file for one of its sources; may come again",
    )
    parser.add_argument(
        "--accept", action="store_true", help="bring in also what would be held, but for missing columns"
    )


def _add_files(parser: Parser) -> None:
    files = parser.add_argument_group("straight on files (CSV, Excel, Parquet, JSON, NDJSON)")
    files.add_argument("--people", type=Path, metavar="FILE", help="one row a person; or a folder of such files")
    files.add_argument(
        "--events",
        type=Path,
        action="extend",
        nargs="+",
        default=[],
        metavar="FILE",
        help="one row an event; one or more files, or folders of such files",
    )
    files.add_argument("--id", metavar="COLUMN", help="the person's id in the people file")
    files.add_argument("--event-person", metavar="COLUMN", help="the person's id in the event files")
    files.add_argument("--event-name", metavar="COLUMN", help="what was done")
    files.add_argument("--event-time", metavar="COLUMN", help="when it was done")
    kinds = "number, text, yes_no, date, moment or list"
    files.add_argument("--kind", type=pair, action="append", default=[], metavar="FIELD=KIND", help=kinds)
    files.add_argument(
        "--reading",
        type=pair,
        action="append",
        default=[],
        metavar="FIELD=HOW",
        help="day_first, month_first or decimal_comma",
    )
    files.add_argument(
        "--role", type=pair, action="append", default=[], metavar="FIELD=ROLE", help="email, email_consent …"
    )
    files.add_argument(
        "--list", action="append", default=[], metavar="FIELD", help="holds several values; may come again"
    )
    files.add_argument("--list-separator", choices=(";", "|", ","), help="between the items of lists in texts")
    files.add_argument(
        "--with",
        dest="segments",
        type=file_pair,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a segment that is referred to",
    )
    files.add_argument(
        "--static-list",
        type=file_pair,
        action="append",
        default=[],
        metavar="NAME=FILE",
        help="a list: one id or e-mail a line",
    )
    files.add_argument(
        "--event", action="append", default=[], metavar="NAME", help="an event that may be missing in the files"
    )
    files.add_argument("--unseen-events", action="store_true", help="any event may be missing in the files")


def _add_export(parser: Parser) -> None:
    parser.add_argument(
        "--to", default="csv", metavar="DESTINATION", help="csv (default), excel, mailchimp, klaviyo, hubspot, brevo"
    )
    parser.add_argument(
        "--into", type=Path, default=Path(), metavar="FOLDER", help="where the file is written (default: here)"
    )
    parser.add_argument(
        "--columns", action="append", default=[], metavar="A,B", help="fields (csv, excel: default all)"
    )
    parser.add_argument("--name", help="the segment's name in the file and the receipt")
    parser.add_argument(
        "--everyone", action="store_true", help="csv, excel: also people without a valid address, and duplicates"
    )
    parser.add_argument(
        "--ignore-consent", action="store_true", help="do not look at who agreed; the workspace's log notes it"
    )
    parser.add_argument("--spreadsheet-safe", action="store_true", help="csv: nothing in it may be a formula")
