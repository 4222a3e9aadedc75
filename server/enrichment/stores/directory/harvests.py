"""Harvests in the directory's database: how far each has come, and which domains it still has to fill."""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, RowMapping, delete, select

from enrichment.domain.directory import Tie, id_of_domain
from enrichment.domain.harvest import Harvest, Stage
from enrichment.stores.directory.batch import replace_row
from enrichment.stores.directory.sql import SqlDirectory
from enrichment.stores.directory.tables import domains as links
from enrichment.stores.directory.tables import forgotten, harvest_domains, harvests

# Parameters in one statement: SQLite takes some thousands.
AT_ONCE = 500


class SqlHarvests:
    """Harvests beside the companies that they bring; what was learnt before is written before."""

    def __init__(self, directory: SqlDirectory) -> None:
        self._directory = directory

    async def latest(self, country_code: str, limit: int) -> Harvest | None:
        """The last harvest of this country and size."""
        same = (harvests.c.country_code == country_code, harvests.c.companies_max == limit)
        last = select(harvests).where(*same).order_by(harvests.c.started_at.desc(), harvests.c.id).limit(1)

        def read(connection: Connection) -> Harvest | None:
            row = connection.execute(last).mappings().first()
            return _harvest(row) if row else None

        return await self._directory.read(read)

    async def save(self, harvest: Harvest) -> None:
        """Puts the harvest in the place of what was saved of it."""
        await self._directory.write(_saving(harvest))

    async def fill(self, harvest: Harvest, domains: Iterable[str]) -> None:
        """Saves the harvest and the domains that are still to be filled."""
        rows: list[Mapping[str, object]] = [
            {"harvest_id": harvest.id, "position": position, "domain": domain}
            for position, domain in enumerate(domains)
        ]

        def write(connection: Connection) -> None:
            _saving(harvest)(connection)
            connection.execute(delete(harvest_domains).where(harvest_domains.c.harvest_id == harvest.id))
            if rows:
                connection.execute(harvest_domains.insert(), rows)

        await self._directory.write(write)

    async def unknown(self, domains: Iterable[str]) -> Sequence[str]:
        """Those of the domains that are neither held nor forgotten, in their order."""
        asked = list(domains)

        def read(connection: Connection) -> list[str]:
            known: set[str] = set()
            for start in range(0, len(asked), AT_ONCE):
                known |= _known(connection, asked[start : start + AT_ONCE])
            return [domain for domain in asked if domain not in known]

        return await self._directory.read(read)

    async def left(self, harvest_id: str) -> Sequence[str]:
        """The domains that are still to be filled, in their order."""
        own = select(harvest_domains.c.domain).where(harvest_domains.c.harvest_id == harvest_id)
        ordered = own.order_by(harvest_domains.c.position)
        return await self._directory.read(lambda connection: list(connection.execute(ordered).scalars()))

    async def visited(self, harvest_id: str, domain: str) -> None:
        """The domain needs no further visit."""
        own = (harvest_domains.c.harvest_id == harvest_id, harvest_domains.c.domain == domain)
        await self._directory.write(lambda connection: connection.execute(delete(harvest_domains).where(*own)).rowcount)


def _saving(harvest: Harvest) -> Callable[[Connection], None]:
    values: dict[str, Any] = asdict(harvest) | {"queries": json.dumps(harvest.queries), "stage": harvest.stage.value}
    values["companies_max"] = values.pop("limit")

    return lambda connection: replace_row(connection, harvests, values)


def _harvest(row: RowMapping) -> Harvest:
    values: dict[str, Any] = dict(row)
    queries, stage = tuple(json.loads(values.pop("queries"))), Stage(values.pop("stage"))
    return Harvest(limit=values.pop("companies_max"), queries=queries, stage=stage, **values)


def _known(connection: Connection, domains: Sequence[str]) -> set[str]:
    ids = {id_of_domain(domain): domain for domain in domains}
    held = select(links.c.domain).where(links.c.domain.in_(domains), links.c.tie == Tie.WEBSITE.value)
    gone = select(forgotten.c.company_id).where(forgotten.c.company_id.in_(list(ids)))
    return {*connection.execute(held).scalars(), *(ids[each] for each in connection.execute(gone).scalars())}
