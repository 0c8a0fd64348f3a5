"""The program ``lensframe``, as it is on the PATH."""

from __future__ import annotations

import signal
import sys


def main() -> int:
    """Runs the program with the arguments of this process."""
    from ._lensframe import program

    # The program hears Ctrl-C itself, and ends as others do when nobody reads on.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    return program(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
