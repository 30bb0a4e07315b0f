"""Texts in every usual encoding; what is no text is refused."""

# ruff: noqa: RUF001 - letters that look like others are what this is about

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from connectors.sources.delimited import stage_delimited
from segmentation.errors import SourceError


class Quiet:
    def __call__(self, message: str, share: float | None = None) -> None: ...

    def on_cancel(self, interrupt: object) -> None: ...


TEXT = "id,name,city\n1,Zoë,Köln\n2,Søren,Århus\n3,François,Besançon\n"
WESTERN = "Read as Windows-1252 (Western European)."


def read(tmp_path: Path, content: bytes) -> tuple[list[list[str]], tuple[str, ...]]:
    (tmp_path / "given").write_bytes(content)
    [table] = stage_delimited(tmp_path / "given", "people.csv", tmp_path, Quiet())
    assert table.rejected_rows == 0
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["given", table.path.name])
    rows = [list(row.values()) for row in pq.read_table(table.path).to_pylist()]
    return [list(table.columns), *rows], table.notes


@pytest.mark.parametrize(
    ("content", "notes"),
    [
        (TEXT.encode(), ()),
        (TEXT.encode("utf-8-sig"), ()),
        (TEXT.encode("utf-16"), ("Read as UTF-16.",)),
        (b"\xff\xfe" + TEXT.encode("utf-16-le"), ("Read as UTF-16.",)),
        (b"\xfe\xff" + TEXT.encode("utf-16-be"), ("Read as UTF-16.",)),
        (TEXT.encode("utf-16-le"), ("Read as UTF-16.",)),
        (TEXT.encode("utf-16-be"), ("Read as UTF-16.",)),
        (TEXT.encode("utf-32"), ("Read as UTF-32.",)),
        (TEXT.encode("cp1252"), (WESTERN,)),
    ],
)
def test_encodings(content: bytes, notes: tuple[str, ...], tmp_path: Path) -> None:
    rows, told = read(tmp_path, content)
    assert rows == [line.split(",") for line in TEXT.splitlines()]
    assert told == notes


OF_THE_WORLD = (
    ("cp1251", "Иван Петров,Санкт-Петербург", "Windows-1251 (Cyrillic)"),
    ("koi8_r", "Екатерина Смирнова,Новосибирская область", "KOI8-R (Cyrillic)"),
    ("cp1253", "Γιώργος Παπαδόπουλος,Θεσσαλονίκη", "Windows-1253 (Greek)"),
    ("cp1255", "שרה לוי ודוד כהן מירושלים,תל אביב נתניה", "Windows-1255 (Hebrew)"),
    ("cp1256", "محمد علي,القاهرة", "Windows-1256 (Arabic)"),
    ("cp932", "田中さくら,大阪市", "Shift-JIS (Japanese)"),
    ("euc_jp", "田中さくらと鈴木ひろし,東京都と大阪府のとなり", "EUC-JP (Japanese)"),
    ("gb18030", "张伟和王芳,深圳市北京路", "GB 18030 (Chinese)"),
    ("big5", "陳怡君與林志明,臺北市中山路", "Big5 (Chinese)"),
    ("cp949", "김철수,서울특별시", "EUC-KR (Korean)"),
    ("cp1250", "Dvořák Čeněk,Žižkov", "Windows-1250 (Central European)"),
    ("cp1250", "Małgorzata Wójcik,Łódź", "Windows-1250 (Central European)"),
    ("cp1250", "Őry László,Győr Üllő", "Windows-1250 (Central European)"),
    ("cp1254", "Gülşen Yıldız,Ağrı", "Windows-1254 (Turkish)"),
    ("iso8859_15", "François Noël,20 €", "ISO 8859-15 (Western European)"),
    ("mac_roman", "Jürgen Groß,Besançon", "Mac Roman"),
    ("cp850", "Übermaß Zoë,São João", "DOS 850 (Western European)"),
    ("cp1252", "Þórður Ýmir,Ísafjörður", "Windows-1252 (Western European)"),
    ("cp1252", "d’Or – “Größe”,20 € ½ “über”", "Windows-1252 (Western European)"),
    ("cp1252", "Muñoz,Mayor 5 2º B", "Windows-1252 (Western European)"),
    ("cp1252", "Mª José,Nº 4", "Windows-1252 (Western European)"),
    ("cp1252", "Lycra™ top,women’s", "Windows-1252 (Western European)"),
    ("cp1252", "Thanks…,wait…what", "Windows-1252 (Western European)"),
    ("cp1252", "Mon–Fri 9–17,east–west", "Windows-1252 (Western European)"),
    ("cp1252", "LEGO® City,Verbrauch (m³)", "Windows-1252 (Western European)"),
    ("cp1252", "5 µm,10×Äpfel", "Windows-1252 (Western European)"),
    ("cp1252", "à payer,è", "Windows-1252 (Western European)"),
    ("cp1252", "Price (£),£12.50", "Windows-1252 (Western European)"),
    ("cp1252", "É.,é", "Windows-1252 (Western European)"),
)


