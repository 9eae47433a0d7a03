"""The database's version: an empty database is brought to the newest one, an older one only when asked."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Connection, inspect, text

from mailcase.errors import MailcaseError
from mailcase.store.engine import Database

_ADVISORY_LOCK = 0x6D61696C63617365  # "mailcase": two daemons that start together migrate one after the other


def prepare(database: Database, migrations: Path) -> None:
    """Make an empty database ready; raises MailcaseError for one of another version, and names the way out."""
    with database.write() as conn:
        _one_at_a_time(conn)
        found, newest = _checked_version(conn, migrations), newest_version(migrations)
        if found is None:
            _upgrade(conn, migrations)
        elif found != newest:
            raise MailcaseError(
                f"database: it is at version {found} and not {newest}; make a backup, then run `mailcase migrate`"
            )


def migrate(database: Database, migrations: Path) -> tuple[str | None, str]:
    """Bring a database of any older version to the newest; returns the version before and after."""
    with database.write() as conn:
        _one_at_a_time(conn)
        before = _checked_version(conn, migrations)
        _upgrade(conn, migrations)
        return before, newest_version(migrations)


def _checked_version(conn: Connection, migrations: Path) -> str | None:
    """The version of a database that is ours and not from the future."""
    found = version(conn)
    if found is None and inspect(conn).get_table_names():
        raise MailcaseError("database: it holds tables of something else; give mailcase a database of its own")
    if found is not None and found not in _versions(migrations):
        raise MailcaseError(f"database: version {found} is of a newer mailcase; run that one, or restore a backup")
    return found


def version(conn: Connection) -> str | None:
    """The version of this database; None for an empty one."""
    if not inspect(conn).has_table("alembic_version"):
        return None
    found: str | None = conn.scalar(text("SELECT version_num FROM alembic_version"))
    return found


def newest_version(migrations: Path) -> str:
    """The newest version that this mailcase knows."""
    return max(_versions(migrations))


def _versions(migrations: Path) -> set[str]:
    """Each step's file begins with the version that it leads to."""
    return {path.name.partition("_")[0] for path in (migrations / "versions").glob("[0-9]*_*.py")}


def _one_at_a_time(conn: Connection) -> None:
    if conn.dialect.name == "postgresql":
        conn.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        conn.execute(text("SET LOCAL statement_timeout = 0"))


def _upgrade(conn: Connection, migrations: Path) -> None:
    from alembic import command  # a tenth of the time of every start, and needed in one of many
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(migrations).replace("%", "%%"))
    config.attributes["connection"] = conn
    command.upgrade(config, "head")
