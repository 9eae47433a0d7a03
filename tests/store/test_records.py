"""Cases as staff see them: what is read of them at once is bounded."""

from __future__ import annotations

from builders import mail
from mailcase.store import records
from mailcase.store.engine import Database
from rigs.crowd import Crowd
from rigs.people import opened, the, words


def test_of_many_mails_on_a_case_the_newest_are_read(database: Database) -> None:
    """Whoever sends large ones by the hundred must not fill the memory when staff write, or who claims to be."""
    crowd = Crowd(database)
    ours = opened(the(crowd.customer_writes("My order never came."), "acknowledgement"))
    count = records.MOST_MAILS + 3
    crowd.flood([mail(text=f"More {number}.", in_reply_to=ours.message_id) for number in range(count)], count)
    reference = crowd.case().reference
    with database.read() as conn:
        kept = records.history(conn, [reference, "CST-7K4M-92QFX"]).mails[reference]
    assert len(kept) == records.MOST_MAILS
    assert [each.received_at for each in kept] == sorted((each.received_at for each in kept), reverse=True)
    assert f"More {count - 1}.".encode() in kept[0].raw


def test_staff_get_the_files_of_an_earlier_mail(database: Database) -> None:
    crowd = Crowd(database)
    part = "Content-Type: text/plain\r\nContent-Disposition: attachment; filename=bill.txt\r\n\r\nthe bill"
    body = f"--b7\r\nContent-Type: text/plain\r\n\r\nSee there.\r\n--b7\r\n{part}\r\n--b7--"
    told = the(crowd.customer_writes(body, content_type='multipart/mixed; boundary="b7"'), "staff-case")
    ours = opened(the(crowd.sent, "acknowledgement"))
    for number in range(5):
        crowd.customer_writes(f"More {number}.", in_reply_to=ours.message_id)
    assert "bill.txt" in words(the(crowd.answers(told, "files: 1"), "staff-files"))