@pytest.mark.parametrize(("codec", "row", "label"), OF_THE_WORLD)
def test_code_pages_are_told_by_their_words(codec: str, row: str, label: str, tmp_path: Path) -> None:
    rows, notes = read(tmp_path, f"id,name,city\n1,{row}\n2,Anna,Ulm\n".encode(codec))
    assert rows[1:] == [["1", *row.split(",")], ["2", "Anna", "Ulm"]]
    assert notes == (f"Read as {label}.",)


@pytest.mark.parametrize("codec", ["gb18030", "cp932"])
def test_a_code_page_of_several_bytes_in_a_large_file(codec: str, tmp_path: Path) -> None:
    names = [f"{number},北京{number},東京" for number in range(20_000)]
    rows, _ = read(tmp_path, "\r\n".join(["id,name,city", *names]).encode(codec))
    assert rows[-1] == names[-1].split(",")


def test_emoji_in_utf16(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "id,mood\n1,🎉\n".encode("utf-16"))
    assert rows[1] == ["1", "🎉"]


def test_all_bytes_of_windows_1252_are_read(tmp_path: Path) -> None:
    letters = bytes(range(0x80, 0x100))
    rows, notes = read(tmp_path, b"id,text\n1," + letters + b"\n")
    text = letters.decode("cp1252", errors="surrogateescape")
    assert rows[1][1] == "".join(chr(ord(c) - 0xDC00) if "\udc80" <= c <= "\udcff" else c for c in text)
    assert notes == (WESTERN,)


def test_one_wrong_byte_does_not_spoil_the_rest(tmp_path: Path) -> None:
    rows, notes = read(tmp_path, TEXT.encode() + b"4,Ren\xe9,Nice\n")
    assert rows[1] == ["1", "Zoë", "Köln"]
    assert rows[4] == ["4", "René", "Nice"]
    assert notes == (f"1 character was not UTF-8 like the rest and read as {WESTERN[8:-1]}.",)


def test_windows_1252_deep_in_a_large_file(tmp_path: Path) -> None:
    plain = "".join(f"{i},Anna,Bonn\n" for i in range(150_000))
    rows, notes = read(tmp_path, f"id,name,city\n{plain}7,Zoë,Köln\n".encode("cp1252"))
    assert rows[-1] == ["7", "Zoë", "Köln"]
    assert len(rows) == 150_002
    assert notes == (WESTERN,)


def test_characters_over_the_edge_of_a_chunk(tmp_path: Path) -> None:
    rows, notes = read(tmp_path, ("id,text\n1,a" + "é" * 1_200_000 + "\n").encode())
    assert len(rows[1][1]) == 1_200_001
    assert notes == ()


def test_zero_bytes_are_left_out_and_told(tmp_path: Path) -> None:
    rows, notes = read(tmp_path, b"id,name,city\n1,An\0na,Bonn\n")
    assert rows[1] == ["1", "Anna", "Bonn"]
    assert notes == ("1 empty character was left out.",)


def test_binary_data_is_refused(tmp_path: Path) -> None:
    (tmp_path / "given").write_bytes(bytes(range(256)) * 10)
    with pytest.raises(SourceError, match=r"^people.csv is not a text table: what is in it is no text\."):
        stage_delimited(tmp_path / "given", "people.csv", tmp_path, Quiet())
