"""A desk for each test: a config, a key, an empty database, and nobody else there."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mailcase.data import data_dir
from rigs.desk import ARRIVED, Desk
from rigs.passing import Passing
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


@pytest.fixture
def passing(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[datetime], None]]:
    """Let time pass at the desk until a moment, from soon after ARRIVED; commands typed there see the same clock."""
    clock, start = desk.folder / "clock", ARRIVED + timedelta(minutes=5)
    clock.write_text(start.isoformat(), "ascii")
    monkeypatch.setenv("MAILCASE_TEST_CLOCK", str(clock))
    rig: list[Passing] = []

    def until(end: datetime) -> None:
        rig[:] = rig or [Passing(desk, start)]
        rig[0].until(end)
        clock.write_text(end.isoformat(), "ascii")

    yield until
    for one in rig:
        one.close()
