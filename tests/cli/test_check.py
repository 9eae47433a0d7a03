"""`check`: every fault of the config at once; then the key, the database, the mailboxes, the relay and the ports."""

from __future__ import annotations

import json
import secrets
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from builders import MIGRATIONS
from mailcase.data import data_dir
from mailcase.store.schema import newest_version
from rigs.certs import Certs
from rigs.desk import Answer, Desk
from rigs.dovecot import Dovecot, dovecot_is_here
from rigs.imap_server import ImapServer
from rigs.relay import CUT, Relay

MAILBOX = """
[[mailbox]]
host = "{host}"
port = {port}
tls = "starttls"
ca_file = "{ca}"
user = "{user}"
password = "{password}"
folder = "{folder}"
done_folder = "{done}"
"""


@pytest.fixture
def relay() -> Iterator[Relay]:
    with Relay() as running:
        yield running


@pytest.fixture
def ready(desk: Desk, tmp_path: Path, relay: Relay) -> Desk:
    """A desk at which everything is as it should be."""
    return Desk(tmp_path, relay=relay.port)


def findings(answer: Answer) -> dict[str, list[str]]:
    """The words of each state."""
    found: dict[str, list[str]] = {"ok": [], "note": [], "failed": []}
    for row in answer.rows:
        found[row["state"]].append(f"{row['check']}: {row['text']}")
    return found


def test_when_all_is_ready_it_says_so_and_sends_nothing(ready: Desk, relay: Relay) -> None:
    answer = ready.types("check")
    assert (answer.status, answer.err) == (0, "")
    assert answer.out.endswith("\nAll is ready: `mailcase run`.\n")
    assert "FAILED" not in answer.out
    assert all(line.startswith(("✓ ok ", "! note ", "    ")) for line in answer.out.splitlines()[:-2])
    assert max(map(len, answer.out.splitlines())) <= 80
    relay.wait_until(lambda: "QUIT" in relay.commands)
    assert [command.split()[0] for command in relay.commands] == ["EHLO", "MAIL", "RSET", "QUIT"]
    assert not relay.letters
    assert not (ready.folder / "mailcase.db").exists()  # looking does not make a database


def test_clear_text_and_tagged_addresses_are_said_loudly(ready: Desk) -> None:
    notes = "\n".join(findings(ready.types("check", "--json"))["note"])
    assert 'CLEAR TEXT: relay.tls is "none"' in notes
    assert "CLEAR TEXT: the listener has no certificate" in notes
    assert "Write to complaints+test@firm.example once and see that it arrives" in notes


def test_every_fault_of_the_config_is_named_at_once(ready: Desk) -> None:
    ready.has('tsl = "none"', instead_of='tls = "none"')
    ready.has('reference_prefix = "7"', instead_of='reference_prefix = "CST"')
    answer = ready.types("check")
    assert (answer.status, answer.out) == (2, "")
    assert [line.split(": ")[1] for line in answer.err.splitlines()] == ["service.reference_prefix", "relay.tsl"]


def old_key_open_to_all(desk: Desk, _: Relay) -> None:
    (desk.folder / "old.key").write_text("6" * 64)
    (desk.folder / "old.key").chmod(0o644)
    desk.has('[service]\nprevious_token_key_files = ["old.key"]', instead_of="[service]")


