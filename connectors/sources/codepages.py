"""Which code page a text that is no Unicode was written with: the one in which its words look like words."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

WESTERN = "Windows-1252 (Western European)"

SCRIPTS: Mapping[str, str] = {
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp866": "DOS 866 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic)",
    "cp932": "Shift-JIS (Japanese)",
    "euc_jp": "EUC-JP (Japanese)",
    "gb18030": "GB 18030 (Chinese)",
    "big5": "Big5 (Chinese)",
    "cp949": "EUC-KR (Korean)",
}
"""Of other scripts than ours: hardly a word in them also has letters of ASCII."""

LATIN: Mapping[str, str] = {
    "cp1252": WESTERN,
    "cp1250": "Windows-1250 (Central European)",
    "iso8859_2": "ISO 8859-2 (Central European)",
    "mac_roman": "Mac Roman",
    "cp850": "DOS 850 (Western European)",
}
"""Of our script, in the order in which a tie is decided."""

LOOKALIKES: tuple[tuple[str, str, tuple[str, ...], str], ...] = (
    ("cp1250", LATIN["cp1250"], ("šžŠŽ", "èøìÈØÌ"), "åñã"),  # Czech, Slovak, Slovene, Croatian: š ž with č ř ě
    ("cp1250", LATIN["cp1250"], ("õûÕÛ", "öüÖÜ", "áéíóúÁÉÍÓÚ"), "ãàèêñåøæ"),  # Hungarian: ő ű with ö ü
    ("cp1254", "Windows-1254 (Turkish)", ("ðþÐÞ", "ýþÝÞ"), "áéíóúæã"),  # and not Icelandic, which has á é í
)
"""Codec, name, letters that come often where a text in it is read as Windows-1252, in which it looks whole, and letters that do not."""

WITHOUT_ASCII = 0.9  # of the words with other letters have only such
HARDLY = 0.1  # of the characters beyond ASCII are odd in a text that was read rightly
OFTEN, RARE = 0.05, 0.01  # of the characters beyond ASCII
BEYOND = re.compile(r"[^\x00-\x7f]")
ALPHABET = re.compile(r"[^\W\d_]+")
HEBREW = re.compile(rb"[\x00-\x7f\xe0-\xfa]*")  # in Cyrillic these are small letters only
KANGXI = "\u2e80"  # from here on Chinese, Japanese and Korean signs
HALF_KANA = re.compile("[\uff61-\uff9f]")  # what single bytes of other code pages look like in Shift-JIS
APOSTROPHES = "’\u00b4"
OPENING, CLOSING = "“\u2018«¿¡„€£×±", "”»™®©°ºª¹²³·"
PAUSES = "–—…"  # with words on both sides: too usual to tell anything by themselves


def code_page(sample: bytes) -> tuple[str, str]:
    """The codec and its name for people, told by lines that have characters beyond ASCII."""
    if HEBREW.fullmatch(sample) and _is_of_one_script(sample.decode("cp1255")):
        return "cp1255", SCRIPTS["cp1255"]
    from charset_normalizer import from_bytes  # the first page does without

    for match in from_bytes(sample, cp_isolation=[*SCRIPTS, "cp1252"]):
        if match.encoding == "cp1252":
            break
        if _is_of_one_script(str(match)):
            return match.encoding, SCRIPTS[match.encoding]
    if b"\xa4" in sample and not re.search(rb"[\x80-\x9f]", sample):
        return "iso8859_15", "ISO 8859-15 (Western European)"  # € there; in Windows-1252 a sign that nobody writes
    western = sample.decode("cp1252", "replace")
    beyond = BEYOND.findall(western)
    for codec, label, letters, others in LOOKALIKES:
        if all(_share(some, beyond) >= OFTEN for some in letters) and _share(others, beyond) < RARE:
            return codec, label
    odd = _odd(western)
    if len(odd) > HARDLY * len(beyond) and not set(odd) <= set(PAUSES):
        codec = min(LATIN, key=lambda name: _oddness(sample.decode(name, "replace")))
        if _oddness(sample.decode(codec, "replace")) <= HARDLY:
            return codec, LATIN[codec]
    return "cp1252", WESTERN


def _is_of_one_script(text: str) -> bool:
    """Whether words are wholly in ASCII or wholly not, and none has a capital behind a small letter.

    Single letters tell nothing, but for those that are words: “à” of “à payer” looks like one of any alphabet.
    """
    words = [word for word in ALPHABET.findall(text) if not word.isascii() and (len(word) > 1 or word > KANGXI)]
    whole = sum(not re.search("[A-Za-z]", word) and word[1:] in (word[1:].lower(), word[1:].upper()) for word in words)
    kana = len(HALF_KANA.findall(text))
    return bool(words) and whole >= WITHOUT_ASCII * len(words) and kana * 2 < sum(map(len, words))


def _share(letters: str, characters: Sequence[str]) -> float:
    return sum(character in letters for character in characters) / max(len(characters), 1)


def _oddness(text: str) -> float:
    """The share of characters beyond ASCII that are `_odd`."""
    beyond = BEYOND.findall(text)
    return len(_odd(text)) / len(beyond) if beyond else 0.0


def _odd(text: str) -> list[str]:
    """Characters beyond ASCII that stand where no word has them: signs and capitals within, letters of other scripts."""
    return [
        one.group()
        for one in BEYOND.finditer(text)
        if _is_odd(one.group(), text[max(one.start() - 1, 0) : one.start()], text[one.end() : one.end() + 1])
    ]


def _is_odd(character: str, before: str, after: str) -> bool:
    if character == "µ":
        return before.isalpha()
    if character.isalpha() and character not in CLOSING:
        return not unicodedata.name(character, "").startswith("LATIN") or (character.isupper() and before.islower())
    within = before.isalpha() or (after.isalpha() and character not in OPENING)
    return within and character not in APOSTROPHES and not (character in CLOSING and not after.isalpha())
