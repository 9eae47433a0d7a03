"""`mailcase` and `python -m mailcase`."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line; exit 0 done, 1 failed, 2 wrong usage or config."""
    from mailcase.cli.main import run

    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
