"""Addresses: invented streets in real cities, each with its own spot on the map."""

from enrichment.sandbox.world.company import Seat
from enrichment.sandbox.world.draw import Draw
from enrichment.sandbox.world.lore import City, Country, Language
from enrichment.sandbox.world.names import plain


def seat(country: Country, language: Language, city: City, draw: Draw) -> Seat:
    """An address in the city."""
    street_name = draw.pick("street", language.streets)
    number = str(draw.between("number", 12, 2400))
    pattern = city.postal_start + country.postal.replace("#", "", _digits(city.postal_start))
    postal_code = draw.fill("postal", pattern)
    parts = {"number": number, "street": street_name, "district": draw.pick("district", language.districts)}
    latitude, longitude = spot(city, street_name, number)
    return Seat(
        street=country.street.format(**parts),
        street_name=street_name,
        number=number,
        district=parts["district"],
        city=city,
        postal_code=postal_code,
        formatted=country.formatted.format(
            **parts, city=city.name, region_code=city.region_code, postal_code=postal_code
        ),
        latitude=latitude,
        longitude=longitude,
    )


def _digits(postal_start: str) -> int:
    """How many digits of the country's pattern the city's start already holds: none of the British ones."""
    return len(postal_start) if postal_start.isdecimal() else 0


def spot(city: City, street_name: str, number: str) -> tuple[float, float]:
    """Where a house stands: within some 3 km of the centre, the same for everyone who asks."""
    draw = Draw("spot", city.name, plain(street_name))
    along = int(number) / 100_000 if number.isdecimal() else 0.0
    latitude = city.latitude + (draw.share("latitude") - 0.5) * 0.05 + along
    longitude = city.longitude + (draw.share("longitude") - 0.5) * 0.05 + along
    return round(latitude, 6), round(longitude, 6)
