"""What recipes need of a catalogue (the event of a purchase, the amount, the city …), and which name that is in it.

All phrases are lower case without accents and in the singular, as `naming.words` and `naming.singular` give them; the first is the
likeliest. An event or detail is also found by a name that is a misspelt phrase, or that contains one of several words.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from rapidfuzz import fuzz

from segmentation.catalogue import Catalogue, EventProperty, EventType, Field, Kind, Role
from segmentation.errors import HandpickError, close_names
from segmentation.naming import singular, words

_LIKE = 93  # how alike, in percent, a misspelt name must be to a phrase
_EXACT, _MISSPELT, _CONTAINED = 3, 2, 1


class Ingredient(StrEnum):
    """What a recipe may need."""

    PURCHASE = "purchase"
    CART = "cart"
    CHECKOUT = "checkout"
    PAGE_VIEW = "page_view"
    PRODUCT_VIEW = "product_view"
    EMAIL_OPENED = "email_opened"
    AMOUNT = "amount"
    PRODUCT = "product"
    VIEWED_PRODUCT = "viewed_product"
    CATEGORY = "category"
    PAGE = "page"
    BIRTH_DATE = "birth_date"
    SIGNUP_DATE = "signup_date"
    CITY = "city"


@dataclass(frozen=True)
class Source:
    """Where an ingredient is found: among events, among details of the events of `of`, or as the field with a role."""

    words: str  # “Needs …”
    phrases: tuple[str, ...] = ()
    kinds: frozenset[Kind] = frozenset()
    of: tuple[Ingredient, ...] = ()  # all of these that are found have it
    role: Role = Role.NONE


_TEXT, _DAY = frozenset({Kind.TEXT}), frozenset({Kind.DATE, Kind.MOMENT})
_CODE = frozenset({Kind.TEXT, Kind.NUMBER})

_PRODUCTS = (
    "product id", "sku", "product", "product name", "item id", "item", "item name", "stock code", "article",
    "product code", "description", "title", "artikel", "produkt", "produit", "producto",
)  # fmt: skip

SOURCES: dict[Ingredient, Source] = {
    Ingredient.PURCHASE: Source("an event for buying", (
        "purchase", "purchased", "order", "order completed", "order placed", "placed order", "completed order", "ordered",
        "bought", "buy", "sale", "transaction", "checkout completed", "completed checkout", "payment", "paid", "invoice",
        "booking", "booked", "donation", "bestellung", "kauf", "verkauf", "commande", "achat", "pedido", "compra", "venta",
    )),
    Ingredient.CART: Source("an event for adding to the cart", (
        "add to cart", "added to cart", "cart add", "cart added", "add to basket", "added to basket", "add to bag",
        "added to bag", "product added", "item added", "added product", "cart", "basket", "warenkorb", "panier", "carrito",
    )),
    Ingredient.CHECKOUT: Source("an event for starting a checkout", (
        "checkout started", "started checkout", "begin checkout", "checkout begun", "start checkout", "initiate checkout",
        "initiated checkout", "checkout initiated", "checkout", "kasse",
    )),
    Ingredient.PAGE_VIEW: Source("an event for viewing a page", (
        "page view", "pageview", "page viewed", "viewed page", "view page", "page", "product view", "product viewed",
        "viewed product", "view product", "view item", "view content", "screen view", "screen viewed", "viewed", "view",
        "visit", "visited", "seitenaufruf", "besuch", "visite", "visita",
    )),
    Ingredient.PRODUCT_VIEW: Source("an event for viewing a product", (
        "product view", "product viewed", "viewed product", "view product", "view item", "item viewed", "viewed item",
        "view content", "page view", "pageview", "page viewed", "viewed page", "view page", "page", "screen view",
        "screen viewed", "viewed", "view", "seitenaufruf",
    )),
    Ingredient.EMAIL_OPENED: Source("an event for opening an e-mail", (
        "email opened", "email open", "opened email", "open email", "newsletter opened", "newsletter open",
        "opened newsletter", "message opened", "campaign opened", "mail opened", "mail open", "opened", "open",
    )),
    Ingredient.AMOUNT: Source("a number on purchases that says how much was spent", (
        "amount", "total", "revenue", "total price", "order total", "total amount", "order amount", "order value",
        "grand total", "line total", "line amount", "subtotal", "sale", "spent", "value", "price", "payment",
        "umsatz", "betrag", "summe", "montant", "importe", "monto",
    ), frozenset({Kind.NUMBER}), (Ingredient.PURCHASE,)),
    Ingredient.PRODUCT: Source(
        "a detail of carts and purchases with the product", _PRODUCTS, _CODE, (Ingredient.CART, Ingredient.PURCHASE)
    ),
    Ingredient.VIEWED_PRODUCT: Source(
        "a detail of these views with the product", _PRODUCTS, _CODE, (Ingredient.PRODUCT_VIEW,)
    ),
    Ingredient.CATEGORY: Source("a detail of purchases with the product or its category", (
        "category", "product category", "item category", "category name", "product type", "department", "kategorie", "categorie",
        "categoria", "product name", "product", "item name", "item", "description", "title", "artikel", "produkt",
    ), _TEXT, (Ingredient.PURCHASE,)),
    Ingredient.PAGE: Source("a detail of page views with the page", (
        "page", "page url", "url", "path", "page path", "page name", "page title", "page location", "screen",
        "screen name", "link", "seite", "pagina",
    ), _TEXT, (Ingredient.PAGE_VIEW,)),
    Ingredient.BIRTH_DATE: Source("a field with the date of birth", kinds=_DAY, role=Role.BIRTH_DATE),
    Ingredient.SIGNUP_DATE: Source("a field with the date of signing up", kinds=_DAY, role=Role.SIGNUP_DATE),
    Ingredient.CITY: Source("a field with the city", kinds=_TEXT, role=Role.CITY),
}  # fmt: skip
_UNDONE = frozenset(
    "cancel cancelled canceled cancellation refund refunded return returned remove removed removal fail failed failure"
    " abandon abandoned wishlist decline declined void voided delete deleted expired storno".split()
)
"""An event with one of these words is the contrary of what its other words say."""
_CURRENCIES = frozenset("eur euro usd dollar gbp pound chf".split())

Candidate = EventType | EventProperty | Field


def _key(name: str) -> tuple[str, ...]:
    return tuple(singular(word) for word in words(name) if word not in _CURRENCIES)


def _phrases(source: Source) -> list[tuple[str, ...]]:
    return [_key(phrase) for phrase in source.phrases]


def _within(phrase: tuple[str, ...], own: tuple[str, ...]) -> bool:
    """Whether the words stand together in a name."""
    return any(own[start : start + len(phrase)] == phrase for start in range(len(own) - len(phrase) + 1))


def _likeness(name: str, source: Source) -> tuple[int, int, int]:
    """How surely a name means it: exactly, misspelt or containing it (longer is surer), then the likelier phrase."""
    own = _key(name)
    if not own or _UNDONE & set(own):
        return (0, 0, 0)
    best = (0, 0, 0)
    for place, phrase in enumerate(_phrases(source)):
        if own == phrase or "".join(own) == "".join(phrase):
            found = (_EXACT, 0, -place)
        elif fuzz.token_sort_ratio(" ".join(own), " ".join(phrase)) >= _LIKE:
            found = (_MISSPELT, 0, -place)
        elif len(phrase) > 1 and _within(phrase, own):
            found = (_CONTAINED, len(phrase), -place)
        else:
            continue
        best = max(best, found)
    return best


def candidates(ingredient: Ingredient, catalogue: Catalogue) -> tuple[Candidate, ...]:
    """Everything in a catalogue that could be chosen for an ingredient, whatever its name says."""
    source = SOURCES[ingredient]
    if not source.kinds:
        return catalogue.events
    if source.of:
        return tuple(detail for detail in catalogue.properties if detail.kind in source.kinds)
    return tuple(field for field in catalogue.fields if field.kind in source.kinds)


def _is_on(detail: EventProperty, source: Source, found: Mapping[Ingredient, str]) -> bool:
    """Whether a detail is filled on the events it belongs to; a hand-made catalogue does not say."""
    events = [found[ingredient] for ingredient in source.of if ingredient in found]
    return bool(events) and (not detail.events or set(events) <= set(detail.events))


def _guess(ingredient: Ingredient, catalogue: Catalogue, found: Mapping[Ingredient, str]) -> str | None:
    source = SOURCES[ingredient]
    if source.role != Role.NONE:
        field = catalogue.with_role(source.role)
        return field.name if field is not None and field.kind in source.kinds else None
    best: tuple[tuple[int, ...], str] | None = None
    for candidate in candidates(ingredient, catalogue):
        likeness = _likeness(candidate.name, source)
        if not likeness[0]:
            continue
        if isinstance(candidate, EventProperty) and not _is_on(candidate, source, found):
            continue
        score = (*likeness, candidate.count if isinstance(candidate, EventType) else candidate.filled)
        if best is None or score > best[0]:
            best = (score, candidate.name)
    return best[1] if best is not None else None


def find_ingredients(catalogue: Catalogue, chosen: Mapping[Ingredient, str] | None = None) -> dict[Ingredient, str]:
    """The name of each ingredient in a catalogue, as far as there is one; `chosen` goes before what is guessed.

    Raises HandpickError where something chosen is not in the catalogue or cannot be used.
    """
    found: dict[Ingredient, str] = {}
    for ingredient in Ingredient:
        picked = (chosen or {}).get(ingredient)
        if picked is not None:
            known = [candidate.name for candidate in candidates(ingredient, catalogue)]
            if picked not in known:
                raise HandpickError(
                    f"“{picked}” cannot be used as {SOURCES[ingredient].words}.{close_names(picked, known)}"
                )
            found[ingredient] = picked
        elif (guessed := _guess(ingredient, catalogue, found)) is not None:
            found[ingredient] = guessed
    return found
