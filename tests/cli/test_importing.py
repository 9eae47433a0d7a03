"""`import` and `inspect`: every mail is accounted for, whatever the files are."""

from __future__ import annotations

import mailbox
import os
import re
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from builders import mail
from rigs.desk import Answer, Desk

SHARED = Path(__file__).parents[3] / "shared" / "mail"
needs_shared_mail = pytest.mark.skipif(not SHARED.is_dir(), reason="the collection of real mail is not here")
# Mails in the collections of bounces that people wrote: one asks, one passes a returned mail on.
PEOPLE = {"flufl.bounce/groupwise_03.txt", "sisimai/lhost-sendmail-14.eml"}
# Robots that nothing in their mail gives away.
SPAM = mail("win@example.net", x_spam_flag="YES")


def counts(answer: Answer) -> Counter[str]:
    """What the report says became of the mails."""
    return Counter({end: int(count) for count, end in re.findall(r"(?m)^ +(\d+) (\w+)", answer.out)})


def files_of(folder: Path, *mails: bytes) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number, raw in enumerate(mails):
        (folder / f"{number}.eml").write_bytes(raw)
    return folder


def many(count: int, start: int = 0) -> list[bytes]:
    return [mail(f"c{number}@example.org", subject=f"Number {number}") for number in range(start, start + count)]


def test_what_a_command_opens_is_held_to_a_policy_whose_text_is_there(desk: Desk) -> None:
    desk.imports(mail(), mail("kim@example.org", auto_submitted="auto-generated"), answered=False)
    assert desk.types("review", "accept", "2").status == 0
    assert desk.query("select count(*) from cases join policies on digest = policy") == [(2,)]


# -- the three kinds of files


def test_eml_mbox_and_maildir_are_taken_in(desk: Desk, tmp_path: Path) -> None:
    eml, mbox, maildir = tmp_path / "a.eml", tmp_path / "b.mbox", tmp_path / "Maildir"
    eml.write_bytes(many(1)[0])
    with closing(mailbox.mbox(mbox)) as written:
        for raw in many(3, start=10):
            written.add(raw)
    box = mailbox.Maildir(maildir)
    for raw in many(2, start=20):
        box.add(raw)
    box.add_folder("Old").add(many(1, start=30)[0])
    answer = desk.types("import", eml, mbox, maildir)
    assert answer.status == 0
    assert answer.out == "7 mails imported\n       7 case       a new case\n"
    assert answer.err == ""
    assert desk.types("letters").out == "There are no letters yet.\n"  # nobody is answered without --letters


def test_an_mbox_gives_back_what_was_put_in(desk: Desk, tmp_path: Path) -> None:
    tricky = [
        mail(subject="Marked", text="Hello,\n\nFrom here: on.\n>From there too.\n>>From both."),
        mail("kim@example.org", subject="Lines", text="One.\n\n\n"),
    ]
    marked = (re.sub(rb"(?m)^(>*From )", rb">\1", raw) for raw in tricky)  # as mboxrd does
    (tmp_path / "x.mbox").write_bytes(b"".join(b"From sam Wed Jul  1 08:00:00 2020\n" + raw + b"\n" for raw in marked))
    assert counts(desk.types("import", tmp_path / "x.mbox")) == {"case": 2}
    assert counts(desk.types("import", files_of(tmp_path / "same", *tricky))) == {"duplicate": 2}


def test_an_unmarked_from_in_a_text_begins_no_mail(desk: Desk, tmp_path: Path) -> None:
    first, second = many(2)
    text = (
        b"\r\nFrom the start nobody answered.\r\n\r\nFrom then on:\r\nnothing.\r\nFrom x Thu Jan  1 00:00:00 2026\r\n"
    )
    separator = b"From sam@example.org Wed Jul  1 08:00:00 2020\r\n"
    (tmp_path / "x").write_bytes(separator + first + text + b"\r\n" + separator + second)
    assert desk.types("import", tmp_path / "x").out.startswith("2 mails imported\n")
    received = desk.query("select distinct received_at from cases")
    assert received == [("2020-07-01 08:00:00.000000",)]  # by the From line, never by Date


def test_a_folder_gives_what_looks_like_mail_and_names_the_rest(desk: Desk, tmp_path: Path) -> None:
    folder = files_of(tmp_path / "in" / "deep", *many(2))
    (folder / "empty.eml").touch()
    (folder / "notes.txt").write_text("Subject: to remember\n\nnothing")
    (folder / "photo.jpg").write_bytes(b"\xff\xd8\xff" * 1000)
    (folder / "gone").symlink_to(tmp_path / "nowhere")
    answer = desk.types("import", tmp_path / "in")
    assert counts(answer) == {"case": 2}
    assert "4 files passed over, not like mail:\n" in answer.out
    assert "notes.txt" in answer.out


