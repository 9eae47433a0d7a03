"""What the container image would run, without a container: the wheel in an empty venv, an unprivileged user, a config
from the environment alone; and that Dockerfile and compose.yaml say what we promise."""

from __future__ import annotations

import json
import os
import pwd
import re
import shutil
import signal
import smtplib
import subprocess
import sys
import sysconfig
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailcase.config import load
from rigs.customers import SERVICE, mail
from rigs.imap_server import free_port
from rigs.relay import Relay

TOP = Path(__file__).parents[1]
DOCKERFILE = (TOP / "Dockerfile").read_text("utf-8")
COMPOSE = yaml.safe_load((TOP / "compose.yaml").read_text("utf-8"))
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+(@sha256:[0-9a-f]{64})?")


@dataclass(frozen=True, slots=True)
class Image:
    """A place like the image's: `mailcase` in a venv, an empty home, and a user who may write to /data alone."""

    root: Path
    user: str | None  # None: we are no root, so ourselves

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def bin(self) -> Path:
        return self.root / "venv" / "bin"

    def environment(self, **settings: str) -> dict[str, str]:
        """What the image has in its environment, with our settings."""
        ours = {f"MAILCASE_{name}": value for name, value in settings.items()}
        return {"PATH": f"{self.bin}:/usr/bin:/bin", "HOME": str(self.data), "PYTHONDONTWRITEBYTECODE": "1", **ours}

    def start(self, *command: str, **settings: str) -> subprocess.Popen[str]:
        """Start a program in /data, as the user of the image."""
        group = pwd.getpwnam(self.user).pw_gid if self.user else None
        return subprocess.Popen(
            command,
            cwd=self.data,
            env=self.environment(**settings),
            user=self.user,
            group=group,
            extra_groups=[] if self.user else None,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str, **settings: str) -> str:
        """Run a program to its good end; returns what it printed."""
        process = self.start(*command, **settings)
        said, faults = process.communicate(timeout=60)
        assert process.returncode == 0, said + faults
        return said


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from this tree by the locked build backend."""
    target = tmp_path_factory.mktemp("dist")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(TOP)]
    subprocess.run(build, check=True, capture_output=True, timeout=120)
    [path] = target.glob("*.whl")
    return path


def interpreters() -> Iterator[str]:
    """Pythons of our version: our own, and those of the system, where ours lies in a folder closed to other users."""
    yield os.path.realpath(sys.executable)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    yield from filter(None, (shutil.which(name, path=folder) for folder in ("/usr/local/bin", "/usr/bin")))


def others_may_run(python: str) -> bool:
    """Whether an unprivileged user can start this Python and read our libraries."""
    reads = f"import sys; sys.path.append({sysconfig.get_path('purelib')!r}); import sqlalchemy"
    try:
        return subprocess.run([python, "-c", reads], user="nobody", cwd="/", capture_output=True).returncode == 0
    except PermissionError:
        return False


@pytest.fixture(scope="module")
def image(wheel: Path) -> Iterator[Image]:
    """The wheel in a venv of its own, which borrows the locked libraries from ours, but not our mailcase.

    As root we become `nobody`, unless this Python is closed to everybody else.
    """
    open_to_others = next(filter(others_may_run, interpreters()), None) if os.geteuid() == 0 else None
    root = Path(tempfile.mkdtemp(prefix="mailcase-image-"))  # pytest's own folders are closed to other users
    try:
        root.chmod(0o755)
        image = Image(root, "nobody" if open_to_others else None)
        venv = [open_to_others or sys.executable, "-m", "venv", "--without-pip", str(root / "venv")]
        subprocess.run(venv, check=True, timeout=60)
        pip = [sys.executable, "-m", "pip", "--python", str(image.bin / "python"), "install", "--quiet"]
        subprocess.run([*pip, "--no-deps", "--no-index", str(wheel)], check=True, timeout=60)
        [site] = (root / "venv" / "lib").glob("python3*/site-packages")
        (site / "locked.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
        image.data.mkdir()
        if image.user:
            shutil.chown(image.data, image.user)
        yield image
    finally:
        shutil.rmtree(root)


def until_said(process: subprocess.Popen[str], event: str) -> Mapping[str, Any]:
    """The log line of this event; the end of the log fails the test."""
    assert process.stderr is not None
    for line in process.stderr:
        said: Mapping[str, Any] = json.loads(line)
        if said["event"] == event:
            return said
    raise AssertionError(f"it never said {event}")


def health_check() -> list[str]:
    """The command by which the image looks at itself."""
    found = re.search(r"^HEALTHCHECK .*?CMD (\[.*?\])$", DOCKERFILE, re.MULTILINE | re.DOTALL)
    assert found
    command: list[str] = json.loads(found[1])
    return command


def test_the_image_is_built_from_everything_that_the_wheel_holds() -> None:
    project = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    held = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    ignored = (TOP / ".dockerignore").read_text("utf-8").splitlines()
    for path in held:
        assert re.search(rf"^COPY .*{re.escape(path)} ", DOCKERFILE, re.MULTILINE), path
        assert f"!{path}" in ignored


def test_the_wheel_brings_everything_along(image: Image) -> None:
    where = "import mailcase.data as d; print(d.__file__, d.data_dir())"
    module, data = image.run("python", "-c", where).split()
    assert module.startswith(str(image.root))
    assert data.startswith(str(image.root))
    assert image.run("mailcase", "--version").strip() == f"mailcase {project()['version']}"


def test_as_root_the_image_is_tried_by_an_unprivileged_user(image: Image) -> None:
    if os.geteuid() != 0:
        pytest.skip("we are an unprivileged user ourselves")
    if image.user is None:
        pytest.skip("this Python lies where no other user can run it")
    assert image.run("id", "-un").strip() == "nobody"


def test_mail_goes_in_and_a_letter_out_with_a_config_from_the_environment_alone(image: Image) -> None:
    image.run("mailcase", "init", "made")
    listener, http = free_port(), free_port()
    check = [part.replace("8025", str(http)) for part in health_check()]
    with Relay() as relay:
        settings = {
            "SERVICE__NAME": "The Firm",
            "SERVICE__ADDRESS": SERVICE,
            "SERVICE__KEY_FILE": "made/mailcase.key",
            "LISTENER__PORT": str(listener),
            "RELAY__HOST": relay.host,
            "RELAY__PORT": str(relay.port),
            "RELAY__TLS": "none",
            "HTTP__LISTEN": f"127.0.0.1:{http}",
            "LOG_JSON": "1",
        }
        daemon = image.start("mailcase", "run", **settings)
        try:
            until_said(daemon, "daemon.started")
            with smtplib.SMTP("127.0.0.1", listener, timeout=10) as client:
                client.sendmail("sam@customer.test", [SERVICE], mail("sam@customer.test"))
            [letter] = relay.wait_for(1)
            image.run(*check)
        finally:
            daemon.send_signal(signal.SIGTERM)
            _, rest = daemon.communicate(timeout=20)
        assert daemon.returncode == 0, rest
    assert letter.rcpt_to == ("sam@customer.test",)
    assert "The Firm" in str(message_from_bytes(letter.data)["From"])
    assert json.loads(image.run("mailcase", "ledger", "--json", **settings))["balanced"]
    assert {path.name for path in image.data.iterdir() if path.is_file()} <= {"mailcase.db", "mailcase.db.lock"}


def test_the_health_check_fails_when_nobody_answers(image: Image) -> None:
    check = [part.replace("8025", str(free_port())) for part in health_check()]
    process = image.start(*check)
    process.communicate(timeout=20)
    assert process.returncode == 1


def test_the_demo_runs_from_the_wheel_in_an_empty_folder(image: Image) -> None:
    assert "balanced" in image.run("mailcase", "demo")
    assert list((image.data / "mailcase-demo").glob("out-*.eml"))


def test_each_base_of_the_image_is_pinned_to_an_exact_tag() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert bases
    assert [base for base in bases if not PINNED.fullmatch(base)] == []


def test_the_image_runs_as_a_fixed_user_without_rights_and_writes_to_data_alone() -> None:
    last_stage = DOCKERFILE.rpartition("\nFROM ")[2]
    [user] = re.findall(r"^USER (\d+):\d+$", last_stage, re.MULTILINE)
    assert int(user) > 0
    assert re.findall(r"^VOLUME (\S+)$", last_stage, re.MULTILINE) == ["/data"]
    assert "PYTHONDONTWRITEBYTECODE=1" in last_stage
    assert last_stage.rstrip().endswith('ENTRYPOINT ["mailcase"]\nCMD ["run"]')


def test_everything_that_the_build_copies_is_let_through_by_dockerignore() -> None:
    copied = " ".join(re.findall(r"^COPY (?!--from)(.*) \S+$", DOCKERFILE, re.MULTILINE)).split()
    let_through = [line[1:] for line in (TOP / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    assert sorted(copied) == sorted(let_through)
    assert [name for name in copied if not (TOP / name).exists()] == []


def test_no_service_has_rights_that_it_does_not_need() -> None:
    for service in COMPOSE["services"].values():
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert service["restart"] == "unless-stopped"
    assert COMPOSE["services"]["mailcase"]["read_only"] is True
    assert "cap_add" not in COMPOSE["services"]["mailcase"]


def test_mailcase_waits_for_a_pinned_postgres_that_says_it_is_healthy() -> None:
    services = COMPOSE["services"]
    assert services["mailcase"]["depends_on"] == {"database": {"condition": "service_healthy"}}
    assert services["database"]["healthcheck"]["test"]
    assert PINNED.fullmatch(services["database"]["image"])
    assert services["mailcase"]["image"] == f"mailcase:{project()['version']}"


def test_the_environment_in_compose_is_a_whole_config_with_its_secrets_in_files(tmp_path: Path) -> None:
    service = COMPOSE["services"]["mailcase"]
    assert set(service["secrets"]) <= set(COMPOSE["secrets"])
    for secret in service["secrets"]:
        content = "postgresql://mailcase:secret@database/mailcase" if secret == "database_url" else "secret"
        (tmp_path / secret).write_text(f"{content}\n", "utf-8")
    environment = {name: str(value) for name, value in service["environment"].items()}
    mounted = {name: value.replace("/run/secrets/", f"{tmp_path}/") for name, value in environment.items()}
    config = load(None, mounted)
    assert config.database.url.get_secret_value().startswith("postgresql")
    assert [box.password.get_secret_value() for box in config.mailbox] == ["secret"]
    assert config.relay.password.get_secret_value() == "secret"
    assert [name for name in environment if name.endswith(("PASSWORD", "DATABASE__URL"))] == []


def project() -> dict[str, Any]:
    """[project] of pyproject.toml."""
    tables: dict[str, dict[str, Any]] = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))
    return tables["project"]


def locked() -> set[str]:
    """The names of what is pinned."""
    lock = (TOP / "requirements.lock").read_text("utf-8")
    return set(re.findall(r"^([a-z0-9-]+)==", lock, re.MULTILINE))


def test_the_lock_pins_every_requirement_and_names_no_index_and_no_place_of_a_machine() -> None:
    groups = tomllib.loads((TOP / "pyproject.toml").read_text("utf-8"))["dependency-groups"]["dev"]
    wanted = (re.match(r"[\w-]+", requirement) for requirement in [*project()["dependencies"], *groups])
    assert {name[0].lower() for name in wanted if name} <= locked()
    lock = (TOP / "requirements.lock").read_text("utf-8")
    assert re.findall(r"https?:|file:|--index|--extra-index|--find-links| /", lock) == []


def test_every_pinned_version_has_its_hashes() -> None:
    lock = (TOP / "requirements.lock").read_text("utf-8")
    entries = re.split(r"^(?=[a-z0-9-]+==)", lock, flags=re.MULTILINE)[1:]
    assert [entry.partition(" ")[0] for entry in entries if "--hash=sha256:" not in entry] == []
