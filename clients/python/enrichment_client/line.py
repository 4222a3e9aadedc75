"""What all calls of a client share."""

from dataclasses import dataclass

import grpc
import grpc.aio

from enrichment_client.errors import EnrichmentError, failure, unreachable


@dataclass(frozen=True, slots=True)
class Line:
    """The channel to `target`, and the metadata that says who calls."""

    channel: grpc.aio.Channel
    target: str
    metadata: tuple[tuple[str, str], ...]

    def failure(self, error: grpc.aio.AioRpcError, *, is_begun: bool) -> EnrichmentError:
        """The typed form of a failed call; `is_begun`: the server has answered something."""
        typed = failure(error)
        is_ours = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED) and not typed.reason
        is_connected = self.channel.get_state() is grpc.ChannelConnectivity.READY
        if is_ours and not is_begun and not is_connected:
            return unreachable(error, self.target)
        return typed
