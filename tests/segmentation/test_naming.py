"""What names say about fields, keys, times and events."""

import pytest

from segmentation import naming
from segmentation.catalogue import Kind, Role, Theme
from segmentation.recognition import theme_and_role


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("signup_date", "Signup date"), ("MonthlyCharges", "Monthly charges"), ("CustomerID", "Customer ID"),
        ("customerID", "Customer ID"), ("SeniorCitizen", "Senior citizen"), ("StreamingTV", "Streaming TV"),
        ("CUSTOMER_NAME", "Customer name"), ("e-mail", "E-mail"), ("utm_source", "UTM source"), ("größe_cm", "Größe cm"),
        ("Phone 1", "Phone 1"), ("Größe (cm)", "Größe (cm)"), ("PLZ", "PLZ"), ("客户", "客户"), ("🎉", "🎉"), ('a"b', 'A"b'),
        ("ids", "IDs"), ("_", "_"), ("Administrative_Duration", "Administrative duration"),
    ],
)  # fmt: skip
def test_labels_are_readable(name: str, label: str) -> None:
    assert naming.label(name) == label


T, G, P, B, I, C = Theme  # noqa: E741


@pytest.mark.parametrize(
    ("name", "kind", "theme", "role"),
    [
        ("email", Kind.TEXT, I, Role.EMAIL), ("E-Mail-Adresse", Kind.TEXT, I, Role.EMAIL), ("phone", Kind.TEXT, I, Role.PHONE),
        ("first_name", Kind.TEXT, I, Role.FIRST_NAME), ("Vorname", Kind.TEXT, I, Role.FIRST_NAME),
        ("prénom", Kind.TEXT, I, Role.FIRST_NAME), ("apellidos", Kind.TEXT, I, Role.LAST_NAME),
        ("name", Kind.TEXT, I, Role.FULL_NAME), ("product_name", Kind.TEXT, B, Role.NONE), ("Straße", Kind.TEXT, I, Role.ADDRESS),
        ("city", Kind.TEXT, G, Role.CITY), ("Bundesland", Kind.TEXT, G, Role.REGION), ("plz", Kind.TEXT, G, Role.POSTAL_CODE),
        ("country", Kind.TEXT, G, Role.COUNTRY), ("language", Kind.TEXT, G, Role.LANGUAGE), ("climate", Kind.TEXT, G, Role.NONE),
        ("lat", Kind.NUMBER, G, Role.LATITUDE), ("lng", Kind.NUMBER, G, Role.LONGITUDE),
        ("dob", Kind.DATE, T, Role.BIRTH_DATE), ("Geburtsdatum", Kind.DATE, T, Role.BIRTH_DATE),
        ("gender", Kind.TEXT, T, Role.GENDER), ("age", Kind.NUMBER, T, Role.NONE), ("Dependents", Kind.YES_NO, T, Role.NONE),
        ("signup_date", Kind.DATE, B, Role.SIGNUP_DATE), ("tenure", Kind.NUMBER, B, Role.NONE),
        ("MonthlyCharges", Kind.NUMBER, B, Role.NONE), ("PhoneService", Kind.YES_NO, B, Role.NONE),
        ("email_opens", Kind.NUMBER, B, Role.NONE), ("interests", Kind.LIST, P, Role.NONE), ("lifestyle", Kind.TEXT, P, Role.NONE),
        ("interest_rate", Kind.NUMBER, B, Role.NONE),
        ("email_consent", Kind.YES_NO, C, Role.EMAIL_CONSENT), ("sms_opt_in", Kind.YES_NO, C, Role.SMS_CONSENT),
        ("newsletter", Kind.YES_NO, C, Role.EMAIL_CONSENT), ("ads_consent", Kind.YES_NO, C, Role.ADS_CONSENT),
        ("unsubscribed", Kind.YES_NO, C, Role.NONE), ("email_opt_out", Kind.YES_NO, C, Role.NONE),
        ("email_unsubscribed", Kind.YES_NO, C, Role.NONE), ("sms_opt_out", Kind.YES_NO, C, Role.NONE),
        ("email_consent_at", Kind.MOMENT, C, Role.NONE), ("company_phone", Kind.TEXT, I, Role.PHONE),
        ("emailadress", Kind.TEXT, I, Role.EMAIL), ("foo", Kind.TEXT, T, Role.NONE), ("foo", Kind.NUMBER, B, Role.NONE),
        ("value", Kind.NUMBER, B, Role.NONE), ("Partner", Kind.YES_NO, T, Role.NONE), ("do_not_contact", Kind.YES_NO, C, Role.NONE),
    ],
)  # fmt: skip
def test_themes_and_roles_from_names(name: str, kind: Kind, theme: Theme, role: Role) -> None:
    assert theme_and_role(name, kind, {}) == (theme, role)


@pytest.mark.parametrize(
    ("name", "values", "expected"),
    [
        ("a", ["x@y.org", "z@w.com"], (I, Role.EMAIL)), ("a", ["+49 170 1234567", "+1 555 123 4567"], (I, Role.PHONE)),
        ("a", ["Deutschland", "Frankreich", "Italien"], (G, Role.COUNTRY)), ("a", ["Germany", "France"], (G, Role.COUNTRY)),
        ("a", ["DE", "FR", "GB", "IT"], (G, Role.COUNTRY)), ("a", ["CA", "TX", "DE", "NY"], (T, Role.NONE)),
        ("a", ["en-GB", "de_DE"], (G, Role.LANGUAGE)), ("a", ["red", "green"], (T, Role.NONE)),
        ("email", ["red", "green"], (I, Role.NONE)), ("phone", ["iPhone", "Android"], (I, Role.NONE)),
        ("plan", ["Gold", "Basic"], (B, Role.NONE)),
    ],
)  # fmt: skip
def test_values_speak_where_names_do_not(name: str, values: list[str], expected: tuple[Theme, Role]) -> None:
    assert theme_and_role(name, Kind.TEXT, dict.fromkeys(values, 1)) == expected


