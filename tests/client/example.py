"""A stream as a server sends it, built by hand: an invented Brazilian company, observed at NOW."""

from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp
from google.rpc.status_pb2 import Status
from google.type.date_pb2 import Date
from google.type.latlng_pb2 import LatLng

from imensiah.enrichment.v1.company_pb2 import (
    Address,
    Company,
    CompanyField,
    CompanyStatus,
    EmployeeCount,
    Evidence,
    IndustryCode,
    ShareCapital,
    SocialProfile,
)
from imensiah.enrichment.v1.enrichment_service_pb2 import (
    Disposition,
    EnrichmentCompleted,
    EnrichmentStarted,
    EnrichResponse,
    Layer,
    LayerResult,
    Shortfall,
    SkipReason,
    SourceOutcome,
)

NOW = 1_800_000_000
DOMAIN = "lumiar-trilha-serena.com.br"

SITE = Company(
    domain=DOMAIN,
    name="Lumiar Trilha Serena",
    description="Guided walks and mountain huts in the Serra do Mar, for families, schools and companies: "
    "small groups, local guides, and a promise to leave every path as it was found.",
    founded_year=2009,
    registration_number="12345678000195",
    phone="+551140028922",
    email="contato@lumiar-trilha-serena.com.br",
    social_profiles=[
        SocialProfile(network="instagram", url="https://www.instagram.com/lumiartrilhaserena"),
        SocialProfile(network="linkedin", url="https://www.linkedin.com/company/lumiar-trilha-serena/"),
    ],
    technologies=["Cloudflare", "Google Workspace", "React"],
    employee_count=EmployeeCount(min=51, max=200),
)
REGISTERED = Company(
    legal_name="LUMIAR TRILHA SERENA TURISMO LTDA",
    incorporation_date=Date(year=2009, month=4, day=17),
    status=CompanyStatus.COMPANY_STATUS_ACTIVE,
    address=Address(formatted="Rua das Araucárias Mansas, 120, Vila Mirante, Curitiba, PR, 80000-100"),
    share_capital=ShareCapital(amount_minor=25_000_000, currency_code="BRL"),
    industry_codes=[IndustryCode(system="cnae", code="7912-1/00", label="Operadores turísticos")],
)
PLACED = Company(coordinates=LatLng(latitude=-25.42953, longitude=-49.27127))
INFERRED = Company(industry="Adventure travel", business_model="B2C and B2B", target_market="Families and schools")


def claims(company: Company, source: str, confidence: float, *, seconds_old: int = 0) -> list[Evidence]:
    """One selected claim for each field that is set."""
    return [
        Evidence(
            field=CompanyField.Value(f"COMPANY_FIELD_{descriptor.name.upper()}"),
            source=source,
            value=company,
            confidence=confidence,
            observed_time=Timestamp(seconds=NOW - seconds_old),
            expire_time=Timestamp(seconds=NOW - seconds_old + 30 * 86_400),
            selected=True,
        )
        for descriptor, _ in company.ListFields()
        if descriptor.name != "domain"
    ]


def merged(*companies: Company) -> Company:
    """All that several companies say."""
    company = Company()
    for each in companies:
        company.MergeFrom(each)
    return company


def layer(number: Layer.ValueType, evidence: list[Evidence], sources: list[SourceOutcome]) -> LayerResult:
    """A layer that fills the fields that its evidence is about."""
    return LayerResult(
        layer=number,
        company=merged(SITE, REGISTERED, PLACED, INFERRED),
        updated_fields=list(dict.fromkeys(claim.field for claim in evidence)),
        evidence=evidence,
        sources=sources,
        cost_usd_micros=sum(source.cost_usd_micros for source in sources),
        duration=Duration(nanos=420_000_000),
    )


