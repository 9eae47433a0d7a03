"""That whoever asks the program to stop is heard, at whichever moment they do."""

from __future__ import annotations

import subprocess
import sys

TRIES = 10_000
# The signal comes at a moment around that at which the wait begins. With an Event in its place about one of 5,000 hung.
PROGRAM = f"""
import os, signal, threading, time
from mailcase.cli.stop_signal import StopSignal

def asks(after):
    time.sleep(after)
    os.kill(os.getpid(), signal.SIGTERM)

with StopSignal() as stop:
    for number in range({TRIES}):
        asker = threading.Thread(target=asks, args=[number % 300 / 1_000_000])
        asker.start()
        stop.wait()
        asker.join()
"""


def test_a_signal_is_heard_that_comes_just_when_the_wait_begins() -> None:
    subprocess.run([sys.executable, "-c", PROGRAM], check=True, timeout=120)
