"""What a page's linked data says of the company that it belongs to."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from enrichment.domain.company import Field
from enrichment.domain.fact import Claim
from enrichment.domain.names import is_name_of_person, normalised_name
from enrichment.sources import payload
from enrichment.sources.contact import own_mailbox, phone
from enrichment.sources.website.imprint import is_legal_name
from enrichment.sources.website.linked_data import JSON_LD, MICRODATA, Thing, objects, text, texts
from enrichment.sources.website.page import Page, host, is_of
from enrichment.sources.website.properties import address, cnpj, coordinates, country_of, head_count, identifiers, year

# schema.org's Organization and what is below it, as far as companies use it.
TYPES = frozenset(
    re.findall(
        r"\w+",
        """
        Organization Corporation OnlineBusiness OnlineStore LocalBusiness NewsMediaOrganization
        EducationalOrganization CollegeOrUniversity School Airline Consortium Cooperative FundingScheme
        GovernmentOrganization LibrarySystem MedicalOrganization Hospital Pharmacy Physician Dentist DiagnosticLab
        VeterinaryCare MedicalClinic MedicalBusiness NGO PerformingGroup Project ResearchOrganization
        SearchRescueOrganization SportsOrganization WorkersUnion AnimalShelter ArchiveOrganization AutomotiveBusiness
        AutoBodyShop AutoDealer AutoPartsStore AutoRental AutoRepair AutoWash GasStation MotorcycleDealer ChildCare
        DryCleaningOrLaundry EmergencyService EmploymentAgency EntertainmentBusiness AmusementPark ArtGallery Casino
        MovieTheater NightClub FinancialService AccountingService BankOrCreditUnion InsuranceAgency FoodEstablishment
        Bakery BarOrPub Brewery CafeOrCoffeeShop Distillery FastFoodRestaurant IceCreamShop Restaurant Winery
        HealthAndBeautyBusiness BeautySalon DaySpa HairSalon HealthClub NailSalon TattooParlor
        HomeAndConstructionBusiness Electrician GeneralContractor HVACBusiness HousePainter Locksmith MovingCompany
        Plumber RoofingContractor InternetCafe LegalService Attorney Notary Library LodgingBusiness BedAndBreakfast
        Campground Hostel Hotel Motel Resort VacationRental ProfessionalService RadioStation RealEstateAgent
        RecyclingCenter SelfStorage ShoppingCenter SportsActivityLocation ExerciseGym GolfCourse Store BikeStore
        BookStore ClothingStore ComputerStore ConvenienceStore DepartmentStore ElectronicsStore Florist FurnitureStore
        GardenStore GroceryStore HardwareStore HobbyShop HomeGoodsStore JewelryStore LiquorStore MensClothingStore
        MobilePhoneStore MovieRentalStore MusicStore OfficeEquipmentStore OutletStore PawnShop PetStore ShoeStore
        SportingGoodsStore TireShop ToyStore WholesaleStore TelevisionStation TouristInformationCenter TravelAgency
        SoftwareCompany
        """,
    )
)
SITES = frozenset({"WebSite"})
# A publisher is most often the page's owner, and not always; what bears another site's address seldom is.
WEIGHT_BY_ROLE: Mapping[str, float] = {"": 1.0, "mainEntity": 1.0, "publisher": 0.8, "copyrightHolder": 0.8}
WEIGHT_OF_OTHER_SITE = 0.6
WEIGHT_OF_SITE = 0.9
# A name that ends in a legal form is most often the one in law.
WEIGHT_OF_FORM = 0.7
SHORTEST_DESCRIPTION, LONGEST_NAME = 15, 150


@dataclass(frozen=True, slots=True)
class Owner:
    """What one syntax of a page says of the page's owner; `weight` is how well that is known to be the owner."""

    properties: Mapping[str, object]
    weight: float


def owners(things: Iterable[Thing], page: Page) -> Iterator[Owner]:
    """The page's owner as JSON-LD describes it, and as microdata does."""
    organizations = [_placed(thing, page) for thing in things if _may_own(thing)]
    for syntax in (JSON_LD, MICRODATA):
        described = [owner for owner, written in organizations if written == syntax]
        if described:
            best = max(described, key=lambda owner: (owner.weight, "url" in owner.properties, len(owner.properties)))
            yield Owner(_merged(best, described), best.weight)