def test_a_file_that_is_named_is_taken_as_it_is_but_an_empty_one_is_none(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "odd").write_text("no header at all")
    (tmp_path / "empty").touch()
    answer = desk.types("import", tmp_path / "odd", tmp_path / "empty")
    assert answer.status == 0
    assert counts(answer) == {"review": 1}
    assert "1 file passed over, not like mail:\n" in answer.out


def test_a_file_that_cannot_be_read_is_named_and_the_others_are_imported(desk: Desk, tmp_path: Path) -> None:
    folder = files_of(tmp_path / "in", *many(2))
    (folder / "0bad.eml").symlink_to("/proc/self/mem")  # opens, and fails when it is read, even for root
    answer = desk.types("import", folder)
    assert answer.status == 1
    assert counts(answer) == {"case": 2}
    assert answer.err == f"mailcase: {folder / '0bad.eml'}: cannot be read: Input/output error\n"
    assert "1 file passed over, not readable:\n" in answer.out


def test_a_path_that_is_not_there_stops_the_import_before_it_begins(desk: Desk, tmp_path: Path) -> None:
    answer = desk.types("import", files_of(tmp_path / "in", *many(1)), tmp_path / "nowhere")
    assert (answer.status, answer.out) == (1, "")
    assert answer.err == f"mailcase: {tmp_path / 'nowhere'}: cannot be imported: No such file or directory; " + (
        "nothing was written\n"
    )
    assert desk.types("ledger").out.startswith("0 mails in\n")


@pytest.mark.parametrize("stamp", ["Fri, 1 Jan 1904 00:00:00 +0000", "Thu, 1 Jan 1970 00:00:00 +0000", "soon"])
def test_a_receipt_that_cannot_be_is_the_time_of_the_file(desk: Desk, tmp_path: Path, stamp: str) -> None:
    folder = files_of(tmp_path / "in", b"Received: by mx.example;\r\n " + stamp.encode() + b"\r\n" + mail())
    os.utime(folder / "0.eml", (1_600_000_000, 1_600_000_000))
    desk.types("import", folder)
    assert desk.query("select received_at from cases") == [("2020-09-13 12:26:40.000000",)]


# -- again, and only to see


def test_importing_again_makes_duplicates_only_and_brings_no_spam_back(desk: Desk, tmp_path: Path) -> None:
    folder = files_of(tmp_path / "in", *many(3), SPAM)
    assert counts(desk.types("import", folder)) == {"case": 3, "review": 1}
    assert counts(desk.types("import", folder)) == {"duplicate": 4}
    assert desk.query("select count(*) from cases") == [(3,)]
    assert desk.types("ledger").status == 0


def test_a_dry_run_predicts_the_import_and_writes_nothing(desk: Desk, tmp_path: Path) -> None:
    first = mail(subject="First", message_id="<first@example.org>")
    later = mail(subject="Later", in_reply_to="<first@example.org>")
    stranger = mail("kim@example.org", subject="Mine", in_reply_to="<first@example.org>")
    folder = files_of(tmp_path / "in", first, *many(60), later, stranger, first, SPAM)
    before = sorted(path.name for path in tmp_path.iterdir())
    predicted = desk.types("import", "--dry-run", "--letters", folder)
    assert sorted(path.name for path in tmp_path.iterdir()) == before  # not even a database
    assert predicted.out.startswith("65 mails would be imported\n")
    assert counts(predicted) == counts(desk.types("import", "--letters", folder))
    assert counts(predicted)["added"] == 1

    database = (tmp_path / "mailcase.db").read_bytes()
    assert counts(desk.types("import", "--dry-run", folder)) == {"duplicate": 65}
    assert (tmp_path / "mailcase.db").read_bytes() == database


def test_a_dry_run_on_an_empty_postgres_leaves_it_empty(postgres_empty: str, tmp_path: Path) -> None:
    desk = Desk(tmp_path, database=postgres_empty)
    folder = files_of(tmp_path / "in", *many(2))
    assert counts(desk.types("import", "--dry-run", folder)) == {"case": 2}
    tables = "select count(*) from information_schema.tables where table_schema = 'public'"
    assert desk.query(tables) == [(0,)]
    assert counts(desk.types("import", folder)) == {"case": 2}
    assert counts(desk.types("import", "--dry-run", folder)) == {"duplicate": 2}


