"""The contract's rules (protovalidate), with a sentence for each that says what would be right."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from google.protobuf.message import DecodeError, Message
from protovalidate import Validator, Violation

from enrichment.domain.errors import InvalidRequest
from enrichment.domain.website import registrable_domain
from enrichment.rpc.status import Refused, invalid_request
from imensiah.enrichment.v1 import enrichment_service_pb2 as pb

Sent = TypeVar("Sent", bound=Message)

# How much of a wrong value is shown again.
CLIP = 40
# Trailers are limited to 8 kB, and whoever breaks more rules than this learns enough from the first.
MOST_VIOLATIONS = 10
# More than any list of the contract may hold: enough to be told so.
MOST_ITEMS = 100

_VALIDATOR = Validator()


def decoded(kind: type[Sent], request: bytes) -> Sent:
    """The message sent; raises InvalidRequest for bytes that are none of its kind."""
    try:
        return kind.FromString(request)
    except DecodeError:
        raise InvalidRequest("", f"the bytes sent are no {kind.DESCRIPTOR.name}") from None


def checked_domain(message: pb.EnrichRequest, within: str = "") -> str:
    """The registrable domain of a request that breaks no rule; raises Refused with the first ten it breaks.

    `within`: the path of the message that it is part of, with a dot at its end.
    """
    broken = [InvalidRequest(_path(violation), _sentence(violation)) for violation in _violations(message)]
    domain = ""
    if not any(violation.field == "website_url" for violation in broken):
        try:
            domain = registrable_domain(message.website_url)
        except InvalidRequest as violation:
            broken.insert(0, violation)
    if broken:
        told = [InvalidRequest(within + rule.field, rule.description) for rule in broken[:MOST_VIOLATIONS]]
        raise Refused(invalid_request(told))
    return domain


def check(message: Message) -> None:
    """Raises Refused with the first ten rules that a message without long lists breaks."""
    broken = [InvalidRequest(_path(each), _sentence(each)) for each in _VALIDATOR.collect_violations(message)]
    if broken:
        raise Refused(invalid_request(broken[:MOST_VIOLATIONS]))


def _violations(message: pb.EnrichRequest) -> list[Violation]:
    if not _VALIDATOR.collect_violations(message, fail_fast=True):
        return []
    # Telling every violation of a request of 250 kB takes 6 s, in which nobody else is served (measured).
    clipped = pb.EnrichRequest()
    clipped.CopyFrom(message)
    del clipped.wanted_fields[MOST_ITEMS:], clipped.layers[MOST_ITEMS:]
    return _VALIDATOR.collect_violations(clipped)


def _path(violation: Violation) -> str:
    """Where it is, as google.rpc.BadRequest writes it: `hints.country_code`, `wanted_fields[2]`."""
    elements = violation.proto.field.elements if violation.proto.field else ()
    return ".".join(
        f"{element.field_name}[{element.subscript.value}]" if element.subscript else element.field_name
        for element in elements
    )


def _shown(value: object) -> str:
    text = str(value)
    return repr(text if len(text) <= CLIP else f"{text[:CLIP]}...")


# By protovalidate's rule id, after the field's name where a rule means something of its own there: from the value given
# and the rule's own value to the sentence.
_SENTENCES: Mapping[str, Callable[[object, object], str]] = {
    "string.min_len": lambda _, __: "is empty; send the company's domain, such as 'nubank.com.br'",
    "string.max_len": lambda given, most: f"is {len(str(given))} characters long; send at most {most}",
    "string.pattern": lambda given, _: (
        f"{_shown(given)} is not two letters; send the country's ISO 3166-1 alpha-2 code, such as 'BR'"
    ),
    "string.uuid": lambda given, _: (
        f"{_shown(given)} is not a UUID; send one, such as '9b2f6f0e-6a0c-4c59-8a39-0d6b7c1f4e52', or nothing"
    ),
    "repeated.max_items": lambda _, most: f"holds more than {most} values; send each once, or none for the default",
    "repeated.unique": lambda _, __: "holds a value more than once; send each once",
    "enum.defined_only": lambda given, _: f"{given} is none of the values that this version of the contract has",
    "enum.not_in": lambda given, _: f"{given} names nothing; leave it out: an empty list means the default",
    "int64.gte_lte": lambda given, _: (
        f"{given} is out of range; send 0 to 1,000,000,000 millionths of a US dollar, or nothing for the default"
    ),
    "duration.gte": lambda _, __: "is negative; send a duration of 0 s or more, or nothing",
    "payload required": lambda _, __: "is missing, or is new to this server; send a config first, then items",
    "max_outstanding uint32.lte": lambda given, most: f"{given} is too many; send 1 to {most}, or 0 for the default",
    "max_total_cost_usd_micros int64.gte_lte": lambda given, _: (
        f"{given} is out of range; send 0 to 1,000,000,000,000 millionths of a US dollar, or nothing for no bound"
    ),
    "item_id string.min_len": lambda _, __: "is empty; send an id of your own, another for each item",
}


def _sentence(violation: Violation) -> str:
    rule = violation.proto.rule_id
    name = _path(violation).rpartition(".")[2]
    sentence = _SENTENCES.get(f"{name} {rule}") or _SENTENCES.get(rule)
    if sentence is None:
        return violation.proto.message
    return sentence(violation.field_value, violation.rule_value)
