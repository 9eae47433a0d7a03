"""A desk for each test: a config, a key, an empty database, and nobody else there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from mailcase.data import data_dir
from rigs.desk import Desk
from rigs.postgres import Postgres


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """An operator's desk, on SQLite; lines are 80 columns wide."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(data_dir() / "src"), os.environ.get("PYTHONPATH", "")]))
    return Desk(tmp_path)


@pytest.fixture
def postgres_empty(postgres: Postgres) -> str:
    """The URL of a Postgres database without any table, as a config names it."""
    return postgres.new_database()
