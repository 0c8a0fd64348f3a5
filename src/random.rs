//! Counter-based random numbers: a pure function of a key and a counter.
//!
//! Nothing here has hidden state to share between threads: the same (seed, epoch, example, op) gives the same
//! numbers on every machine, worker and thread count. The mixer is SplitMix64's finaliser (Steele, Lea and
//! Flood 2014) over a Weyl sequence; keys are folded with it, so neighbouring seeds are unrelated. Not for
//! cryptography.

const WEYL: u64 = 0x9e37_79b9_7f4a_7c15;

/// SplitMix64's finaliser: a bijection in which every bit of the result depends on every bit of `z`.
pub(crate) fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A stream of random numbers named by a key.
///
/// ```
/// use lensframe::random::Random;
/// let a: Vec<u64> = { let mut r = Random::keyed(&[7, 0, 42]); (0..3).map(|_| r.next_u64()).collect() };
/// let b: Vec<u64> = { let mut r = Random::keyed(&[7, 0, 42]); (0..3).map(|_| r.next_u64()).collect() };
/// assert_eq!(a, b);
/// assert_ne!(a[0], Random::keyed(&[7, 0, 43]).next_u64());
/// ```
#[derive(Clone, Debug)]
pub struct Random {
    key: u64,
    counter: u64,
}

impl Random {
    /// The stream of this key: as a rule `[seed, epoch, example, op]`.
    pub fn keyed(parts: &[u64]) -> Random {
        let key = parts.iter().fold(WEYL, |key, part| mix(key ^ mix(part.wrapping_add(WEYL))));
        Random { key, counter: 0 }
    }

    /// The next 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.counter = self.counter.wrapping_add(WEYL);
        mix(self.key ^ self.counter)
    }

    /// A number in `0..n`, every one equally likely (Lemire's multiply with rejection); 0 if `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        let mut product = u128::from(self.next_u64()) * u128::from(n);
        // The threshold lies below n, so the division is needed only for the few draws that fall below n.
        if (product as u64) < n {
            let threshold = n.wrapping_neg() % n;
            while (product as u64) < threshold {
                product = u128::from(self.next_u64()) * u128::from(n);
            }
        }
        (product >> 64) as u64
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 * (1.0 / (1u64 << 53) as f64)
    }

    /// Puts the slice in a random order, every order equally likely (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shuffle_is_a_permutation_and_depends_on_the_key() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..1000).collect();
            Random::keyed(&[seed]).shuffle(&mut items);
            items
        };
        let (a, b) = (shuffled(1), shuffled(2));
        assert_ne!(a, b);
        let mut sorted = a;
        sorted.sort_unstable();
        assert_eq!(sorted, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn below_is_even_over_its_range() {
        let mut counts = [0u32; 7];
        let mut random = Random::keyed(&[5]);
        for _ in 0..70_000 {
            counts[random.below(7) as usize] += 1;
        }
        // 10,000 expected each; six standard deviations of a binomial are 560.
        assert!(counts.iter().all(|c| c.abs_diff(10_000) < 560), "{counts:?}");
    }
}
