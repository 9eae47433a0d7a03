"""OAuth2 for mail: an access token from any program that prints one, and the SASL string that carries it."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Sequence

from mailcase.errors import TryLater

TOKEN = re.compile(r"[\x21-\x7e]{1,65536}")  # wider than RFC 6750 2.1, but nothing that could break the SASL string


def access_token(command: Sequence[str], timeout: float = 30) -> str:
    """Run a program and give back the one line that it prints, an OAuth2 access token; `TryLater` if it has none.

    Nothing of what the program prints appears in an error: it may be a secret even when it is not a token.
    """
    program = command[0]
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own program, from the config; no shell
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as problem:
        raise TryLater(f"token_command {program} cannot be started: {problem.strerror}") from None
    with process:
        try:
            printed, _ = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)  # with whatever it has started in its turn
            raise TryLater(f"token_command {program} took longer than {timeout:g} seconds") from None
    if process.returncode != 0:
        raise TryLater(f"token_command {program} ended with status {process.returncode}; run it by hand to see why")
    token = printed.decode("latin-1").strip()
    if not TOKEN.fullmatch(token):
        raise TryLater(f"token_command {program} did not print an access token, alone on one line")
    return token


def xoauth2(user: str, token: str) -> bytes:
    """The initial client response of SASL XOAUTH2, before base64 (of Google and Microsoft, for RFC 6749 tokens)."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01".encode()
