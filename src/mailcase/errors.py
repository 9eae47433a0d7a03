"""The ways in which something can fail, as types: a caller decides by the type, never by the text."""

from __future__ import annotations

from collections.abc import Sequence


class MailcaseError(Exception):
    """Something a person must mend; its text says what, where, and what to do."""


class ConfigError(MailcaseError):
    """A config that cannot be used; `faults` holds every fault found, one line each."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)


class TryLater(MailcaseError):
    """It did not work now and may work later; an unknown failure counts as this one."""


class NoSpace(TryLater):
    """The disk is full: it works again when there is room."""


class Unreachable(TryLater):
    """Nobody answered at the other end, or not as agreed: no fault of what we wanted to say there."""


class InDoubt(TryLater):
    """The relay did not answer after the final dot: the letter may or may not have been accepted."""


class NeverWorks(MailcaseError):
    """It was refused for good: trying again would get the same answer."""
