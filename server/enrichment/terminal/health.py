"""Whether a server is ready, for health checks that have no other tool at hand."""

from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVICE = "imensiah.enrichment.v1.EnrichmentService"


@dataclass(frozen=True, slots=True)
class Door:
    """Where a server is asked: host:port, by TLS with `credentials`; `name` is the one in its certificate."""

    target: str
    credentials: grpc.ChannelCredentials | None = None
    name: str = ""

    def channel(self) -> grpc.aio.Channel:
        """To be closed by who opens it."""
        # A proxy of the environment does not lead to this machine.
        options: list[tuple[str, Any]] = [("grpc.enable_http_proxy", 0)]
        if self.name:
            options.append(("grpc.ssl_target_name_override", self.name))
        if self.credentials is None:
            return grpc.aio.insecure_channel(self.target, options)
        return grpc.aio.secure_channel(self.target, self.credentials, options)


def own_door(target: str, name: str, certificate: bytes, key: bytes | None) -> Door:
    """The door of a server whose certificate is at hand; `key` where it asks its callers for certificates, too."""
    pair = (None, None) if key is None else (key, certificate)
    return Door(target, grpc.ssl_channel_credentials(certificate, *pair), name)


async def is_serving(door: Door, timeout: float) -> bool:
    """Asks the standard health service; no answer within `timeout` seconds is a no."""
    async with door.channel() as channel:
        # grpcio-health-checking comes without types.
        stub: Any = health_pb2_grpc.HealthStub(channel)  # pyright: ignore[reportUnknownMemberType]
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=timeout)
        except grpc.aio.AioRpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
