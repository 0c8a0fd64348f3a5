"""``python -m lensframe``: the program, where its folder is not on the PATH."""

import sys

from ._program import main

sys.exit(main())
