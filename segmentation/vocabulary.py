"""What words in column and table names mean, in English and some German, French and Spanish. One row each: add yours.

All words are lower case without accents; a phrase of several words must stand together; `=` in front: the whole name.
"""

from __future__ import annotations

from dataclasses import dataclass

from segmentation.catalogue import Kind, Role, Theme

ANY = frozenset(Kind)
TEXT = frozenset({Kind.TEXT})
CODE = frozenset({Kind.TEXT, Kind.NUMBER})
NUMBER = frozenset({Kind.NUMBER})
DAY = frozenset({Kind.DATE, Kind.MOMENT})
YES_NO = frozenset({Kind.YES_NO})
_D, _G, _P, _B, _I, _C = Theme


@dataclass(frozen=True)
class Meaning:
    """A field whose name has one of `phrases` and that is of one of `kinds` has this theme and role.

    The longest phrase wins; of equally long ones the last in the name ("company_phone" is a phone).
    """

    phrases: str  # separated by commas
    theme: Theme
    role: Role = Role.NONE
    kinds: frozenset[Kind] = ANY


PRIVATE = (
    "ip, ip address, username, user name, login name, nickname, screen name, ssn, soc sec, social security, passport, iban, "
    "account number, card number"
).split(", ")
"""Names of what tells of one person although no platform has a column for it."""

# Names of secrets, which are loaded only if somebody wants it, and of which nothing is ever shown as an example:
SECRET_STEMS = "password passwd passwort kennwort contrasena passphrase wachtwoord motdepasse".split()  # within a name
SECRET_WORDS = frozenset("pwd senha senhas passcode passcodes userpass mdp psw".split())  # anywhere in it
SECRET_ENDS = (
    "user pass, login pass, account pass, admin pass, wp pass, =pass, =pass word, =pass code, user pw, login pw, =pw, user salt, pass salt, "
    "hash salt, =salt, pass hash, pw hash, =hash, access token, auth token, authentication token, refresh token, reset token, "
    "remember token, session token, login token, oauth token, api token, bearer token, csrf token, activation token, "
    "confirmation token, verification token, =token, api key, secret key, private key, auth key, activation key, client secret, "
    "app secret, api secret, otp secret, totp secret, =secret, secret answer, secret question, security answer, security question"
).split(", ")
"""At the end of a name; a pass of a marketer (boarding pass, season pass holder, member pass) is none."""