WEBSITE = SourceOutcome(
    source="website", layer=Layer.LAYER_FOUNDATION, disposition=Disposition.DISPOSITION_FOUND, explanation=""
)
FOUNDATION_SOURCES = [
    WEBSITE,
    SourceOutcome(source="dns", layer=Layer.LAYER_FOUNDATION, disposition=Disposition.DISPOSITION_CACHED),
    SourceOutcome(source="rdap", layer=Layer.LAYER_FOUNDATION, disposition=Disposition.DISPOSITION_NOT_FOUND),
]
REGISTRY_SOURCES = [
    SourceOutcome(source="receitaws", layer=Layer.LAYER_REGISTRY, disposition=Disposition.DISPOSITION_FOUND),
    SourceOutcome(
        source="opencorporates",
        layer=Layer.LAYER_REGISTRY,
        disposition=Disposition.DISPOSITION_SKIPPED,
        skip_reason=SkipReason.SKIP_REASON_ALREADY_KNOWN,
        explanation="all it could add is already held: legal_name at 0.97, address at 0.90 confidence",
        saved_usd_micros=3_000,
    ),
    SourceOutcome(
        source="mapbox",
        layer=Layer.LAYER_REGISTRY,
        disposition=Disposition.DISPOSITION_FOUND,
        cost_usd_micros=750,
    ),
]
FAILED_GROQ = SourceOutcome(
    source="groq",
    layer=Layer.LAYER_INFERENCE,
    disposition=Disposition.DISPOSITION_FAILED,
    error=Status(code=14, message="the provider could not be reached, failed or took too long"),
)


def placed() -> list[Evidence]:
    """What Mapbox asks for: its name beside the value, and that nobody keeps it."""
    evidence = claims(PLACED, "mapbox", 0.85)
    evidence[0].attribution = "© Mapbox"
    evidence[0].transient = True
    return evidence


STARTED = EnrichResponse(
    sequence=1,
    started=EnrichmentStarted(
        enrichment_id="b2b9",
        domain=DOMAIN,
        layers=[Layer.LAYER_FOUNDATION, Layer.LAYER_REGISTRY, Layer.LAYER_INFERENCE],
        max_cost_usd_micros=50_000,
    ),
)
SOURCE = EnrichResponse(sequence=2, source=WEBSITE)
FOUNDATION = EnrichResponse(
    sequence=3,
    layer=layer(Layer.LAYER_FOUNDATION, claims(SITE, "website", 0.9), FOUNDATION_SOURCES),
)
REGISTRY = EnrichResponse(
    sequence=4,
    layer=layer(
        Layer.LAYER_REGISTRY, claims(REGISTERED, "receitaws", 0.95, seconds_old=3 * 86_400) + placed(), REGISTRY_SOURCES
    ),
)
INFERENCE = EnrichResponse(
    sequence=5,
    layer=layer(
        Layer.LAYER_INFERENCE,
        claims(INFERRED, "groq", 0.7),
        [
            SourceOutcome(
                source="groq",
                layer=Layer.LAYER_INFERENCE,
                disposition=Disposition.DISPOSITION_FOUND,
                cost_usd_micros=412,
            )
        ],
    ),
)
COMPLETED = EnrichResponse(
    sequence=6,
    completed=EnrichmentCompleted(
        company=merged(SITE, REGISTERED, PLACED, INFERRED),
        cost_usd_micros=1_162,
        saved_usd_micros=3_000,
        duration=Duration(seconds=1, nanos=930_000_000),
        completeness=0.92,
        confidence=0.88,
    ),
)
PARTIAL = EnrichResponse(
    sequence=6,
    completed=EnrichmentCompleted(
        company=merged(SITE, REGISTERED, PLACED),
        cost_usd_micros=750,
        saved_usd_micros=3_000,
        duration=Duration(seconds=8),
        completeness=0.8,
        confidence=0.9,
        partial=True,
        shortfalls=[
            Shortfall(field=CompanyField.COMPANY_FIELD_INDUSTRY, source="groq", error=FAILED_GROQ.error),
            Shortfall(field=CompanyField.COMPANY_FIELD_TARGET_MARKET, source="groq", error=FAILED_GROQ.error),
            Shortfall(
                field=CompanyField.COMPANY_FIELD_RATING,
                source="google_places",
                reason=SkipReason.SKIP_REASON_OVER_BUDGET,
            ),
        ],
    ),
)
WHOLE = (STARTED, SOURCE, FOUNDATION, REGISTRY, INFERENCE, COMPLETED)
