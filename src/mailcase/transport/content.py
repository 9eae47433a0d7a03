"""The content of a mail off the wire: read in blocks, within what one mail and all connections together may hold."""

from __future__ import annotations

from asyncio import LimitOverrunError, StreamReader
from collections.abc import Callable

from mailcase.transport import reception

__all__ = ["Booking", "Budget", "Refused", "read_content"]


class Refused(Exception):
    """The content was read to its end and is not taken; `answer` is the SMTP reply."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class Budget:
    """The bytes of mail that all connections together may hold in memory; of one event loop, so without a lock."""

    def __init__(self, most: int) -> None:
        self.left = most


class Booking:
    """What one mail has taken of the budget: it grows with each block and is given back as a whole."""

    def __init__(self, budget: Budget) -> None:
        self._budget, self._size = budget, 0

    def add(self, size: int) -> bool:
        """Take so many bytes more; false, and nothing is taken, when so many are not left."""
        if size > self._budget.left:
            return False
        self._budget.left -= size
        self._size += size
        return True

    def end(self) -> None:
        """Give all of it back; the second time there is nothing to give."""
        self._budget.left += self._size
        self._size = 0


async def read_content(reader: StreamReader, max_size: int, booking: Booking, alive: Callable[[], None]) -> list[bytes]:
    """The content with a CR LF before it and its dots still doubled; `Refused` if it is too large, or has no room.

    What follows the end mark stays in the reader, also behind content that is refused. `alive` is called for each
    block that came.
    """
    blocks: list[bytes] = []
    answer = ""
    room = max_size + len(reception.END)  # the end mark and the first CR LF are not part of the message
    # The CR LF of the DATA line may be the first half of the end mark: an empty message is a lone dot.
    reader.feed_data(b"\r\n" + await reader.read(1 << 30))
    while True:
        try:
            block = await reader.readuntil(reception.END)
        except LimitOverrunError as more:
            block = await reader.read(more.consumed)
        alive()
        room -= len(block)
        if room < 0:
            answer = reception.TOO_LARGE  # for good: said also when there was no room for it before
        elif not answer and not booking.add(len(block)):
            answer = reception.CROWDED
        if answer:
            blocks.clear()
            booking.end()
        else:
            blocks.append(block)
        if block.endswith(reception.END):
            break
    if answer:
        raise Refused(answer)
    blocks[-1] = blocks[-1].removesuffix(b".\r\n")
    return blocks
