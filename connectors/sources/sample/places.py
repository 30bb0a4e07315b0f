"""The countries and cities customers live in, with what a place decides about a person."""

from typing import NamedTuple


class Country(NamedTuple):
    """A country's spelling, pay against Germany's, and its telephone numbers ('#' is any digit).

    The numbers are those its regulator keeps free for films and examples. The countries marked "no such range" keep none: theirs
    begin with digits that phonenumbers, which knows the national plans, holds for not in use.
    """

    name: str
    pay: float
    calling_code: str
    trunk: str
    numbers: tuple[str, ...]


class City(NamedTuple):
    """A city, its share of the customers, and the pattern of its postal codes ('#' is any digit, '@' any letter)."""

    name: str
    country: str
    share: float
    latitude: float
    longitude: float
    climate: str
    locale: str
    postal_code: str
    utc_offset: int
    second_locale: str = ""
    second_share: float = 0.0


AMERICAN_AREAS = "305 602 404 312 206 212 213 214 215 216 303 313 314 317 412 414 415 502 503 504 512 612 615 617 702"

COUNTRIES: dict[str, Country] = {
    country.name: country
    for country in (
        Country(
            "Germany",
            1.0,
            "49",
            "0",
            ("171 39200##", "176 040690##", "30 23125###", "40 66969###", "69 90009###", "89 99998###", "221 4710###"),
        ),
        Country("Austria", 0.98, "43", "0", ("600 000###",)),  # no such range
        Country("Switzerland", 1.6, "41", "0", ("70 000 0# ##",)),  # no such range
        Country("France", 0.88, "33", "0", ("1 99 00 ## ##",)),
        Country("United Kingdom", 0.95, "44", "0", ("20 7946 0###", "161 496 0###", "131 496 0###", "121 496 0###")),
        Country("Netherlands", 1.05, "31", "0", ("6 0000 0###",)),  # no such range
        Country("Spain", 0.7, "34", "", ("000 000 ###",)),  # no such range
        Country("Italy", 0.75, "39", "", ("300 000 0###",)),  # no such range
        Country(
            "Sweden",
            0.98,
            "46",
            "0",
            (
                *(f"70 174 06{digit}#" for digit in "123456789"),
                "8 465 004 ##",
                "31 390 06##",
                "40 628 04##",
                "980 319 2##",
            ),
        ),
        Country("Norway", 1.2, "47", "", ("20 00 0# ##",)),  # no such range
        Country("Poland", 0.5, "48", "", ("400 000 ###",)),  # no such range
        Country("Portugal", 0.5, "351", "", ("900 000 ###",)),  # no such range
        Country("United States", 1.3, "1", "", tuple(f"{area} 555 01##" for area in AMERICAN_AREAS.split())),
        Country("Australia", 1.15, "61", "0", ("2 5550 ####", "8 5550 ####")),
    )
}

CITIES: tuple[City, ...] = (
    City("Berlin", "Germany", 7.5, 52.5200, 13.4050, "Continental", "de-DE", "10###", 1, "en-DE", 0.07),
    City("Hamburg", "Germany", 6.0, 53.5511, 9.9937, "Oceanic", "de-DE", "20###", 1),
    City("Munich", "Germany", 5.5, 48.1351, 11.5820, "Continental", "de-DE", "80###", 1),
    City("Cologne", "Germany", 4.5, 50.9375, 6.9603, "Oceanic", "de-DE", "50###", 1),
    City("Leipzig", "Germany", 3.5, 51.3397, 12.3731, "Continental", "de-DE", "04###", 1),
    City("Vienna", "Austria", 2.5, 48.2082, 16.3738, "Continental", "de-AT", "1##0", 1),
    City("Graz", "Austria", 0.8, 47.0707, 15.4395, "Continental", "de-AT", "80##", 1),
    City("Zürich", "Switzerland", 2.4, 47.3769, 8.5417, "Oceanic", "de-CH", "80##", 1, "en-CH", 0.1),
    City("Geneva", "Switzerland", 1.4, 46.2044, 6.1432, "Oceanic", "fr-CH", "12##", 1),
    City("Paris", "France", 8.0, 48.8566, 2.3522, "Oceanic", "fr-FR", "750##", 1),
    City("Lyon", "France", 3.5, 45.7640, 4.8357, "Oceanic", "fr-FR", "6900#", 1),
    City("Marseille", "France", 2.5, 43.2965, 5.3698, "Mediterranean", "fr-FR", "130##", 1),
    City("Nice", "France", 1.2, 43.7102, 7.2620, "Mediterranean", "fr-FR", "06#00", 1),
    City("London", "United Kingdom", 9.0, 51.5072, -0.1276, "Oceanic", "en-GB", "SW# #@@", 0),
    City("Manchester", "United Kingdom", 3.8, 53.4808, -2.2426, "Oceanic", "en-GB", "M# #@@", 0),
    City("Edinburgh", "United Kingdom", 2.4, 55.9533, -3.1883, "Oceanic", "en-GB", "EH# #@@", 0),
    City("Amsterdam", "Netherlands", 2.4, 52.3676, 4.9041, "Oceanic", "nl-NL", "10## @@", 1),
    City("Madrid", "Spain", 1.5, 40.4168, -3.7038, "Mediterranean", "es-ES", "280##", 1),
    City("Barcelona", "Spain", 1.5, 41.3874, 2.1686, "Mediterranean", "es-ES", "080##", 1, "ca-ES", 0.25),
    City("Almería", "Spain", 0.5, 36.8340, -2.4637, "Arid", "es-ES", "040##", 1),
    City("Milan", "Italy", 1.4, 45.4642, 9.1900, "Subtropical", "it-IT", "201##", 1),
    City("Rome", "Italy", 1.4, 41.9028, 12.4964, "Mediterranean", "it-IT", "001##", 1),
    City("Stockholm", "Sweden", 2.0, 59.3293, 18.0686, "Nordic", "sv-SE", "11# ##", 1),
    City("Umeå", "Sweden", 0.5, 63.8258, 20.2630, "Nordic", "sv-SE", "90# ##", 1),
    City("Oslo", "Norway", 2.0, 59.9139, 10.7522, "Nordic", "nb-NO", "05##", 1),
    City("Warsaw", "Poland", 1.5, 52.2297, 21.0122, "Continental", "pl-PL", "00-###", 1),
    City("Kraków", "Poland", 0.8, 50.0647, 19.9450, "Continental", "pl-PL", "30-###", 1),
    City("Lisbon", "Portugal", 1.4, 38.7223, -9.1393, "Mediterranean", "pt-PT", "1#00-###", 0),
    City("Chicago", "United States", 3.6, 41.8781, -87.6298, "Continental", "en-US", "606##", -6),
    City("Boston", "United States", 2.6, 42.3601, -71.0589, "Continental", "en-US", "021##", -5),
    City("Miami", "United States", 2.4, 25.7617, -80.1918, "Tropical", "en-US", "331##", -5, "es-US", 0.4),
    City("Phoenix", "United States", 2.0, 33.4484, -112.0740, "Arid", "en-US", "850##", -7, "es-US", 0.2),
    City("Atlanta", "United States", 1.6, 33.7490, -84.3880, "Subtropical", "en-US", "303##", -5),
    City("Sydney", "Australia", 2.4, -33.8688, 151.2093, "Subtropical", "en-AU", "20##", 10),
    City("Darwin", "Australia", 1.0, -12.4634, 130.8456, "Tropical", "en-AU", "08##", 9),
)
