"""The same tests on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import create_engine, text

from ccrs.serving.store.sql_store import SqlStore, open_store
from ccrs.serving.store.tables import metadata
from tests.fixtures.postgres import MISSING, PostgresServer, postgres

__all__ = ["postgres"]  # a fixture
DATABASES = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def shared_postgres(postgres: PostgresServer) -> str:
    """One database for all tests that do not need one of their own."""
    url = postgres.new_schema()
    open_store(url).close()
    return url


@pytest.fixture(params=DATABASES)
def new_url(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[], str]:
    """Makes addresses of databases that nobody has opened yet."""
    if request.param == "sqlite":
        return lambda: f"sqlite:///{tmp_path}/{len(list(tmp_path.iterdir()))}/people.db"
    server: PostgresServer = request.getfixturevalue("postgres")
    return server.new_schema


@pytest.fixture(params=DATABASES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/people.db"
    address: str = request.getfixturevalue("shared_postgres")
    engine = create_engine(address.replace("postgresql:", "postgresql+psycopg:"))
    tables = ", ".join(table.name for table in metadata.sorted_tables if table.name != "catalogue")
    with engine.begin() as connection:
        connection.execute(text(f"TRUNCATE {tables}"))
        connection.execute(text("UPDATE catalogue SET version = 0"))
    engine.dispose()
    return address


@pytest.fixture
def store(url: str) -> Iterator[SqlStore]:
    """An empty store on either database."""
    with open_store(url) as store:
        yield store


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, where everybody looks, that half of the tests did not run."""
    if any(MISSING in str(report.longrepr) for report in terminalreporter.stats.get("skipped", [])):
        terminalreporter.write_line(MISSING, red=True, bold=True)
