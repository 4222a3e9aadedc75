"""Whether a server is ready, for health checks that have no other tool at hand."""

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

SERVICE = "imensiah.enrichment.v1.EnrichmentService"


async def is_serving(target: str, timeout: float) -> bool:
    """Asks the standard health service of the server at host:port; no answer within `timeout` seconds is a no."""
    # A proxy of the environment does not lead to this machine.
    async with grpc.aio.insecure_channel(target, [("grpc.enable_http_proxy", 0)]) as channel:
        # grpcio-health-checking comes without types.
        stub: Any = health_pb2_grpc.HealthStub(channel)  # pyright: ignore[reportUnknownMemberType]
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(service=SERVICE), timeout=timeout)
        except grpc.aio.AioRpcError:
            return False
    return answer.status == health_pb2.HealthCheckResponse.SERVING