MEANINGS = (
    # Identity
    Meaning("email, email address, email adresse, adresse email, mail, mail address, correo, courriel, correo electronico", _I, Role.EMAIL, TEXT),
    Meaning("phone, phone number, telephone, mobile, mobile number, cell, cell phone, tel, telefon, telefonnummer, "
            "handy, handynummer, telefono, movil, portable, fax", _I, Role.PHONE, TEXT),
    Meaning("first name, given name, forename, vorname, prenom, nombre, =fname", _I, Role.FIRST_NAME, TEXT),
    Meaning("last name, surname, family name, nachname, familienname, nom de famille, apellido, apellidos, =lname, =nom",
            _I, Role.LAST_NAME, TEXT),
    Meaning("full name, =name, customer name, contact name, client name, person name, member name, user full name, "
            "nom complet, nombre completo, kundenname", _I, Role.FULL_NAME, TEXT),
    Meaning("address, street, street address, address line, strasse, anschrift, adresse, direccion, rue, calle",
            _I, Role.ADDRESS, TEXT),
    Meaning("street number, house number, hausnummer, username, user name, login name, nickname, screen name, id, ids, "
            "uuid, guid, ssn, soc sec, social security, passport, ip, ip address, iban, device id, cookie, website, url, "
            "account number, customer number, member number, card number, loyalty number, kundennummer", _I),
    # Consent. A refusal is no consent, so it has no role.
    Meaning("email consent, email opt in, email optin, email permission, email marketing, accepts marketing, "
            "newsletter, newsletter consent, newsletter opt in, newsletter permission, marketing consent, "
            "marketing opt in, marketing permission, opt in, optin, consent, subscribed, email subscribed, consentement, "
            "einwilligung, consentimiento", _C, Role.EMAIL_CONSENT, YES_NO),
    Meaning("sms consent, sms opt in, sms optin, sms permission, sms subscribed, text consent, sms marketing",
            _C, Role.SMS_CONSENT, YES_NO),
    Meaning("ads consent, ad consent, advertising consent, ad personalization, ad personalisation, ads opt in, "
            "ad user data, ads permission, ad tracking consent", _C, Role.ADS_CONSENT, YES_NO),
    Meaning("consent, opt in, optin, permission, permissions, newsletter, opt out, optout, email opt out, email optout, "
            "sms opt out, newsletter opt out, marketing opt out, unsubscribed, email unsubscribed, unsubscribe, "
            "do not contact, do not email, do not call, do not track, suppressed, suppression, gdpr, dsgvo, rgpd, "
            "push consent, phone consent, phone opt in, whatsapp consent, whatsapp opt in, einwilligung, abgemeldet, "
            "consentement, desabonne", _C),
    # Geography
    Meaning("city, town, stadt, ort, wohnort, ville, ciudad, municipality, commune, poblacion", _G, Role.CITY, TEXT),
    Meaning("region, state, province, bundesland, departement, provincia, county, canton, kanton, prefecture",
            _G, Role.REGION, TEXT),
    Meaning("zip, zip code, postal, postal code, postcode, post code, plz, postleitzahl, code postal, codigo postal, =cp",
            _G, Role.POSTAL_CODE, CODE),
    Meaning("country, country code, country name, =land, pays, pais, nation", _G, Role.COUNTRY, TEXT),
    Meaning("language, locale, lang, language code, sprache, langue, idioma", _G, Role.LANGUAGE, TEXT),
    Meaning("latitude, lat, breitengrad", _G, Role.LATITUDE, NUMBER),
    Meaning("longitude, lng, lon, long, langengrad", _G, Role.LONGITUDE, NUMBER),
    Meaning("climate, klima, weather, urban, rural, urbanicity, area, continent, timezone, time zone, territory, location, "
            "geo, neighbourhood, neighborhood, suburb, district, metro, population density, city size, distance to store, "
            "latitude, longitude, region, country, city, zip, postcode, language, locale, state", _G),
    # Demography
    Meaning("birth date, date of birth, dob, birthday, birthdate, birth, born, geburtsdatum, geburtstag, naissance, "
            "date de naissance, fecha de nacimiento, nacimiento", _D, Role.BIRTH_DATE, DAY),
    Meaning("gender, sex, geschlecht, sexe, genero, sexo", _D, Role.GENDER, TEXT),
    Meaning("company, company name, firma, employer, organisation, organization, entreprise, empresa, societe, "
            "unternehmen", _D, Role.COMPANY, TEXT),
    Meaning("job title, contact title, job, occupation, profession, beruf, position, poste, puesto, profesion, job role", _D,
            Role.JOB_TITLE, TEXT),
    Meaning("age, alter, edad, age group, age band, birth year, year of birth, income, household income, annual income, "
            "salary, einkommen, revenu, ingresos, education, bildung, marital, marital status, married, family, "
            "family size, children, kids, kinder, enfants, household, household size, dependents, partner, senior, "
            "senior citizen, ethnicity, race, religion, employment, employment status, employed, homeowner, home owner, "
            "nationality, generation, student, retired, salutation, anrede, =title, industry, gender, sex", _D),
    # Interests, values, attitudes
    Meaning("interest, interests, hobby, hobbies, =values, core values, personal values, lifestyle, attitude, attitudes, opinion, opinions, "
            "personality, preference, preferences, preferred, favorite, favourite, motivation, belief, beliefs, persona, "
            "affinity, affinities, sentiment, satisfaction, mindset, taste, tastes, price sensitivity, risk appetite, "
            "brand loyalty, political, sustainability, interessen, lebensstil, werte, einstellung, interets, intereses, "
            "personality type, nps, survey", _P),
    # Behaviour
    Meaning("signup, signup date, sign up date, signed up, signed up at, registered, registered at, registration, "
            "registration date, created at, =created, date created, join date, joined, joined at, member since, "
            "customer since, subscription date, anmeldedatum, registrierung, kunde seit, date inscription, fecha alta, "
            "fecha registro", _B, Role.SIGNUP_DATE, DAY),
    Meaning("tenure, charge, charges, spend, spent, spending, revenue, order, orders, order count, purchase, purchases, "
            "visit, visits, session, sessions, click, clicks, open, opens, email opens, email clicks, contract, payment, "
            "payment method, billing, subscription, plan, churn, churned, service, services, lines, internet, streaming, "
            "security, backup, protection, support, device, usage, recency, frequency, monetary, amount, total, balance, "
            "loan, default, discount, coupon, cart, basket, product, products, category, channel, source, campaign, "
            "segment, loyalty, tier, score, points, status, lifecycle, lifetime value, ltv, clv, aov, return, returns, "
            "refund, login, logins, last login, duration, page, pages, browser, traffic, views, contact, contacts, previous, "
            "interest rate, rate, rates, price, quantity, sku, stock, invoice, event, action, activity, umsatz, bestellung, "
            "bestellungen, kauf, commande, commandes, achat, achats, compra, compras, pedido, pedidos, gasto, history, "
            "newbie, conversion, last seen, first seen, last visit, last purchase, last order, first order, vip, store, month, weekend, weekday, "
            "season, outcome, visitor, description", _B),
)  # fmt: skip

