"""``ccrs keys``: make, list, revoke."""

from __future__ import annotations

from pathlib import Path

import pytest

from ccrs.serving.store.sql_store import open_store
from tests.cli.conftest import Command


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'people.db'}"


def test_a_key_is_made_listed_and_revoked(ccrs: Command, url: str) -> None:
    made = ccrs("keys", "create", "shop", "--store", url)
    assert made.code == 0
    secret = made.out.strip()
    assert secret not in made.err
    with open_store(url) as store:
        key = store.key_of(secret)
        assert key is not None
        assert (key.name, key.tenant, key.admin) == ("shop", "shop", False)
    listed = ccrs("keys", "list", "--store", url)
    assert key.id in listed.out
    assert secret not in listed.out
    assert ccrs("keys", "revoke", key.id, "--store", url).code == 0
    with open_store(url) as store:
        assert store.key_of(secret) is None


def test_an_admin_of_another_tenant(ccrs: Command, url: str) -> None:
    secret = ccrs("keys", "create", "ops", "--admin", "--tenant", "shop", "--store", url).out.strip()
    with open_store(url) as store:
        key = store.key_of(secret)
    assert key is not None
    assert (key.name, key.tenant, key.admin) == ("ops", "shop", True)


def test_no_keys_yet(ccrs: Command, url: str) -> None:
    listed = ccrs("keys", "list", "--store", url)
    assert (listed.code, listed.out) == (0, "")
    assert "ccrs keys create" in listed.err


def test_what_is_refused(refused: Command, url: str) -> None:
    assert "nobody" in refused("keys", "revoke", "nobody", "--store", url).err
    assert "a b" in refused("keys", "create", "a b", "--store", url).err
    assert "letters" in refused("keys", "create", "shop", "--tenant", "-", "--store", url).err
    refused("keys", "create", "shop", "--store", "mysql://user:secret@db/x")
