"""E-mail addresses that reach nobody in person: offices' mailboxes and throw-away addresses."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

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


def flawed(addresses: pa.Array, flaw: Flaw) -> pa.Array:
    """Whether each address is an office's or a throw-away one."""
    parts = pc.extract_regex(pc.utf8_lower(pc.utf8_trim_whitespace(addresses)), r"^(?P<local>[^@]+)@(?P<domain>[^@]+)$")
    if flaw is Flaw.OFFICE:
        return pc.is_in(pc.struct_field(parts, "local"), value_set=pa.array(OFFICES))
    return pc.is_in(pc.struct_field(parts, "domain"), value_set=disposable_domains())
