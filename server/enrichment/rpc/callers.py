"""Who calls, by the bearer token that came with the call."""

from collections.abc import Iterable, Mapping
from hashlib import sha256

from enrichment.domain.caller import Caller, Role
from enrichment.rpc.status import Refused, permission_denied, unauthenticated

AUTHORIZATION = "authorization"
_SCHEME = "bearer "

Metadata = Iterable[tuple[str, str | bytes]]


class Callers:
    """The callers by the SHA-256 of their tokens (hexadecimal): the tokens themselves are held nowhere.

    Without any, everybody is `anybody`.
    """

    def __init__(self, callers: Mapping[str, Caller], anybody: Caller) -> None:
        self._callers = dict(callers)
        self._anybody = anybody

    def admitted(self, metadata: Metadata, role: Role) -> Caller:
        """The caller, if it may do what takes this role; raises Refused."""
        caller = self._of(metadata) if self._callers else self._anybody
        if role is Role.OPERATOR and caller.role is not Role.OPERATOR:
            raise Refused(permission_denied(caller.name))
        return caller

    def _of(self, metadata: Metadata) -> Caller:
        given = [value for key, value in metadata if key == AUTHORIZATION and isinstance(value, str)]
        if not given:
            raise Refused(
                unauthenticated("no token came with the call: send 'authorization: Bearer TOKEN' as metadata")
            )
        if not given[0].lower().startswith(_SCHEME):
            raise Refused(unauthenticated("the authorization is no bearer token: send 'authorization: Bearer TOKEN'"))
        # Looked up by its digest: how long that takes says nothing about any token.
        caller = self._callers.get(sha256(given[0][len(_SCHEME) :].strip().encode()).hexdigest())
        if caller is None:
            raise Refused(unauthenticated("the token is none of this server's callers'"))
        return caller
