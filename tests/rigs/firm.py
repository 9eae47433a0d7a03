"""One of the example firms at work: the real process with the firm's own config and policy, for weeks.

Its mailboxes lie in a real IMAP server, its letters go to a real relay, and its clock stands until the story moves it.
Only servers, passwords, the key and the database are the rig's; everything else is what stands in examples/<firm>.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Sequence
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from email import policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr
from pathlib import Path

import pytest
from sqlalchemy import and_, func, or_, select

from mailcase.config import load
from mailcase.core.deadlines.owed import Deadline
from mailcase.core.promises.policy import Policy
from mailcase.core.promises.policy_file import read_policy
from mailcase.core.record import CaseRecord
from mailcase.data import data_dir
from mailcase.store import proof, records
from mailcase.store.engine import Database
from mailcase.store.tables import letters, mails, timers, unsent
from mailcase.timers import PAUSE_AFTER_FAULT
from rigs.certs import Certs
from rigs.daemon import Daemon, environment
from rigs.desk import typed
from rigs.imap_server import ImapServer
from rigs.operator import Operator, waits_until
from rigs.people import OUTSIDE
from rigs.ports import steady_port
from rigs.proofs import PROOFS
from rigs.relay import Relay
from rigs.sent import Attachment, Sent, as_sent, shown, told

KEY = "5" * 64  # always the same, so that the same mails get the same references
COOLED = timedelta(minutes=10)  # after so long a letter with words of staff leaves
NO_WORK = ("hold", "released")  # timers that stand for a daemon


class Firm(Operator):
    """The firm with its daemon; `sent` is what left, oldest first, `story` the same as text, with what came in."""

    def __init__(self, name: str, folder: Path, imap: ImapServer, certs: Certs, start: datetime) -> None:
        assert start < datetime.now(UTC), "an IMAP server gives a mail from the future the date of today"
        folder.mkdir(exist_ok=True)
        self.name, self.folder, self.imap = name, folder, imap
        self.sent: list[Sent] = []
        self.shown: set[str] = set()
        self.story: list[str] = []
        self._seen: set[str] = set()
        self._written = self._delivered = 0
        self._attention_due = False
        self._open = ExitStack()
        self.relay = Relay(starttls=certs.server_context(), login=("mailcase", "secret"))
        self.relay.start()
        self._open.callback(self.relay.stop)
        self.health_ports = [steady_port()]
        self.config, self._clock = folder / "config.toml", folder / "clock"
        self.policy = self._files()
        self.time_is(start)
        self.settings = self._settings(certs)
        self.service = load(self.config, environment(self.settings))
        self._database = Database(f"sqlite:///{folder / 'mailcase.db'}")
        self._open.callback(self._database.close)
        self._client = self._open.enter_context(imap.client())
        self.daemon = Daemon(self.config, self.settings)
        self._open.callback(self.daemon.kill)

    def _files(self) -> Policy:
        """The firm's own files, with what its policy left open filled in."""
        example = data_dir() / "examples" / self.name
        shutil.copy(example / "config.toml", self.config)
        text = (example / "policy.toml").read_text("utf-8")
        for placeholder, words in OUTSIDE.items():
            text = text.replace(placeholder, words)
        (self.folder / "policy.toml").write_text(text, "utf-8")
        (self.folder / "mailcase.key").write_text(KEY)
        return read_policy(text, self.name)

    def _settings(self, certs: Certs) -> dict[str, str]:
        """Where the servers are: it goes over the firm's config."""
        config = self.config.read_text("utf-8")
        settings = {
            "TEST_CLOCK": str(self._clock),
            "HTTP__LISTEN": f"127.0.0.1:{self.health_ports[0]}",
            "RELAY__HOST": "127.0.0.1",
            "RELAY__PORT": str(self.relay.port),
            "RELAY__CA_FILE": str(certs.ca),
            "RELAY__USER": "mailcase",
            "RELAY__PASSWORD": "secret",
        }
        for place in range(config.count("[[mailbox]]")):
            settings |= {f"MAILBOX__{place}__{key}": value for key, value in self._mailbox(place).items()}
        return settings

    def _mailbox(self, place: int) -> dict[str, str]:
        token = f"{self.name}-{self.relay.port}-{place}"
        folders = {"FOLDER": f"in-{token}", "JUNK_FOLDER": f"junk-{token}"}
        for folder in folders.values():
            self.imap.make_folder(folder)
        server = {"HOST": self.imap.host, "PORT": str(self.imap.port), "TLS": "starttls"}
        login = {"USER": self.imap.user, "PASSWORD": self.imap.password, "CA_FILE": str(self.imap.ca_file)}
        return {**server, **login, **folders, "DONE_FOLDER": f"done-{token}"}

    def begins(self) -> None:
        """The daemon is up, and has seen its mailboxes."""
        self.daemon.waits_to_say("daemon.started")
        self.waits_for_mailbox()

    def close(self) -> None:
        """Nothing of it runs any more."""
        self._open.close()

    def stops(self) -> None:
        """The daemon ends as it should, and has met no fault."""
        self.daemon.stops()
        assert not self.daemon.faults(), self.daemon.faults()

    # -- mail comes

    def letter_of(
        self,
        sender: str,
        text: str,
        subject: str = "",
        to: str = "",
        answer: Sent | None = None,
        files: Sequence[Attachment] = (),
    ) -> EmailMessage:
        """What a customer writes to us, or answers to a letter of ours."""
        mail = self._mail(sender, to or (answer and answer.reply_to) or self.service.service.address, subject, answer)
        mail.set_content(text)
        for file in files:
            main, _, sub = file.type.partition("/")
            mail.add_attachment(file.data, maintype=main, subtype=sub, filename=file.name)
            mail.set_boundary(f"part-{self._written}")
        return mail

    def answer_to(self, letter: Sent, text: str) -> EmailMessage:
        """What whoever got this letter answers: with their signature, and what a mail program quotes below."""
        person = next(each for each in self.service.staff if each.address == letter.to)
        mail = self._mail(formataddr((person.name, person.address)), letter.reply_to, "", letter)
        at = letter.at.astimezone(self.policy.calendar.zone)
        said = f"On {at:%a, %d %b %Y at %H:%M}, {parseaddr(letter.sender)[0]} wrote:"
        quoted = "\n".join(f"> {line}".rstrip() for line in letter.text.splitlines())
        mail.set_content("\n\n".join(each for each in (text, person.signature, f"{said}\n{quoted}") if each))
        return mail

    def customer_writes(
        self, sender: str, text: str, subject: str = "", to: str = "", answer: Sent | None = None
    ) -> list[Sent]:
        """Such a letter arrives; returns what leaves at once."""
        return self.arrive(self.letter_of(sender, text, subject, to, answer))

    def staff_answer(self, letter: Sent, text: str) -> list[Sent]:
        """Such an answer arrives; returns what leaves at once."""
        return self.arrive(self.answer_to(letter, text))

    def staff_send(self, letter: Sent, text: str) -> list[Sent]:
        """The same, and what leaves when the letter in it can no longer be stopped."""
        return [*self.staff_answer(letter, text), *self.cools()]

    def cools(self) -> list[Sent]:
        """Letters with words of staff can no longer be stopped; returns what leaves."""
        return self.until(self.now() + COOLED)

    def arrive(self, *mails: EmailMessage) -> list[Sent]:
        """Mails lie in the mailboxes, as the firm's mail system delivers them; returns what leaves at once."""
        for mail in mails:
            box = self.service.mailbox[self._place_of(str(mail["To"]))]
            domains = self.service.service.own_domains
            head = PROOFS[box.authentication](parseaddr(str(mail["From"]))[1], box.authority, domains)
            self.story.append(told(mail, self._when()))
            self._client.append(box.folder, head + mail.as_bytes(), (), self.now())
        self._delivered += len(mails)
        return self._settled()

    def _place_of(self, to: str) -> int:
        """Which of the firm's mailboxes an address lies in."""
        escalation = to == self.service.service.escalation_address
        roles = [box.role for box in self.service.mailbox]
        return roles.index("escalation") if escalation and "escalation" in roles else 0

    def _mail(self, sender: str, to: str, subject: str, answer: Sent | None) -> EmailMessage:
        self._written += 1
        mail = EmailMessage(policy=policy.SMTP)
        mail["From"] = sender
        mail["To"] = to
        mail["Subject"] = f"Re: {answer.subject}" if answer else subject or "A complaint"
        mail["Date"] = format_datetime(self.now())
        mail["Message-ID"] = f"<{self._written}@{parseaddr(sender)[1].rpartition('@')[2]}>"
        if answer:
            mail["In-Reply-To"] = answer.message_id
            mail["References"] = answer.message_id
        return mail

    # -- time passes

    def now(self) -> datetime:
        """The time on the daemon's clock."""
        return datetime.fromisoformat(self._clock.read_text())

    def time_is(self, moment: datetime) -> None:
        """Set the daemon's clock."""
        fresh = self._clock.with_suffix(".new")
        fresh.write_text(moment.isoformat())
        fresh.replace(self._clock)

    def until(self, moment: datetime) -> list[Sent]:
        """Time passes from one thing that wants to be done to the next, up to this moment; returns what left."""
        before = len(self.sent)
        while (following := self._next()) and following < moment:
            self._comes_to(following)
        self._comes_to(moment)
        return self.sent[before:]

    def _comes_to(self, moment: datetime) -> None:
        with self._database.read() as conn:
            attention = conn.scalar(select(timers.c.look_at).where(timers.c.kind == "attention"))
        self._attention_due = attention is not None and attention <= moment
        self.time_is(moment)
        self._settled()

    def _next(self) -> datetime | None:
        """When the next look wants to be taken or the next letter may leave."""
        with self._database.read() as conn:
            look = conn.scalar(select(func.min(timers.c.look_at)).where(timers.c.kind.not_in(NO_WORK)))
            letter = conn.scalar(select(func.min(letters.c.look_at)).where(unsent))
        return min((each for each in (look, letter) if each), default=None)

    def _settled(self) -> list[Sent]:
        """Wait until nothing is left to do at this moment; returns what left."""
        waits_until(lambda: not self._work_left())
        return self._collected()

    def _work_left(self) -> list[object]:
        now = self.now()
        # There a look stands while it is done; a mail to staff about what needs attention waits for as long as that.
        waits = () if self._attention_due else (timers.c.kind != "attention",)
        taken = and_(timers.c.look_at == now + PAUSE_AFTER_FAULT, *waits)
        due = select(timers.c.subject).where(timers.c.kind.not_in(NO_WORK), or_(timers.c.look_at <= now, taken))
        leaves = select(letters.c.id).where(unsent, or_(letters.c.look_at <= now, letters.c.state == "sending"))
        with self._database.read() as conn:
            unread = select(mails.c.id).where(mails.c.state == "kept")
            missing = self._delivered - (conn.scalar(select(func.count()).select_from(mails)) or 0)
            return [*[missing] * bool(missing), *conn.scalars(unread), *conn.scalars(due), *conn.scalars(leaves)]

    def _collected(self) -> list[Sent]:
        """What left since the last time: letters to customers first, each sort in an order of its own."""
        with self._database.read() as conn:
            kinds = {row.message_id: row.kind for row in conn.execute(select(letters.c.message_id, letters.c.kind))}
        new = [each for each in (*self.relay.letters, *self.relay.handed) if each.queued not in self._seen]
        self._seen |= {each.queued for each in new}
        found = [as_sent(each.data, each.rcpt_to[0], kinds, self.now()) for each in new]
        found.sort(key=lambda sent: (sent.kind.startswith("staff-"), sent.subject, sent.kind, sent.to, sent.text))
        self.sent += found
        self.story += (shown(sent, self._when()) for sent in found)
        return found

    # -- the story as text

    def _when(self) -> str:
        return f"{self.now().astimezone(self.policy.calendar.zone):%a %d %b %Y %H:%M}"

    def golden_text(self) -> str:
        """All that was written, in its order."""
        return "\n".join(self.story)

    # -- what is shown

    def mailcase(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command of mailcase, as typed, at the time of the story; in this process, for it begins much faster so."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in {**self.settings, "CONFIG": str(self.config)}.items():
                patch.setenv(f"MAILCASE_{name}", value)
            answer = typed(*command)
        return subprocess.CompletedProcess(command, answer.status, answer.out, answer.err)

    def shows(self, *lines: str) -> None:
        """Say that what comes next shows these lines of the firm's policy."""
        self.shown |= set(lines)

    def showed_all(self, but: str = "") -> None:
        """No line of the firm's policy was left out, except those that are named."""
        promised = {each.id.partition("-")[0] for each in self.policy.promises}
        assert {each for each in promised if re.fullmatch(r"[A-Z]\d", each)} - set(but.split()) == self.shown

    def record(self, case: str) -> CaseRecord:
        """A case as it stands in the database."""
        with self._database.write() as conn:
            return records.load(conn, [case])[case]

    def owed(self, case: str, promise: str) -> list[Deadline]:
        """The deadlines of one promise on a case, in their order."""
        with self._database.read() as conn:
            return [each for each in proof.of_case(conn, case) if each.promise == promise]
