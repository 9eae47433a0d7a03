"""Files that staff attach to a letter: they do not go out, which is said; what programs add is no file of theirs."""

from __future__ import annotations

import pytest

from core.test_said import HTML, PLAIN, letter, parts

WORDS = (PLAIN, "note: by phone\nreply: Dear Sam, the offer is attached.")
PAGE = (HTML, '<p>reply: Dear Sam, we look.</p>\n<p>Priya<br><img src="cid:logo%40firm"></p>')
PDF = ('Content-Type: application/pdf; name="offer.pdf"\nContent-Disposition: attachment', "%PDF")
PHOTO = ("Content-Type: image/jpeg; name=photo.jpg\nContent-Disposition: inline\nContent-ID: <photo@firm>", "x")
LOGO = ("Content-Type: image/png; name=logo.png\nContent-Disposition: inline\nContent-ID: <logo@firm>", "x")
THEIRS = ("Content-Type: message/rfc822\nContent-Disposition: attachment", "Message-ID: <other@x>\nSubject: News\n\nx")


def test_a_letter_with_a_file_is_refused_with_what_to_do_instead() -> None:
    said = parts(WORDS, PDF)
    assert (said.letter, said.commands) == (None, ())
    assert [str(fault) for fault in said.faults] == [
        "line 2, “reply: …”: your file offer.pdf was not sent: files of yours do not go out; say in the letter what it "
        "says, or send it from your own mailbox, and write log: e-mail: what you sent"
    ]


def test_several_files_are_all_named() -> None:
    [fault] = parts(WORDS, PDF, PHOTO, THEIRS).faults
    assert "your files offer.pdf, photo.jpg, News.eml were not sent" in fault.words


@pytest.mark.parametrize(
    "added",
    [
        LOGO,
        ("Content-Type: text/vcard", "BEGIN:VCARD"),
        ('Content-Type: application/octet-stream; name="Priya Nair.vcf"', "BEGIN:VCARD"),
        ('Content-Type: application/pgp-signature; name="signature.asc"', "-----BEGIN PGP SIGNATURE-----"),
        ("Content-Type: application/pkcs7-signature; name=smime.p7s", "x"),
        (
            "Content-Type: message/rfc822",
            "Message-ID: <letter-0001@firm.example>\nSubject: Case\n\nMy order never came.",
        ),
    ],
)
def test_what_programs_add_is_no_file(added: tuple[str, str]) -> None:
    assert letter(parts(PAGE, added)).startswith("Dear Sam, we look.")


def test_without_a_letter_a_file_is_no_fault() -> None:
    assert parts((PLAIN, "note: the offer is attached"), PDF).faults == ()
