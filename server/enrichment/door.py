"""Where this machine asks the server that the settings describe."""

from enrichment import certificates
from enrichment.access import nearest
from enrichment.settings import Settings
from enrichment.terminal.health import Door, own_door


def of(settings: Settings) -> Door:
    """The way to its own port; raises ValueError where that is open, OSError for certificates that are none."""
    if settings.listen.endswith(":0"):
        raise ValueError("the settings leave the port open: name the server with --server")
    target, tls = nearest(settings.listen), certificates.load(settings.tls)
    if tls is None:
        return Door(target)
    key = tls.key if tls.client_ca else None
    return own_door(target, certificates.name_in(settings.tls), tls.certificate, key)
