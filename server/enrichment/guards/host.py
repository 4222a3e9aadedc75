"""Which of the servers behind a source a call goes to."""

from enrichment.domain.catalogue import Hosts
from enrichment.domain.ports import Call


def host(call: Call) -> str:
    """A name for the server that answers this call, among those of its source; "" where there is but one."""
    if call.entry.hosts is Hosts.PER_ENDING:
        return call.subject.domain.rpartition(".")[2]
    return call.subject.domain if call.entry.hosts is Hosts.PER_COMPANY else ""
