"""The queue between whoever finds work and the workers that do it: Huey, in one of three stores."""

import json
from functools import cache
from typing import Any

from huey import Huey, PostgresHuey, PriorityRedisHuey, SqliteHuey
from huey.registry import Message
from huey.serializer import Serializer

from dashboard.settings import settings


class PlainSerializer(Serializer):  # type: ignore[misc]
    """Tasks as JSON: whoever can write into the queue cannot make workers run code of theirs."""

    def _serialize(self, data: Any) -> bytes:
        return json.dumps(data).encode()

    def _deserialize(self, data: bytes) -> Any:
        read = json.loads(data)
        if isinstance(read, list) and len(read) == len(Message._fields):
            return Message(*read)
        return read


@cache
def queue() -> Huey:
    """The queue of this process: beside the SQLite data, in the PostgreSQL database, or in Redis.

    Tasks carry ids only, so nothing of customers is in it; what is lost of it is found again.
    """
    chosen = settings()
    options: dict[str, Any] = {"name": "switchboard", "results": False, "utc": True}
    options |= {"serializer": PlainSerializer()}
    redis = chosen.queue_url.get_secret_value()
    if redis:
        return PriorityRedisHuey(url=redis, **options)
    if chosen.database.startswith("sqlite"):
        chosen.data_dir.mkdir(parents=True, exist_ok=True)
        file = str(chosen.data_dir / "queue.sqlite")
        return SqliteHuey(filename=file, fsync=False, timeout=30, **options)
    plain = chosen.database.replace("postgresql+psycopg://", "postgresql://", 1)
    return PostgresHuey(dsn=plain, **options)
