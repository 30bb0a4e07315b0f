"""E-mail addresses that reach nobody in person: offices' mailboxes and throw-away addresses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
from email_validator import SPECIAL_USE_DOMAIN_NAMES

from segmentation.cells import literal
from segmentation.repairs import Flaw

# RFC 2142, “Mailbox Names for Common Services, Roles and Functions”, and what shops and clubs call them besides.
OFFICES = (
    "info marketing sales support abuse noc security postmaster hostmaster usenet news webmaster www uucp ftp "
    "admin administrator billing contact enquiries feedback hello help hr jobs mail mailer-daemon newsletter no-reply noreply "
    "office orders press root service team kontakt buchhaltung bestellung vertrieb contacto ventas commercial comptabilite"
).split()
_DOMAINS = Path(__file__).with_name("disposable_domains.txt")


@lru_cache(maxsize=1)
def disposable_domains() -> pa.Array:
    """Domains that give out throw-away addresses; the file says where they are from."""
    lines = _DOMAINS.read_text(encoding="utf-8").split("\n")
    return pa.array([line for line in lines if line and not line.startswith("#")], pa.string())


# Addresses of this form are valid, if their last part is not one of those that are set aside for tests and the like.
_PLAIN = r"[A-Za-z0-9_+-]+(\.[A-Za-z0-9_+-]+)*@([A-Za-z0-9]+(-[A-Za-z0-9]+)*\.)+[A-Za-z]{2,10}"
_PLAIN_LENGTH = 64
_SET_ASIDE = "|".join(sorted({name.rsplit(".", 1)[-1] for name in SPECIAL_USE_DOMAIN_NAMES}))


def suspicious(address: str, flaw: Flaw) -> str:
    """SQL that is true for all addresses that have the flaw, and for few others; `address` is SQL."""
    if flaw is Flaw.INVALID:
        return (
            f"NOT coalesce(regexp_full_match({address}, '{_PLAIN}') AND length({address}) <= {_PLAIN_LENGTH} "
            f"AND NOT regexp_matches({address}, '(?i)[.]({_SET_ASIDE})$'), false)"
        )
    if flaw is Flaw.OFFICE:
        return rf"regexp_matches({address}, '(?i)^\s*({'|'.join(OFFICES)})@')"
    return (
        f"trim(lower(split_part({address}, '@', 2))) IN ({', '.join(map(literal, disposable_domains().to_pylist()))})"
    )


def flawed(addresses: pa.Array, flaw: Flaw) -> pa.Array:
    """Whether each address is an office's or a throw-away one."""
    parts = pc.extract_regex(pc.utf8_lower(pc.utf8_trim_whitespace(addresses)), r"^(?P<local>[^@]+)@(?P<domain>[^@]+)$")
    if flaw is Flaw.OFFICE:
        return pc.is_in(pc.struct_field(parts, "local"), value_set=pa.array(OFFICES))
    return pc.is_in(pc.struct_field(parts, "domain"), value_set=disposable_domains())