def test_an_import_with_letters_holds_what_goes_over_the_limits(desk: Desk, tmp_path: Path) -> None:
    folder = files_of(tmp_path / "in", *(mail(subject=f"Again {number}") for number in range(5)))
    desk.types("import", "--letters", folder)
    assert dict(desk.query("select state, count(*) from letters group by state")) == {
        "queued": 3 + 3,  # three answers, and each with a mail to the handler
        "held": 2,
    }


def test_the_progress_bar_is_only_for_a_terminal(desk: Desk, tmp_path: Path) -> None:
    folder = files_of(tmp_path / "in", *many(1))
    assert desk.types("import", folder).err == ""
    leader, follower = os.openpty()
    with os.fdopen(leader, "rb", 0) as terminal, desk.starts("import", str(folder), stderr=follower) as process:
        os.close(follower)
        shown = b""
        while chunk := _read(terminal.fileno()):
            shown += chunk
        out, _ = process.communicate(timeout=30)
    assert b"Importing" in shown
    assert "Importing" not in out


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how a terminal says that nobody is at the other end
        return b""


def test_v_says_of_each_mail_what_it_became(desk: Desk, tmp_path: Path) -> None:
    answer = desk.types("import", "-v", files_of(tmp_path / "in", *many(1)))
    assert f"mailcase: config {desk.config}\n" in answer.err
    assert re.search(r"(?m)^mailcase: mail\.case: mail 1, case CST-\S+, reason a new complaint$", answer.err)


# -- real mail


@needs_shared_mail
def test_all_the_real_mail_is_accounted_for_and_no_robot_gets_a_letter(desk: Desk) -> None:
    paths = [path for path in SHARED.rglob("*") if path.is_file()]
    messages = [path for path in paths if path.name not in ("SOURCE.txt", "README.md", "pairs.json")]
    assert len(messages) == 663
    predicted = counts(desk.types("import", "--dry-run", "--letters", SHARED))
    answer = desk.types("import", "--letters", SHARED)
    assert answer.status == 0
    ends = counts(answer)
    assert ends == predicted
    [passed] = re.findall(r"(\d+) files passed over", answer.out)
    mailboxes_of_two = 1
    assert ends.total() + int(passed) == len(paths) + mailboxes_of_two
    assert ends.keys() <= {"case", "added", "courtesy", "duplicate", "review", "bounce"}
    assert desk.types("ledger").status == 0

    kinds = "select distinct kind from mails where case_ref in (select case_ref from letters) and state = 'case'"
    assert desk.query(kinds) == [("human",)]
    answered = desk.query("select peer from mails where state = 'case' and case_ref in (select case_ref from letters)")
    robots = {str(Path(place).relative_to(SHARED)) for (place,) in answered}
    robots = {place for place in robots if place.startswith(("sisimai/", "flufl.bounce/"))}
    assert robots <= PEOPLE
    assert counts(desk.types("import", SHARED)) == {"duplicate": ends.total()}


@needs_shared_mail
def test_all_the_real_mail_can_be_inspected(desk: Desk) -> None:
    paths = [path for path in SHARED.rglob("*") if path.is_file()]
    answer = desk.types("inspect", *paths)
    assert (answer.status, answer.err) == (0, "")
    assert [row["file"] for row in answer.rows] == [str(path) for path in paths]
    assert len({tuple(row) for row in answer.rows}) == 1


# -- inspect


def test_inspect_keeps_the_contract_and_needs_nothing(desk: Desk, tmp_path: Path) -> None:
    desk.config.unlink()
    path = files_of(tmp_path / "in", mail(text="New.\n\nOn Monday Kim wrote:\n> Old.")) / "0.eml"
    [row] = desk.types("inspect", path).rows
    contract = (
        "file from from_name reply_to to subject date message_id in_reply_to references kind signals text new_text"
    )
    assert list(row) == [*contract.split(), "attachments", "defects"]
    assert (row["kind"], row["new_text"].strip()) == ("human", "New.")


def test_inspect_names_what_it_cannot_read_and_goes_on(desk: Desk, tmp_path: Path) -> None:
    path = files_of(tmp_path / "in", mail()) / "0.eml"
    answer = desk.types("inspect", tmp_path / "none", tmp_path, path)
    assert answer.status == 1
    assert len(answer.rows) == 1
    assert answer.err.count("\n") == 2


def test_a_file_name_of_any_bytes_can_be_printed(desk: Desk, tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9\x1b[31m.eml"))
    path.write_bytes(mail())
    assert desk.types("inspect", path).rows[0]["file"].startswith(str(tmp_path))
    assert desk.types("import", path).status == 0
    answer = desk.types("import", "--dry-run", tmp_path)
    assert "\x1b" not in answer.out
