"""Letters that came twice. One window stays open by nature: the relay has said 250 and we die before our commit.

Then the same letter leaves once more, the same bytes; here these are counted, and each of them must follow a death.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise

from mailcase.outbox import UNMARKED
from rigs.daemon import Daemon
from rigs.relay import Letter
from rigs.world import World, message_id

UNMARKED_FOR_S = 5.0  # the longest that an accepted letter waits for our commit on a busy machine


def second_copies(world: World) -> Counter[str]:
    """Letters that came twice, by the step of the death between: the same bytes, accepted just before that death."""
    copies: dict[str, list[Letter]] = defaultdict(list)
    for letter in world.relay.letters:
        copies[message_id(letter)].append(letter)
    found: Counter[Daemon] = Counter()
    for first, second in [pair for same in copies.values() for pair in pairwise(same)]:
        assert (first.data, first.rcpt_to) == (second.data, second.rcpt_to)
        found[_death_between(world, first, second)] += 1
    assert all(count <= len(world.slots) * UNMARKED for count in found.values())
    steps: Counter[str] = Counter()
    for daemon, count in found.items():
        steps[daemon.crash_at or "random"] += count
    return steps


def _death_between(world: World, first: Letter, second: Letter) -> Daemon:
    latest = min(second.at, first.at + UNMARKED_FOR_S)
    deaths = [daemon for daemon in world.daemons if first.at <= daemon.died_at <= latest]
    assert deaths, f"sent twice, and nobody died: {first} {second}"
    return min(deaths, key=lambda daemon: daemon.died_at)
