"""What people do, in plain English: common events as verbs and nouns, others by their label in quotation marks."""

from __future__ import annotations

from typing import NamedTuple

from segmentation.naming import words
from segmentation.wording import UNKNOWN, Names, joined, quoted


class Deed(NamedTuple):
    """One event as (who …), (who did not …), (without …), and as a noun: one, several."""

    did: str
    do: str
    doing: str
    one: str
    several: str


_VIEW = Deed("viewed a page", "view a page", "viewing a page", "page view", "page views")
_PRODUCT = Deed("viewed a product", "view a product", "viewing a product", "product view", "product views")
_CART = Deed(
    "added to the cart", "add to the cart", "adding to the cart", "addition to the cart", "additions to the cart"
)
_CHECKOUT = Deed("started a checkout", "start a checkout", "starting a checkout", "checkout", "checkouts")
_PURCHASE = Deed("purchased", "purchase", "purchasing", "purchase", "purchases")
_ORDER = Deed("ordered", "order", "ordering", "order", "orders")
_REFUND = Deed("were refunded", "get a refund", "getting a refund", "refund", "refunds")
_SENT = Deed("were sent an e-mail", "get an e-mail", "getting an e-mail", "e-mail sent to them", "e-mails sent to them")
_OPENED = Deed("opened an e-mail", "open an e-mail", "opening an e-mail", "opened e-mail", "opened e-mails")
_CLICKED = Deed(
    "clicked in an e-mail", "click in an e-mail", "clicking in an e-mail", "click in an e-mail", "clicks in e-mails"
)
_APP = Deed("used the app", "use the app", "using the app", "use of the app", "uses of the app")
_LOGIN = Deed("logged in", "log in", "logging in", "login", "logins")
_SIGNUP = Deed("signed up", "sign up", "signing up", "sign-up", "sign-ups")
_VISIT = Deed("visited", "visit", "visiting", "visit", "visits")
_SEARCH = Deed("searched", "search", "searching", "search", "searches")

DEEDS: dict[str, Deed] = {
    "page view": _VIEW,
    "pageview": _VIEW,
    "page viewed": _VIEW,
    "product view": _PRODUCT,
    "product viewed": _PRODUCT,
    "view item": _PRODUCT,
    "add to cart": _CART,
    "added to cart": _CART,
    "checkout started": _CHECKOUT,
    "begin checkout": _CHECKOUT,
    "purchase": _PURCHASE,
    "order": _ORDER,
    "refund": _REFUND,
    "email sent": _SENT,
    "email opened": _OPENED,
    "email open": _OPENED,
    "email clicked": _CLICKED,
    "email click": _CLICKED,
    "app session": _APP,
    "login": _LOGIN,
    "signup": _SIGNUP,
    "sign up": _SIGNUP,
    "visit": _VISIT,
    "search": _SEARCH,
}  # fmt: skip
"""Common events by the words of their names; others read as “did “name”” and “did not do “name””."""


def deed(name: str, names: Names) -> Deed:
    """An event in words."""
    found = DEEDS.get(" ".join(words(name)))
    if found is not None:
        return found
    label = quoted(next((event.label for event in names.catalogue.events if event.name == name), name))
    return Deed(f"did {label}", f"do {label}", f"doing {label}", label, label)


def done(events: tuple[str, ...], names: Names) -> str:
    """`purchased or logged in`."""
    return joined([deed(event, names).did for event in events], "or") or f"did {UNKNOWN}"


def not_done(events: tuple[str, ...], names: Names) -> str:
    """`did not purchase`, `did neither purchase nor log in`."""
    deeds = [deed(event, names).do for event in events]
    if len(deeds) == 2:
        return f"did neither {deeds[0]} nor {deeds[1]}"
    return f"did not {joined(deeds, 'or') or f'do {UNKNOWN}'}"


def doing(events: tuple[str, ...], names: Names) -> str:
    """`purchasing or logging in`."""
    return joined([deed(event, names).doing for event in events], "or") or f"doing {UNKNOWN}"


def one_of(events: tuple[str, ...], names: Names) -> str:
    """`purchase or login`."""
    return joined([deed(event, names).one for event in events], "or") or UNKNOWN


def several_of(events: tuple[str, ...], names: Names) -> str:
    """`purchases and logins`."""
    return joined([deed(event, names).several for event in events], "and") or UNKNOWN
