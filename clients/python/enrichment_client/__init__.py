"""Calls an Imensiah Enrichment server from Python: channel, deadline, retries and a typed stream of events."""

from enrichment_client.batch import Batch, BatchOptions
from enrichment_client.client import DEFAULT_TARGET, DEFAULT_TIMEOUT, Enrichment, EnrichmentClient
from enrichment_client.errors import EnrichmentError, FieldViolation, Unreachable
from enrichment_client.options import EnrichOptions

__all__ = [
    "DEFAULT_TARGET",
    "DEFAULT_TIMEOUT",
    "Batch",
    "BatchOptions",
    "EnrichOptions",
    "Enrichment",
    "EnrichmentClient",
    "EnrichmentError",
    "FieldViolation",
    "Unreachable",
]