ACRONYMS = frozenset(
    "id ids url sms nps ltv clv aov vip ip utm vat tv crm sku uuid guid iban ssn plz b2b b2c usd eur gbp roi rfm ean isbn"
    " cpc cpm ctr api os dvd cd qr gps hr it nr ai".split()
)

# Whose number is it? Names of the person's id are a person word and an id word.
PERSON = frozenset(
    "customer customers client clients user users person people contact contacts member members subscriber subscribers"
    " profile profiles account accounts visitor visitors household guest guests donor donors patient patients buyer"
    " buyers shopper shoppers lead leads individual consumer consumers student students cust kunde kunden kundin nutzer"
    " personen personne personnes utilisateur utilisateurs cliente clientes usuario usuarios socio socios abonne"
    " bank_client".split()
)
# Others than customers whose rows a look-up may have: their names are theirs.
OTHERS = frozenset(
    "staff employee rep representative salesperson seller agent manager owner clerk advisor adviser consultant contact author"
    " artist actor doctor teacher trainer coach driver referrer mitarbeiter vertreter employe vendeur empleado vendedor".split()
)
NUMBERING = frozenset(
    "id ids key uuid guid no nr num number code ref reference identifier nummer numero identifiant identificador".split()
)
PERSON_NUMBERS = frozenset(person + number for person in PERSON for number in NUMBERING) | {"kdnr", "knr"}

# Columns whose digits are a name, not an amount: they stay text.
TEXTUAL = NUMBERING - {"num", "number"} | set(
    "zip zipcode postal postcode plz postleitzahl phone telephone mobile tel fax telefon telefono handy cell sku iban isbn"
    " ean gtin upc vat ssn barcode passport cp asin mpn msisdn imei".split()
)
NOT_TEXTUAL = frozenset("count counts total sum avg average mean share rate ratio price cost amount".split())

# A 0/1 column with one of these is a small count, not yes or no.
COUNTING = frozenset(
    "count counts number num no nr qty quantity anzahl items orders visits children kids times amount total sum score"
    " rating level rank stars points dependents purchases sessions clicks opens tickets complaints returns days months"
    " years weeks hours age n nb menge nombre cantidad siblings rooms cars pets value cluster group index day month year"
    " week hour bucket decile quintile quartile tier version".split()
)

