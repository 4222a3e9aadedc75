"""One Redis server behind aiocache's interface, for several servers that share what they hold."""

# aiocache has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from collections.abc import Sequence
from typing import Any

from aiocache.backends.redis import RedisCache as AiocacheRedis
from aiocache.serializers import NullSerializer
from redis.asyncio import BlockingConnectionPool
from redis.asyncio.connection import parse_url
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from enrichment.domain.ports import FORGOTTEN_SECONDS, Owners

PREFIX = "imensiah:"
# Each step of a command: a place in the pool, the connection, the answer. Readers and writers of the cache give up no
# later than that (stores/answers.py), whatever the sum of the steps.
STEP_SECONDS = 0.1
MAX_CONNECTIONS = 50
# A write may lie this long on its way before the server executes it.
SLACK_SECONDS = 0.25

# KEYS: the entry, then for each owner its mark of being forgotten and its index. ARGV: value, time to live in seconds,
# how long ago the work began and how long the mark stands, both in milliseconds. The mark's remaining time tells when
# it was set, by the server's clock alone.
HOLD = """
for i = 2, #KEYS, 2 do
  local left = redis.call('PTTL', KEYS[i])
  if left >= 0 and ARGV[4] - left <= tonumber(ARGV[3]) then return 0 end
end
redis.call('SET', KEYS[1], ARGV[1], 'EX', ARGV[2])
local now = tonumber(redis.call('TIME')[1])
for i = 3, #KEYS, 2 do
  redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', now)
  redis.call('ZADD', KEYS[i], now + ARGV[2], KEYS[1])
  if redis.call('TTL', KEYS[i]) < tonumber(ARGV[2]) then redis.call('EXPIRE', KEYS[i], ARGV[2]) end
end
return 1
"""
# KEYS: the index, the entry. ARGV: time to live.
LINK = """
if redis.call('EXISTS', KEYS[2]) == 0 then return end
redis.call('ZADD', KEYS[1], redis.call('TIME')[1] + ARGV[1], KEYS[2])
if redis.call('TTL', KEYS[1]) < tonumber(ARGV[1]) then redis.call('EXPIRE', KEYS[1], ARGV[1]) end
"""
# KEYS: the mark, the index. ARGV: how long the mark stands. The entries' keys are not told beforehand, as a cluster
# would want it: this is for one server.
FORGET = """
redis.call('SET', KEYS[1], '', 'EX', ARGV[1])
local gone = {}
for _, key in ipairs(redis.call('ZRANGE', KEYS[2], 0, -1)) do
  if redis.call('DEL', key) == 1 then gone[#gone + 1] = key end
end
redis.call('DEL', KEYS[2])
return gone
"""


class RedisCache(AiocacheRedis):
    """Entries in the Redis server at `url` (redis:// or rediss://); connects at first use, and again after a fault.

    aiocache's own, with four changes: a pool that waits for a place instead of raising, no retries, no deprecated
    commands, bytes left as they are. Raises redis.RedisError, OSError, TimeoutError; ValueError for a url that is none.
    """

    NAME = "redis"
    client: Any

    def __init__(self, url: str, step_seconds: float = STEP_SECONDS) -> None:
        parts: dict[str, Any] = {**parse_url(url)}
        super().__init__(
            serializer=NullSerializer(encoding=None),
            timeout=0,
            endpoint=parts.pop("host", "localhost"),
            port=parts.pop("port", 6379),
            db=parts.pop("db", 0),
            password=parts.pop("password", None),
            pool_max_size=MAX_CONNECTIONS,
            create_connection_timeout=step_seconds,
            connection_pool_class=BlockingConnectionPool,
            connection_pool_kwargs={
                **parts,
                "timeout": step_seconds,
                "socket_timeout": step_seconds,
                # redis-py 8 would try three times more, and wait in between.
                "retry": Retry(NoBackoff(), 0),
                # The fewest commands before the first of ours.
                "protocol": 2,
                "driver_info": None,
            },
        )

    async def _set(self, key: str, value: bytes, ttl: Any = None, *_: object, **__: object) -> bool:
        return bool(await self.client.set(PREFIX + key, value, ex=ttl))

    async def _multi_get(self, keys: Sequence[str], *_: object, **__: object) -> list[bytes | None]:
        return await self.client.mget([PREFIX + key for key in keys])

    async def _delete(self, key: str, *_: object, **__: object) -> int:
        return await self.client.delete(PREFIX + key)

    async def _close(self, *_: object, **__: object) -> None:
        await self.client.aclose()

    async def hold(self, key: str, value: bytes, ttl: int, owners: Owners) -> bool:
        """Like `set`, unless an owner was forgotten since the work began, or within 250 ms before."""
        keys = [PREFIX + key]
        for domain in owners.domains:
            keys += [_mark(domain), _index(domain)]
        ago = round((owners.seconds + SLACK_SECONDS) * 1000)
        return bool(await self.client.eval(HOLD, len(keys), *keys, value, ttl, ago, FORGOTTEN_SECONDS * 1000))

    async def link(self, key: str, domain: str, ttl: int) -> None:
        """Notes that the entry is held for this company as well."""
        await self.client.eval(LINK, 2, _index(domain), PREFIX + key, ttl)

    async def linked(self, domain: str) -> list[str]:
        """The keys held for the company, perhaps some that are held no longer."""
        return _names(await self.client.zrange(_index(domain), 0, -1))

    async def forget(self, domain: str) -> list[str]:
        """Deletes what is held for the company, and remembers when."""
        return _names(await self.client.eval(FORGET, 2, _mark(domain), _index(domain), FORGOTTEN_SECONDS))


def _mark(domain: str) -> str:
    return f"{PREFIX}forgotten:{domain}"


def _index(domain: str) -> str:
    return f"{PREFIX}keys:{domain}"


def _names(keys: Sequence[bytes]) -> list[str]:
    return [key.decode().removeprefix(PREFIX) for key in keys]