def test_latitudes_beyond_the_poles_are_none() -> None:
    assert theme_and_role("lat", Kind.NUMBER, {"95.2": 1})[1] is Role.NONE


@pytest.mark.parametrize(
    "name",
    [
        "id",
        "user_id",
        "CustomerID",
        "zip",
        "postal_code",
        "phone",
        "sku",
        "StockCode",
        "InvoiceNo",
        "order number",
        "PLZ",
    ],
)
def test_digits_under_these_names_are_no_amounts(name: str) -> None:
    assert naming.is_textual(name)


@pytest.mark.parametrize("name", ["orders", "paid", "number_of_orders", "num_visits", "code_count", "total", "width"])
def test_digits_under_other_names_are_amounts(name: str) -> None:
    assert not naming.is_textual(name)


@pytest.mark.parametrize(
    ("column", "table", "least"),
    [
        ("customer_id", "orders.csv", 100),
        ("kundennummer", "a", 100),
        ("id", "customers.csv", 60),
        ("donor_no", "donors", 90),
    ],
)
def test_names_of_a_persons_id(column: str, table: str, least: int) -> None:
    assert naming.key_score(column, table) >= least


@pytest.mark.parametrize("column", ["order_id", "product_id", "members", "city", "amount", "created_at"])
def test_other_names_are_no_persons_id(column: str) -> None:
    assert naming.key_score(column, "orders.csv") < 70


@pytest.mark.parametrize(
    ("table", "sells", "event"),
    [
        ("orders.csv", True, "order"), ("page_views.csv", False, "page view"), ("online_retail_2010_2011.csv", True, "purchase"),
        ("crm_orders_export_2024.csv", False, "order"), ("Bestellungen.xlsx", False, "order"), ("Sheet1", False, "event"),
        ("activities", False, "activity"), ("gym_checkins.csv", False, "gym checkin"),
    ],
)  # fmt: skip
def test_one_name_for_the_events_of_a_table(table: str, sells: bool, event: str) -> None:
    assert naming.event_name(table, sells) == event


def test_a_type_names_events_only_where_the_table_does_not() -> None:
    assert naming.event_column(["type", "when"], "log.csv") == "type"
    assert naming.event_column(["type", "when"], "orders.csv") is None
    assert naming.event_column(["type", "event_name"], "orders.csv") == "event_name"


def test_the_time_of_an_event_is_no_birth_date() -> None:
    scores = {
        name: naming.time_score(name, Kind.DATE) for name in ("birth_date", "InvoiceDate", "updated_at", "signup_date")
    }
    assert max(scores, key=lambda name: scores[name]) == "InvoiceDate"
    assert scores["birth_date"] < 0
    assert scores["signup_date"] < 0


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        (["Quantity", "UnitPrice"], ("Quantity", "UnitPrice")), (["qty", "price"], ("qty", "price")),
        (["qty", "price", "total"], None), (["qty", "unit_price", "total"], ("qty", "unit_price")), (["price"], None),
    ],
)  # fmt: skip
def test_quantity_and_unit_price(columns: list[str], expected: tuple[str, str] | None) -> None:
    assert naming.line_total(columns) == expected


@pytest.mark.parametrize(
    ("wanted", "taken", "expected"),
    [
        ("a", set(), "a"),
        ("A", {"a"}, "A_2"),
        ("_row", set(), "row"),
        ("_time", {"time"}, "time_2"),
        ("x", {"x", "x_2"}, "x_3"),
    ],
)
def test_names_are_free_in_any_case_of_letters(wanted: str, taken: set[str], expected: str) -> None:
    assert naming.free_name(wanted, taken) == expected


@pytest.mark.parametrize(
    ("label", "several"),
    [("Interest name", "Interest names"), ("Category", "Categories"), ("Key", "Keys"), ("Tags", "Tags"), ("Box", "Boxes"), ("Status", "Status"),
     ("Genre (main)", "Genre (main)"), ("Description 2", "Description 2"), ("", "")],
)  # fmt: skip
def test_plurals_of_labels(label: str, several: str) -> None:
    assert naming.plural(label) == several


@pytest.mark.parametrize(
    "name",
    [
        "password", "PASSWORD", "UserPassword", "passwd", "pwd", "PasswordHash", "encrypted_password", "password_salt", "user_pass", "UserPass",
        "login pass", "pass", "Pass", "pass_hash", "passphrase", "passcode", "Passwort", "Kennwort", "contraseña", "Senha", "senha_hash",
        "mot de passe", "mot_de_passe", "motDePasse", "Mot de passe du client", "salt", "hash", "token", "access_token", "remember_token", "apiKey",
        "user_activation_key", "client_secret", "security_answer",
    ],
)  # fmt: skip
def test_what_is_as_good_as_a_password_is_a_secret(name: str) -> None:
    assert naming.is_secret(name)


@pytest.mark.parametrize(
    "name",
    [
        "boarding_pass", "season pass holder", "Season pass", "pass_type", "ski_pass", "member_pass", "has_pass", "pass_holder", "passport",
        "passenger", "bypass", "boarding_pass_code", "hashtag", "email_hash", "customer_hash", "tokens", "push_token", "device_token", "salted_snacks",
        "salt_preference", "secret_santa", "top_secret_sale", "key", "customer_key", "compass", "desenha", "user_id", "login_name", "class_pass",
    ],
)  # fmt: skip
def test_a_pass_of_a_customer_is_no_secret(name: str) -> None:
    assert not naming.is_secret(name)
