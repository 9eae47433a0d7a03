"""Staff answer by mail to the real process: believed where the mail system vouches for them, a note elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from email import message_from_bytes, policy
from email.message import EmailMessage

from rigs.relay import Letter
from rigs.world import MANAGER, World

PROVEN = {"Authentication-Results": "mx.firm.test; dmarc=pass header.from=firm.test"}


def _answer(letter: Letter, text: str, headers: dict[str, str]) -> bytes:
    """What a mail program sends when somebody presses Reply."""
    ours = message_from_bytes(letter.data, policy=policy.SMTP)
    reply = EmailMessage(policy=policy.SMTP)
    fields = {**headers, "From": MANAGER, "To": str(ours["Reply-To"]), "Subject": f"Re: {ours['Subject']}"}
    for name, value in fields.items():
        reply[name] = value
    reply["Message-ID"] = f"<answer-{len(headers)}@mua.test>"
    reply["In-Reply-To"] = str(ours["Message-ID"])
    reply.set_content(text)
    return reply.as_bytes()


def test_what_staff_write_is_done_where_their_mail_system_vouches_for_them(make_world: Callable[..., World]) -> None:
    trust = {"AUTHENTICATION": "rfc8601", "AUTHORITY": "mx.firm.test", "TRUSTED_PEERS": "127.0.0.1"}
    world = make_world(settings={f"LISTENER__{name}": value for name, value in trust.items()})
    world.employs_a_manager()
    daemon = world.starts()
    customer = world.complaint_arrives()
    world.relay.wait_until(lambda: bool(world.relay.handed))
    [told] = world.relay.handed

    world.mail_arrives(_answer(told, "status: investigating\nnote: secret\n", {}), envelope_from=MANAGER)
    daemon.waits_to_say("mail.added")
    assert [case["status"] for case in world.cases()] == ["new"]

    world.mail_arrives(_answer(told, "status: investigating\nnote: secret\n", PROVEN), envelope_from=MANAGER)
    daemon.waits_to_say("mail.command")
    assert [case["status"] for case in world.cases()] == ["investigating"]
    world.waits_for_letters(3)  # the acknowledgement, the warning about the first answer, the transcript of the second
    to_staff = [letter.data for letter in world.relay.letters if letter.rcpt_to == (MANAGER,)]
    assert any(b"A mail in your name changed nothing" in data for data in to_staff)
    assert any(b"NOTHING WAS SENT TO THE CUSTOMER" in data for data in to_staff)
    assert not any(b"secret" in letter.data for letter in world.relay.letters if letter.rcpt_to == (customer,))
    world.stop()
