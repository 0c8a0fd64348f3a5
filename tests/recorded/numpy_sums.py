"""Records sums of doubles as numpy adds them: `python numpy_sums.py > numpy_sums.txt` (numpy 2.4.6)."""
import struct

import numpy as np


def terms(n):
    return np.array([((i * 7919 + 13) % 1009) / 997.0 * (1e6 if i % 3 == 0 else 1e-3) for i in range(n)], float)


for n in [0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 63, 64, 100, 127, 128, 129, 130, 136, 255, 256, 257, 300, 1000, 1010, 4096, 80800]:
    print(n, struct.pack(">d", float(np.sum(terms(n)))).hex())