Break = Callable[[Desk, Relay], object]
BROKEN: dict[str, tuple[Break, str]] = {
    "the key is gone": (lambda desk, _: desk.key.unlink(), "key file: service.key_file:"),
    "the key is no key": (lambda desk, _: desk.key.write_text("x"), "is no key (64 hexadecimal digits)"),
    "the key is open to all": (lambda desk, _: desk.key.chmod(0o644), "run `chmod 600 "),
    "the database has no folder": (
        lambda desk, _: desk.has('"sqlite:////nowhere/x.db"', instead_of='"sqlite:///mailcase.db"'),
        "there is no folder /nowhere",
    ),
    "the database is none": (
        lambda desk, _: (desk.folder / "mailcase.db").write_text("something else " * 99),
        "file is not a database",
    ),
    "the database does not answer": (
        lambda desk, _: desk.has('"postgresql://me:hidden@127.0.0.1:1/x"', instead_of='"sqlite:///mailcase.db"'),
        "postgresql://me:***@127.0.0.1:1/x: ",
    ),
    "a template is broken": (lambda desk, _: own_template(desk, "Subject: x\n\n{% if %}"), "acknowledgement.md, line"),
    "a template asks for more": (lambda desk, _: own_template(desk, "Subject: x\n\n{{ secret }}"), "'secret' is undef"),
    "a letter of later on is wrong": (
        lambda desk, _: own_template(desk, "Subject: x\n\n{{ secret }}", "staff-overdue"),
        "letters: staff-overdue.md: 'secret' is undefined; correct this template",
    ),
    "customers are colleagues": (
        lambda desk, _: desk.has('own_domains = ["gmail.com"]\n[database]', instead_of="[database]"),
        "own_domains has gmail.com",
    ),
    "there is no door": (lambda desk, _: without(desk, "[listener]"), "mailbox: there is no door for mail"),
    "the relay is down": (lambda _, relay: relay.stop(), "cannot be reached: [Errno 111] Connection refused"),
    "the relay hangs up": (lambda _, relay: relay.answers("MAIL", CUT), "broke off when it was offered a sender"),
    "the relay is full": (lambda _, relay: relay.answers("CONNECT", "421 4.3.2 Full"), "421 4.3.2 Full"),
    "the sender is refused": (
        lambda _, relay: relay.answers("MAIL", "550 5.7.60 not allowed to send as this sender"),
        "answered to the sender <complaints@firm.example>: 550 5.7.60 not allowed",
    ),
    "a login is wanted": (
        lambda desk, _: desk.has('tls = "none"\nuser = "us"\npassword = "s3cret"', instead_of='tls = "none"'),
        "does not offer a login by PLAIN or LOGIN",
    ),
    "staff have what the policy has not": (
        lambda desk, _: desk.has('role = "manager"\ncategories = ["billing"]', instead_of='role = "manager"'),
        "staff: staff[0].categories: the policy has no category billing; it has none at all",
    ),
    "a key of tokens is gone": (
        lambda desk, _: desk.has('[service]\ntoken_key_file = "gone.key"', instead_of="[service]"),
        "key file: service.token_key_file:",
    ),
    "an old key of tokens is open to all": (old_key_open_to_all, "old.key is open to everybody on this machine"),
    "the port is elsewhere": (
        lambda desk, _: desk.has('[listener]\nhost = "192.0.2.1"', instead_of="[listener]"),
        "listener: 192.0.2.1:",
    ),
}  # fmt: skip


def without(desk: Desk, section: str) -> None:
    """Take a section out of the config."""
    before, _, after = desk.config.read_text().partition(section)
    desk.config.write_text(before + after[after.find("\n[") + 1 :] if "\n[" in after else before)


def own_template(desk: Desk, text: str, kind: str = "acknowledgement") -> None:
    """Put a template of the firm's own into the place of ours."""
    folder = desk.folder / "templates" / "en"
    folder.mkdir(parents=True)
    (folder / f"{kind}.md").write_text(text)
    desk.has('[letters]\ndir = "templates"')


@pytest.mark.parametrize("what", BROKEN)
def test_what_is_broken_fails_with_a_word_about_it(ready: Desk, relay: Relay, what: str) -> None:
    wreck, words = BROKEN[what]
    wreck(ready, relay)
    answer = ready.types("check", "--json")
    assert (answer.status, answer.err) == (1, "")
    failed = findings(answer)["failed"]
    assert any(words in line for line in failed), failed
    assert "hidden" not in answer.out
    assert "s3cret" not in answer.out
    printed = ready.types("check")
    assert "✗ FAILED  " in printed.out
    assert printed.out.rstrip().endswith("failed.")


@pytest.mark.parametrize(("envelope", "sender"), [("null", "<>"), ("tagged", "<complaints+check@firm.example>")])
def test_the_envelope_that_is_configured_is_tried(ready: Desk, relay: Relay, envelope: str, sender: str) -> None:
    ready.has(f'tls = "none"\nenvelope = "{envelope}"', instead_of='tls = "none"')
    assert ready.types("check").status == 0
    assert any(command.startswith(f"MAIL FROM:{sender}") for command in relay.commands)


