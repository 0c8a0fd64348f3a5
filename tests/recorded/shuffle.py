"""The shuffle of ten rows by seed 42, from the written rules alone (src/random.rs), in another language.

Prints the list that tests/it/views/orders.rs holds.
"""

MASK = (1 << 64) - 1
WEYL = 0x9E3779B97F4A7C15


def mix(z):
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & MASK
    z = (z ^ (z >> 27)) * 0x94D049BB133111EB & MASK
    return z ^ (z >> 31)


class Random:
    def __init__(self, *parts):
        self.key, self.counter = WEYL, 0
        for part in parts:
            self.key = mix(self.key ^ mix((part + WEYL) & MASK))

    def next(self):
        self.counter = (self.counter + WEYL) & MASK
        return mix(self.key ^ self.counter)

    def below(self, n):
        threshold = (1 << 64) % n
        while True:
            product = self.next() * n
            if product & MASK >= threshold:
                return product >> 64


rows, random = list(range(10)), Random(42)
for i in range(9, 0, -1):
    j = random.below(i + 1)
    rows[i], rows[j] = rows[j], rows[i]
print(rows)
