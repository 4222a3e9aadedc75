"""Which of the servers behind a source a call goes to."""

from enrichment.domain.catalogue import Hosts
from enrichment.domain.ports import Call


def host(call: Call) -> str:
    """A name for the server that answers this call, among those of its source; "" where there is but one."""
    match call.entry.hosts:
        case Hosts.ONE:
            return ""
        case Hosts.PER_ENDING:
            return call.subject.domain.rpartition(".")[2]
        case Hosts.PER_COMPANY:
            return call.subject.domain
