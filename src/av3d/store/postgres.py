"""A project on a PostgreSQL server: its URL and how it is connected to."""

from __future__ import annotations

import re
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError

from av3d.store.errors import StoreError

CONNECT_TIMEOUT_S = 5
"""For each address of the server; a name often has two, IPv6 and IPv4."""

_SECRETS = ("password", "sslpassword", "passfile")
"""Names in a URL's query whose values are not shown."""


def parse_url(text: str) -> URL | None:
    """The URL of a database, with the driver that av3d brings; None for a file path.

    Raises:
        StoreError: neither SQLite nor PostgreSQL, or not a URL. The text, which may hold a
            password, is not shown.
    """
    if not re.match(r"[A-Za-z][\w+]*://", text):
        return None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError) as error:
        raise StoreError(
            "not a usable database URL",
            text.partition("://")[0] + "://…",
            "use sqlite:///path or postgresql://user:password@host/database; in a password write "
            "%40 for @, %2F for / and %3A for :",
        ) from error
    backend = url.drivername.partition("+")[0]
    if backend == "sqlite":
        return url
    if backend not in ("postgresql", "postgres"):
        raise StoreError(
            "not a usable database URL: projects are in SQLite or PostgreSQL",
            f"{backend}://…",
            "use sqlite:///path or postgresql://user:password@host/database",
        )
    if "@" in (url.host or "") or "@" in (url.database or ""):
        # Taken apart at the wrong place, a part of the password would be shown as the host.
        raise StoreError(
            "not a usable database URL: more than one @",
            "postgresql://…",
            "in a password write %40 for @, %2F for / and %3A for :",
        )
    if url.drivername in ("postgresql", "postgres"):
        url = url.set(drivername="postgresql+psycopg")
    return url


def shown(url: URL) -> str:
    """The URL without any password."""
    query = {name: value for name, value in url.query.items() if name not in _SECRETS}
    return url.set(query=query).render_as_string(hide_password=True).replace("+psycopg:", ":")


def hidden_words(url: URL) -> tuple[str, ...]:
    """What a message must not show."""
    values = [url.password, *(url.query.get(name) for name in _SECRETS)]
    return tuple(value for value in values if isinstance(value, str) and value)


def make_engine(url: URL, lock_timeout_s: float) -> Engine:
    """An engine whose connections wait no longer than `lock_timeout_s` for another writer.

    A connection that died while it was idle (the server was restarted) is replaced unseen.

    Raises:
        StoreError: the URL names a driver that is not installed.
    """
    arguments: dict[str, Any] = {"application_name": "av3d"}
    if "connect_timeout" not in url.query:
        arguments["connect_timeout"] = CONNECT_TIMEOUT_S
    arguments = {name: value for name, value in arguments.items() if name not in url.query}
    try:
        engine = create_engine(
            url, connect_args=arguments, pool_pre_ping=True, isolation_level="READ COMMITTED"
        )
    except (ArgumentError, NoSuchModuleError, ImportError) as error:
        raise StoreError(
            f"not a usable database URL: no driver {url.drivername}",
            shown(url),
            "use postgresql:// without a driver",
        ) from error

    def configure(connection: Any, _record: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute(f"SET lock_timeout = {max(1, round(lock_timeout_s * 1000))}")
        connection.commit()

    event.listen(engine, "connect", configure)
    return engine