def test_a_port_in_use_is_a_note_for_it_may_be_our_own_daemon(ready: Desk) -> None:
    port = int(ready.config.read_text().split("[listener]\nport = ")[1].split()[0])
    with socket.create_server(("127.0.0.1", port)):
        answer = ready.types("check", "--json")
    assert answer.status == 0
    assert any(f"127.0.0.1:{port} is in use: fine if mailcase runs now" in line for line in findings(answer)["note"])


def test_a_database_of_postgres_is_tried(postgres_empty: str, tmp_path: Path, relay: Relay) -> None:
    desk = Desk(tmp_path, database=postgres_empty, relay=relay.port)
    empty = findings(desk.types("check", "--json"))["ok"]
    assert any("empty: `mailcase run` makes it ready" in line for line in empty), empty
    desk.types("migrate")
    assert any(
        f"version {newest_version(MIGRATIONS)}" in line for line in findings(desk.types("check", "--json"))["ok"]
    )


def test_without_staff_nobody_is_told_and_that_is_said(ready: Desk) -> None:
    without(ready, "[[staff]]")
    notes = findings(ready.types("check", "--json"))["note"]
    assert any(line.startswith("staff: there is no [[staff]]: nobody gets a case") for line in notes)


HANDLER = '[[staff]]\nname = "Tom Reed"\naddress = "tom@firm.example"'


@pytest.mark.parametrize(
    ("lines", "instead_of", "words"),
    [
        ('role = "handler"', 'role = "manager"', "staff: no [[staff]] has the role manager: there is no second look"),
        ('role = "manager"', 'role = "manager"', "staff: priya@firm.example is alone in [[staff]]"),
        (f'role = "manager"\n{HANDLER}', 'role = "manager"', ""),
    ],
)
def test_who_could_look_again_is_asked(ready: Desk, lines: str, instead_of: str, words: str) -> None:
    ready.has(lines, instead_of=instead_of)
    notes = [line for line in findings(ready.types("check", "--json"))["note"] if line.startswith("staff:")]
    assert [line[: len(words)] for line in notes] == ([words] if words else [])


def test_a_door_that_proves_no_sender_is_said_loudly_with_what_to_set(ready: Desk) -> None:
    (note,) = (line for line in findings(ready.types("check", "--json"))["note"] if line.startswith("proof:"))
    assert "PROVES NO SENDER" in note
    assert "commands of staff that come through it are not believed: nothing proves who wrote them" in note
    assert "set its authentication and authority" in note
    assert "! note    proof " in ready.types("check").out


@pytest.mark.parametrize(
    ("method", "authority", "words"),
    [
        ("rfc8601", "mx.firm.example", "believes whom mx.firm.example gives a DMARC pass"),
        ("submission", "mx.firm.example", "believes who logged in at mx.firm.example"),
        (
            "m365",
            "0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0",
            "Exchange marks as from inside the tenant 0b1c2d3e-4f50-4162-8374-95a6b7c8d9e0",
        ),
    ],
)
def test_what_the_proof_of_a_sender_relies_on_is_said(ready: Desk, method: str, authority: str, words: str) -> None:
    keys = f'authentication = "{method}"\nauthority = "{authority}"\ntrusted_peers = ["10.0.0.0/8"]'
    ready.has(f"[listener]\n{keys}", instead_of="[listener]")
    said = findings(ready.types("check", "--json"))
    (line,) = (line for line in said["ok"] if line.startswith("proof:"))
    assert words in line
    assert line.endswith("when 10.0.0.0/8 hands it in")
    assert not any(line.startswith("proof:") for line in said["note"])


PROVEN = '[listener]\nauthentication = "rfc8601"\nauthority = "mx"\ntrusted_peers = ["10.0.0.1"]'


@pytest.mark.parametrize(
    ("listener", "more", "state", "words"),
    [
        ("[listener]", "", "note", "is never believed: it requires proof, and no door proves a sender"),
        ("[listener]", "requires_proof = false", "note", "requires_proof is off: anybody can write in its name"),
        (PROVEN, "", "ok", "the customer is who stands in its field E-mail"),
    ],
)
def test_whether_a_form_can_be_believed_is_said(ready: Desk, listener: str, more: str, state: str, words: str) -> None:
    ready.has(listener, instead_of="[listener]")
    ready.has(f'[[form]]\nsender = "form@firm.example"\nfields = {{ email = "E-mail" }}\n{more}')
    lines = [line for line in findings(ready.types("check", "--json"))[state] if line.startswith("form:")]
    assert [words in line for line in lines] == [True], lines