def site_claims(things: Iterable[Thing]) -> Iterator[Claim]:
    """What a page says of the site that it is part of."""
    for thing in things:
        if thing.types & SITES:
            values = {
                Field.NAME: _name(thing.properties, "name"),
                Field.DESCRIPTION: _description(thing.properties),
            }
            yield from payload.claims(values, thing.weight * WEIGHT_OF_SITE)


def declared_profiles(things: Iterable[Thing], owner_list: Iterable[Owner]) -> list[str]:
    """The addresses that the owner and its site say are theirs too."""
    described = [*(owner.properties for owner in owner_list), *(t.properties for t in things if t.types & SITES)]
    return [url for properties in described for url in texts(properties.get("sameAs"), "url", "@id")]


def claims(owner: Owner, page: Page, country: str) -> Iterator[Claim]:
    """Every claim that an owner's description makes; telephone numbers are read as they are dialled in the country."""
    properties = owner.properties
    name, legal_name = _name(properties, "name"), _name(properties, "legalName")
    numbers = texts([properties.get("telephone"), *_from_each(properties, "contactPoint", "telephone")])
    mailboxes = texts([properties.get("email"), *_from_each(properties, "contactPoint", "email")])
    values: dict[Field, object] = {
        Field.NAME: name,
        Field.LEGAL_NAME: legal_name,
        Field.DESCRIPTION: _description(properties),
        Field.LOGO_URL: _first(page.absolute(url) for url in texts(properties.get("logo"), "url", "contentUrl")),
        Field.PHONE: _first(phone(number, country) for number in numbers),
        Field.EMAIL: _first(_mailbox(given, page.domain) for given in mailboxes),
        Field.ADDRESS: address(properties),
        Field.COORDINATES: coordinates(properties),
        Field.COUNTRY_CODE: country_of(properties),
        Field.FOUNDED_YEAR: year(text(properties.get("foundingDate"))),
        Field.EMPLOYEE_COUNT: head_count(properties.get("numberOfEmployees")),
        Field.REGISTRATION_NUMBER: cnpj(properties),
        Field.IDENTIFIERS: tuple(identifiers(properties)),
    }
    yield from payload.claims(values, owner.weight)
    if is_legal_name(name):
        yield from payload.claims({Field.LEGAL_NAME: name}, owner.weight * WEIGHT_OF_FORM)


def _may_own(thing: Thing) -> bool:
    # A site that stands for a person says so with the type Person beside Organization.
    is_company = bool(thing.types & TYPES) and "Person" not in thing.types
    is_told = any(key in thing.properties for key in ("name", "logo", "url"))
    return is_company and is_told and thing.role in WEIGHT_BY_ROLE


def _placed(thing: Thing, page: Page) -> tuple[Owner, float]:
    urls = [page.absolute(url) for url in texts(thing.properties.get("url"), "@id", "url")]
    is_elsewhere = any(urls) and not any(is_of(host(url), page.domain) for url in urls)
    weight = thing.weight * WEIGHT_BY_ROLE[thing.role] * (WEIGHT_OF_OTHER_SITE if is_elsewhere else 1.0)
    return Owner(thing.properties, round(weight, 4)), thing.weight


def _merged(best: Owner, described: Iterable[Owner]) -> Mapping[str, object]:
    """The properties of the best description, with what others of the same company add."""
    merged = dict(best.properties)
    name = normalised_name(text(merged.get("name")))
    for other in described:
        if not name or normalised_name(text(other.properties.get("name"))) in ("", name):
            for key, value in other.properties.items():
                merged.setdefault(key, value)
            if other is not best and "sameAs" in other.properties:
                merged["sameAs"] = [merged["sameAs"], other.properties["sameAs"]]
    return merged


def _first(found: Iterable[str]) -> str:
    return next((text for text in found if text), "")


def _from_each(properties: Mapping[str, object], key: str, wanted: str) -> list[object]:
    return [item.get(wanted) for item in objects(properties.get(key))]


def _name(properties: Mapping[str, object], key: str) -> str:
    name = text(properties.get(key))[:LONGEST_NAME]
    return "" if is_name_of_person(name) else name


def _description(properties: Mapping[str, object]) -> str:
    description = text(properties.get("description"))
    return description if len(description) >= SHORTEST_DESCRIPTION else ""


def _mailbox(given: str, domain: str) -> str:
    return own_mailbox(given.strip().lower().removeprefix("mailto:"), domain)
