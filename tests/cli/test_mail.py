"""`mail`: a mail as it came, and its files."""

from __future__ import annotations

from email.message import EmailMessage

from rigs.desk import Desk


def _with_files() -> bytes:
    message = EmailMessage()
    message["From"] = "Sam Okafor <sam@example.org>"
    message["Subject"] = "My lamp"
    message["Message-ID"] = "<lamp@example.org>"
    message.set_content("It broke. Photos are attached.")
    for name in ("../../lamp.png", "lamp.png"):
        message.add_attachment(name.encode(), maintype="image", subtype="png", filename=name)
    message.set_boundary("frontier")
    return message.as_bytes()


def test_a_mail_can_be_read_whatever_became_of_it(desk: Desk) -> None:
    desk.imports(_with_files())
    printed = desk.types("mail", 1).out
    assert f"became     case {desk.references[0]}" in printed
    assert printed.endswith("\n\n  It broke. Photos are attached.\n")


def test_it_is_written_with_its_files_and_nothing_is_written_over(desk: Desk) -> None:
    desk.imports(_with_files())
    folder = desk.folder / "out"
    assert desk.types("mail", 1, "--out", folder).status == 0
    assert (folder / "1.eml").read_bytes() == _with_files()
    written = {path.name: path.read_bytes() for path in folder.iterdir() if path.suffix != ".eml"}
    assert sorted(written.values()) == [b"../../lamp.png", b"lamp.png"]
    assert all(name.startswith(("1-1-", "1-2-")) for name in written)
    again = desk.types("mail", 1, "--out", folder)
    assert again.status == 1
    assert "is there already" in again.err


def test_a_number_that_no_mail_has_is_said(desk: Desk) -> None:
    desk.imports(_with_files())
    answer = desk.types("mail", 7)
    assert (answer.status, answer.err) == (1, "mailcase: mail 7: there is none of this number\n")