# Lists in one cell.
LISTED = frozenset(
    "interests hobbies tags topics categories segments preferences skills languages products brands lists groups"
    " channels interessen hobbys intereses interets sports genres services labels roles keywords features colors colours"
    " codes permissions attributes".split()
)

# The moment of an event: higher is better, negative is never chosen by itself.
EVENT_TIMES: dict[str, int] = {
    "timestamp": 12, "ts": 10, "datetime": 11, "time": 10, "occurred": 12, "event": 6, "happened": 10, "date": 8,
    "day": 4, "datum": 8, "zeit": 8, "zeitpunkt": 10, "fecha": 8, "heure": 8, "at": 5, "when": 8, "order": 4,
    "ordered": 8, "invoice": 4, "purchase": 5, "purchased": 8, "transaction": 5, "visit": 4, "visited": 6, "created": 4,
    "bestelldatum": 12, "rechnungsdatum": 10, "kaufdatum": 12, "started": 4, "start": 3, "sent": 5, "clicked": 6,
    "opened": 6, "viewed": 6, "placed": 6, "posted": 4, "sale": 4, "booking": 4, "paid": 3,
    "updated": -6, "modified": -6, "changed": -6, "shipped": -6, "delivered": -6, "delivery": -6, "due": -8, "end": -6,
    "ended": -6, "expiry": -12, "expires": -12, "required": -8, "cancelled": -8, "canceled": -8, "deleted": -10,
    "loaded": -10, "imported": -10, "birth": -40, "dob": -40, "birthday": -40, "birthdate": -40, "geburtsdatum": -40,
    "geburtstag": -40, "naissance": -40, "nacimiento": -40, "signup": -20, "signed": -20, "registered": -20,
    "registration": -20, "joined": -20, "join": -20, "since": -20, "subscription": -20, "first": -15, "last": -15,
    "next": -15,
}  # fmt: skip

EVENT_COLUMNS = (
    "event name", "event", "event type", "action", "activity", "type", "activity type", "action type", "interaction",
    "interaction type", "verb", "ereignis", "evento", "evenement", "aktion",
)  # fmt: skip

EVENT_NOUNS = frozenset(
    "order purchase transaction sale visit session view click open login booking ticket call payment invoice download"
    " search review return refund donation event activity interaction delivery complaint message impression".split()
) | {"page view", "order line", "order item", "line item", "add to cart", "email open", "email click"}
GENERAL_NOUNS = ("event", "activity", "interaction", "log", "action")  # they need the name of what happened
FOREIGN_NOUNS = {
    "bestellung": "order", "bestellungen": "order", "kauf": "purchase", "kaufe": "purchase", "kaeufe": "purchase",
    "commande": "order", "commandes": "order", "achat": "purchase", "achats": "purchase", "pedido": "order",
    "pedidos": "order", "compra": "purchase", "compras": "purchase", "verkaufe": "sale", "ventes": "sale",
    "ventas": "sale", "besuche": "visit", "visites": "visit", "visitas": "visit",
}  # fmt: skip
NOISE = frozenset(
    "export exports data dump csv xlsx txt parquet all full raw table tbl final new old copy list the dev sample file history"
    " tab sheet extract report df dim fact fct stg public main v".split()
)

QUANTITIES = (
    "quantity",
    "qty",
    "menge",
    "anzahl",
    "quantite",
    "cantidad",
    "units",
    "order quantity",
    "quantity ordered",
)
UNIT_PRICES = (
    "unit price", "unitprice", "price per unit", "item price", "price each", "einzelpreis", "stuckpreis", "prix unitaire",
    "precio unitario",
)  # fmt: skip
PRICES = ("price", "preis", "prix", "precio")
TOTALS = frozenset(
    "total, amount, revenue, sales, total price, order total, subtotal, line amount, order value".split(", ")
)