def test_in_an_encoding_without_ticks_the_words_stand_alone(ready: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONIOENCODING", "ascii")
    with ready.starts("check") as process:
        out, _ = process.communicate(timeout=60)
    assert out.startswith("ok        key file")


def with_mailbox(desk: Desk, server: ImapServer, **changes: str) -> str:
    """Give the desk a mailbox with a folder of its own; returns the name of the done folder."""
    token = secrets.token_hex(4)
    server.make_folder(f"in-{token}")
    place = {"host": server.host, "port": server.port, "ca": server.ca_file}
    login = {"user": server.user, "password": server.password}
    settings = {**place, **login, "folder": f"in-{token}", "done": f"done-{token}", **changes}
    desk.has(MAILBOX.format(**settings))
    return f"done-{token}"


def test_a_mailbox_is_tried_folder_by_folder(ready: Desk, server: ImapServer) -> None:
    done = with_mailbox(ready, server)
    answer = ready.types("check", "--json")
    assert answer.status == 0, answer
    words = "\n".join(findings(answer)["ok"])
    assert f"{server.user} at {server.host}:{server.port}: logged in, by starttls" in words
    assert "the server tells of new mail at once (IDLE)" in words
    assert f"mail is moved to {done} once it is kept" in words
    with server.client() as client:
        assert client.folder_exists(done)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"folder": "no-such-folder"}, "there is no folder no-such-folder; correct the name, or create it"),
        ({"password": "wr0ng"}, "refused the login of intake@example.test"),
        ({"port": "1"}, "there is no connection to"),
        ({"ca": ""}, "is not trusted, nothing was sent"),
    ],
)
def test_a_mailbox_that_cannot_be_used_fails(
    ready: Desk, server: ImapServer, changes: dict[str, str], words: str
) -> None:
    with_mailbox(ready, server, **changes)
    answer = ready.types("check", "--json")
    assert answer.status == 1
    assert any(words in line for line in findings(answer)["failed"]), answer.out
    assert "wr0ng" not in answer.out
    assert json.loads(answer.out.splitlines()[-1])["check"] == "staff"  # the rest was tried all the same


def test_a_mailbox_that_leaves_mail_in_place_says_so(ready: Desk, server: ImapServer) -> None:
    with_mailbox(ready, server, done="")
    ready.has("idle = false")
    words = "\n".join(findings(ready.types("check", "--json"))["ok"])
    assert 'once it is kept, as done_folder = "" says' in words
    assert "idle = false: it is asked for new mail every 30 seconds" in words


def test_a_server_that_can_do_less_is_a_note(ready: Desk, certs: Certs) -> None:
    if not dovecot_is_here():
        pytest.skip("Dovecot is not installed")
    poor = Dovecot(certs, capability="IMAP4rev1 SASL-IR LITERAL+")
    try:
        with_mailbox(ready, poor)
        answer = ready.types("check", "--json")
    finally:
        poor.close()
    notes = "\n".join(findings(answer)["note"])
    assert answer.status == 0
    assert "the server has neither MOVE nor UIDPLUS, so mail stays in in-" in notes
    assert "the server has no IDLE: it is asked for new mail every 30 seconds" in notes


def test_the_policy_is_tried_with_how_far_its_calendar_reaches_and_what_it_leaves_open(ready: Desk) -> None:
    said = findings(ready.types("check", "--json"))
    assert any("complaints policy: 3 promises; public holidays are known until" in line for line in said["ok"])
    text = (data_dir() / "examples" / "constrat" / "policy.toml").read_text("utf-8")
    (ready.folder / "policy.toml").write_text(text, "utf-8")
    ready.has('policy = "policy.toml"\n[service]', instead_of="[service]")
    said = findings(ready.types("check", "--json"))
    assert any('adr "[ADR provider]": name is still to be filled in' in line for line in said["note"])
