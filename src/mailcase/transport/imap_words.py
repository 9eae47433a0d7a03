"""What goes wrong with an IMAP server, in words for the person who has to mend it."""

from __future__ import annotations

import ssl

from imapclient.exceptions import CapabilityError, IMAPClientAbortError, LoginError

from mailcase.errors import MailcaseError
from mailcase.transport.imap_session import Account

# The first that fits counts: the narrow types stand before the wide ones.
SENTENCES: tuple[tuple[type[Exception], str, str], ...] = (
    (
        ssl.SSLCertVerificationError,
        "error",
        "the certificate of {host} is not trusted, nothing was sent; see ca_file and host: {text}",
    ),
    (ssl.SSLError, "warning", "TLS with {host} failed: {text}"),
    (LoginError, "error", "{host} refused the login of {user}: {text}"),
    (CapabilityError, "error", "{host} cannot do what is needed, nothing was sent in clear text: {text}"),
    (TimeoutError, "warning", "{host} did not answer in time"),
    (IMAPClientAbortError, "warning", "the connection to {host} was lost: {text}"),
    (OSError, "warning", "there is no connection to {host}: {text}"),
    (MailcaseError, "warning", "{text}"),
    (Exception, "error", "{kind}: {text}"),
)
LONGEST_TEXT = 300


def say(problem: Exception, account: Account) -> tuple[str, str]:
    """The log level and a plain sentence for a failure; never holds the password, even if the server repeats it."""
    text = str(problem)
    if account.password:
        text = text.replace(account.password, "…")
    text = " ".join(text.split())[:LONGEST_TEXT]
    level, sentence = next((level, words) for kind, level, words in SENTENCES if isinstance(problem, kind))
    return level, sentence.format(host=account.host, user=account.user, kind=type(problem).__name__, text=text)
