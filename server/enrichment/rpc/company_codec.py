"""A company and the evidence for it, from the domain to the contract."""

import logging
from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from google.protobuf.message import Message
from google.type.date_pb2 import Date  # pyright: ignore[reportMissingTypeStubs]
from google.type.latlng_pb2 import LatLng  # pyright: ignore[reportMissingTypeStubs]

from enrichment.domain.company import (
    Address,
    Company,
    CompanyStatus,
    Coordinates,
    EmployeeCount,
    Field,
    Identifier,
    IndustryCode,
    Rating,
    ShareCapital,
    SocialProfile,
)
from enrichment.domain.event import Evidence
from enrichment.rpc.times import timestamp
from imensiah.enrichment.v1 import company_pb2 as pb

log = logging.getLogger(__name__)

FIELDS: Mapping[Field, pb.CompanyField.ValueType] = {
    name: pb.CompanyField.Value(f"COMPANY_FIELD_{name.name}") for name in Field
}
_STATUSES = {status: pb.CompanyStatus.Value(f"COMPANY_STATUS_{status.name}") for status in CompanyStatus}
# Every field of these messages is an attribute of the domain's type, under the same name.
_MESSAGES: Mapping[type, type[Message]] = {
    date: Date,
    Address: pb.Address,
    Coordinates: LatLng,
    EmployeeCount: pb.EmployeeCount,
    Rating: pb.Rating,
    ShareCapital: pb.ShareCapital,
    SocialProfile: pb.SocialProfile,
    Identifier: pb.Identifier,
    IndustryCode: pb.IndustryCode,
}


def company(known: Company) -> pb.Company:
    """A company as far as it is known; a field that is not known is not set."""
    message = pb.Company(domain=known.domain)
    for name, value in known.values.items():
        message.MergeFrom(_with_only(name, value))
    return message


def evidence(claim: Evidence) -> pb.Evidence:
    """One source's claim; its value is a company with only that field set."""
    fact = claim.fact
    return pb.Evidence(
        field=FIELDS[fact.field],
        source=fact.source,
        value=_with_only(fact.field, fact.value),
        confidence=fact.confidence,
        observed_time=timestamp(fact.observed_at),
        expire_time=timestamp(fact.expires_at),
        selected=claim.is_selected,
        attribution=fact.attribution,
        transient=fact.is_transient,
    )


def _with_only(name: Field, value: object) -> pb.Company:
    try:
        content: dict[str, Any] = {name.value: _encoded(value)}
        return pb.Company(**content)
    except ValueError as error:
        # Half a surrogate pair, a number past 32 bits: one source's junk must not end the whole stream.
        log.warning("%s is left out of an answer, the contract cannot carry it: %s", name.value, error)
        return pb.Company()


def _encoded(value: object) -> object:
    if isinstance(value, tuple):
        return [_encoded(item) for item in cast(tuple[object, ...], value)]
    if isinstance(value, CompanyStatus):
        return _STATUSES[value]
    message = _MESSAGES.get(type(value))
    if message is None:
        return value
    content = {part.name: getattr(value, part.name) for part in message.DESCRIPTOR.fields}
    return message(**content)
