//! [`Level`]: the vector unit of the processor, and the small product that everything heavy is made of.
//!
//! Work is written once, over a level; [`dispatch`] runs the form that the compiler made for the best unit there is.
//! A tile is up to [`Level::ROWS`] rows of sums by up to three vectors of columns, all of it in registers.
//!
//! The invariant: within one level a sum is always taken over the same terms in the same order, so that the number
//! of threads and the place of a tile change no bit. Levels differ from each other by rounding.

#![allow(
    unsafe_code,
    reason = "functions for a vector unit are called once the processor is known to have it"
)]
#![allow(clippy::indexing_slicing, clippy::as_conversions, reason = "lengths are checked at entry")]

use std::sync::OnceLock;

/// The most rows of a tile on any level.
pub(super) const MOST_ROWS: usize = 8;
/// The most columns of a tile on any level.
pub(super) const MOST_COLUMNS: usize = 48;

/// The sums of one tile, a row after the other, [`MOST_COLUMNS`] apart.
#[repr(align(64))]
pub(super) struct Tile(pub(super) [[f32; MOST_COLUMNS]; MOST_ROWS]);

impl Tile {
    pub(super) const fn new() -> Tile {
        Tile([[0.0; MOST_COLUMNS]; MOST_ROWS])
    }
}

/// A vector unit.
pub(super) trait Level: Copy + Send + Sync + 'static {
    /// Elements of a vector.
    const WIDTH: usize;
    /// Rows of a whole tile.
    const ROWS: usize;
    /// Columns of a whole tile: three vectors.
    const COLUMNS: usize = Self::WIDTH * 3;
    /// Whether a product and a sum are one instruction.
    const FUSED: bool;

    /// `a * b + c`.
    #[inline(always)]
    fn mul_add(a: f32, b: f32, c: f32) -> f32 {
        if Self::FUSED { a.mul_add(b, c) } else { a * b + c }
    }

    /// Every fourth element, from each of the first four on.
    #[inline(always)]
    fn split(line: &[f32; 64]) -> [[f32; 16]; 4] {
        let mut made = [[0.0; 16]; 4];
        for (i, four) in line.as_chunks::<4>().0.iter().enumerate() {
            for (column, element) in made.iter_mut().zip(four) {
                column[i] = *element;
            }
        }
        made
    }

    /// The way back from [`Level::split`].
    #[inline(always)]
    fn join(columns: &[[f32; 16]; 4]) -> [f32; 64] {
        let mut line = [0.0; 64];
        for (i, four) in line.as_chunks_mut::<4>().0.iter_mut().enumerate() {
            for (column, element) in columns.iter().zip(four) {
                *element = column[i];
            }
        }
        line
    }

    /// The sum over `k` of column `k` of `a` times row `k` of `b`. `a` holds `rows` elements for each `k`, `b` holds
    /// `vectors * WIDTH`. `ahead` is what will be read soon: it is fetched meanwhile, a line of the cache for each `k`.
    fn tile(rows: usize, vectors: usize, a: &[f32], b: &[f32], ahead: &[f32], sums: &mut Tile);
}

/// Work that is the same on every level.
pub(super) trait Work {
    /// What it makes.
    type Output;
    /// Does it. Implementations are `#[inline(always)]`, so that they are compiled for the level.
    fn run<L: Level>(self) -> Self::Output;
}

/// No more than SSE2, or whatever the target always has.
#[derive(Clone, Copy)]
pub(super) struct Plain;
/// AVX2 with fused products.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx2;
/// AVX-512.
#[cfg(target_arch = "x86_64")]
#[derive(Clone, Copy)]
pub(super) struct Avx512;

/// Which level there is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Best {
    Plain,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

fn best() -> Best {
    #[cfg(test)]
    if let Some(forced) = tests::FORCED.get() {
        return forced;
    }
    detected()
}

fn detected() -> Best {
    static BEST: OnceLock<Best> = OnceLock::new();
    *BEST.get_or_init(|| {
        #[cfg(target_arch = "x86_64")]
        {
            use std::arch::is_x86_feature_detected as has;
            let small = has!("avx2") && has!("fma");
            if small && has!("avx512f") && has!("avx512vl") && has!("avx512bw") && has!("avx512dq") {
                return Best::Avx512;
            }
            if small {
                return Best::Avx2;
            }
        }
        Best::Plain
    })
}

/// Does `work` on the best level.
pub(super) fn dispatch<W: Work>(work: W) -> W::Output {
    match best() {
        Best::Plain => work.run::<Plain>(),
        // SAFETY: `best` has seen that the processor has every feature that the function asks.
        #[cfg(target_arch = "x86_64")]
        Best::Avx2 => unsafe { on_avx2(work) },
        // SAFETY: as above.
        #[cfg(target_arch = "x86_64")]
        Best::Avx512 => unsafe { on_avx512(work) },
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn on_avx2<W: Work>(work: W) -> W::Output {
    work.run::<Avx2>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn on_avx512<W: Work>(work: W) -> W::Output {
    work.run::<Avx512>()
}

/// Calls the function for as many rows and vectors as are asked for.
macro_rules! of_size {
    ($rows:expr, $vectors:expr, $name:ident, $arguments:tt, [$($r:literal)*]) => {
        match ($rows, $vectors) {
            $(
                ($r, 1) => $name::<$r, 1> $arguments,
                ($r, 2) => $name::<$r, 2> $arguments,
                ($r, 3) => $name::<$r, 3> $arguments,
            )*
            _ => {}
        }
    };
}

impl Level for Plain {
    const WIDTH: usize = 4;
    const ROWS: usize = 4;
    const FUSED: bool = false;

    #[inline(always)]
    fn tile(rows: usize, vectors: usize, a: &[f32], b: &[f32], _ahead: &[f32], sums: &mut Tile) {
        of_size!(rows, vectors, plain, (a, b, sums), [1 2 3 4]);
    }
}

fn plain<const R: usize, const V: usize>(a: &[f32], b: &[f32], sums: &mut Tile) {
    let mut sum = [[[0.0_f32; 4]; V]; R];
    let (vectors, _) = b.as_chunks::<4>();
    let (vectors, _) = vectors.as_chunks::<V>();
    for (a, b) in a.as_chunks::<R>().0.iter().zip(vectors) {
        for r in 0..R {
            for v in 0..V {
                for i in 0..4 {
                    sum[r][v][i] += a[r] * b[v][i];
                }
            }
        }
    }
    for (row, sum) in sums.0.iter_mut().zip(&sum) {
        row[..4 * V].copy_from_slice(sum.as_flattened());
    }
}

/// Elements of a line of the cache.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 16;

/// Has line `k` of what will be read soon brought near.
#[cfg(target_arch = "x86_64")]
#[inline(always)]
fn fetch(ahead: &[f32], k: usize) {
    use std::arch::x86_64::{_MM_HINT_T1, _mm_prefetch};
    let line = ahead.as_ptr().wrapping_add((k * LINE).min(ahead.len()));
    // SAFETY: a fetch reads nothing that the program sees, and may be given any address.
    unsafe { _mm_prefetch::<_MM_HINT_T1>(line.cast()) };
}

#[cfg(target_arch = "x86_64")]
impl Level for Avx2 {
    const WIDTH: usize = 8;
    const ROWS: usize = 4;
    const FUSED: bool = true;

    #[inline(always)]
    fn tile(rows: usize, vectors: usize, a: &[f32], b: &[f32], ahead: &[f32], sums: &mut Tile) {
        // SAFETY: `dispatch` runs work on this level only where the processor has AVX2 and FMA.
        unsafe { of_size!(rows, vectors, avx2, (a, b, ahead, sums), [1 2 3 4]) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma")]
fn avx2<const R: usize, const V: usize>(a: &[f32], b: &[f32], ahead: &[f32], sums: &mut Tile) {
    use std::arch::x86_64::{
        _mm256_fmadd_ps, _mm256_loadu_ps, _mm256_set1_ps, _mm256_setzero_ps, _mm256_storeu_ps,
    };
    let mut sum = [[_mm256_setzero_ps(); V]; R];
    let (vectors, _) = b.as_chunks::<8>();
    let (vectors, _) = vectors.as_chunks::<V>();
    for (k, (a, b)) in a.as_chunks::<R>().0.iter().zip(vectors).enumerate() {
        fetch(ahead, k);
        // SAFETY: each is an array of eight elements.
        let b = b.each_ref().map(|vector| unsafe { _mm256_loadu_ps(vector.as_ptr()) });
        for r in 0..R {
            let a = _mm256_set1_ps(a[r]);
            for v in 0..V {
                sum[r][v] = _mm256_fmadd_ps(a, b[v], sum[r][v]);
            }
        }
    }
    for (row, sum) in sums.0.iter_mut().zip(&sum) {
        for (part, sum) in row.as_chunks_mut::<8>().0.iter_mut().zip(sum) {
            // SAFETY: `part` is an array of eight elements.
            unsafe { _mm256_storeu_ps(part.as_mut_ptr(), *sum) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
impl Level for Avx512 {
    const WIDTH: usize = 16;
    const ROWS: usize = 8;
    const FUSED: bool = true;

    #[inline(always)]
    fn split(line: &[f32; 64]) -> [[f32; 16]; 4] {
        // SAFETY: `dispatch` runs work on this level only where the processor has AVX-512.
        unsafe { split_avx512(line) }
    }

    #[inline(always)]
    fn join(columns: &[[f32; 16]; 4]) -> [f32; 64] {
        // SAFETY: as above.
        unsafe { join_avx512(columns) }
    }

    #[inline(always)]
    fn tile(rows: usize, vectors: usize, a: &[f32], b: &[f32], ahead: &[f32], sums: &mut Tile) {
        // SAFETY: as above.
        unsafe { of_size!(rows, vectors, avx512, (a, b, ahead, sums), [1 2 3 4 5 6 7 8]) }
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn avx512<const R: usize, const V: usize>(a: &[f32], b: &[f32], ahead: &[f32], sums: &mut Tile) {
    use std::arch::x86_64::{
        _mm512_fmadd_ps, _mm512_loadu_ps, _mm512_set1_ps, _mm512_setzero_ps, _mm512_storeu_ps,
    };
    let mut sum = [[_mm512_setzero_ps(); V]; R];
    let (vectors, _) = b.as_chunks::<16>();
    let (vectors, _) = vectors.as_chunks::<V>();
    for (k, (a, b)) in a.as_chunks::<R>().0.iter().zip(vectors).enumerate() {
        fetch(ahead, k);
        // SAFETY: each is an array of sixteen elements.
        let b = b.each_ref().map(|vector| unsafe { _mm512_loadu_ps(vector.as_ptr()) });
        for r in 0..R {
            let a = _mm512_set1_ps(a[r]);
            for v in 0..V {
                sum[r][v] = _mm512_fmadd_ps(a, b[v], sum[r][v]);
            }
        }
    }
    for (row, sum) in sums.0.iter_mut().zip(&sum) {
        for (part, sum) in row.as_chunks_mut::<16>().0.iter_mut().zip(sum) {
            // SAFETY: `part` is an array of sixteen elements.
            unsafe { _mm512_storeu_ps(part.as_mut_ptr(), *sum) };
        }
    }
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn split_avx512(line: &[f32; 64]) -> [[f32; 16]; 4] {
    use std::arch::x86_64::{
        _mm512_castps512_ps256, _mm512_insertf32x8, _mm512_loadu_ps, _mm512_permutex2var_ps,
        _mm512_set_epi32, _mm512_storeu_ps,
    };
    // SAFETY: each chunk is an array of sixteen elements.
    let load = |at: usize| unsafe { _mm512_loadu_ps(line.as_chunks::<16>().0[at].as_ptr()) };
    let [a, b, c, d] = [load(0), load(1), load(2), load(3)];
    let mut made = [[0.0; 16]; 4];
    for (from, column) in (0..).zip(&mut made) {
        let at = |i: i32| from + 4 * i;
        let (zero, one, two, three) = (at(0), at(1), at(2), at(3));
        let (four, five, six, seven) = (at(4), at(5), at(6), at(7));
        let which = _mm512_set_epi32(0, 0, 0, 0, 0, 0, 0, 0, seven, six, five, four, three, two, one, zero);
        let low = _mm512_permutex2var_ps(a, which, b);
        let high = _mm512_permutex2var_ps(c, which, d);
        let both = _mm512_insertf32x8::<1>(low, _mm512_castps512_ps256(high));
        // SAFETY: `column` is an array of sixteen elements.
        unsafe { _mm512_storeu_ps(column.as_mut_ptr(), both) };
    }
    made
}

#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512vl,avx512bw,avx512dq,avx2,fma")]
fn join_avx512(columns: &[[f32; 16]; 4]) -> [f32; 64] {
    use std::arch::x86_64::{
        _mm512_castpd_ps, _mm512_castps_pd, _mm512_loadu_ps, _mm512_shuffle_f32x4, _mm512_storeu_ps,
        _mm512_unpackhi_pd, _mm512_unpackhi_ps, _mm512_unpacklo_pd, _mm512_unpacklo_ps,
    };
    // SAFETY: each column is an array of sixteen elements.
    let [a, b, c, d] = columns.each_ref().map(|column| unsafe { _mm512_loadu_ps(column.as_ptr()) });
    let (ab, cd) = (_mm512_castps_pd(_mm512_unpacklo_ps(a, b)), _mm512_castps_pd(_mm512_unpacklo_ps(c, d)));
    let (ab_high, cd_high) =
        (_mm512_castps_pd(_mm512_unpackhi_ps(a, b)), _mm512_castps_pd(_mm512_unpackhi_ps(c, d)));
    // Quarter `l` of row `t` is element `4 * l + t` of each column.
    let rows = [
        _mm512_castpd_ps(_mm512_unpacklo_pd(ab, cd)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(ab, cd)),
        _mm512_castpd_ps(_mm512_unpacklo_pd(ab_high, cd_high)),
        _mm512_castpd_ps(_mm512_unpackhi_pd(ab_high, cd_high)),
    ];
    // Quarters 0 and 1, then 2 and 3, of two rows; then those of four.
    let even = [
        _mm512_shuffle_f32x4::<0b01_00_01_00>(rows[0], rows[1]),
        _mm512_shuffle_f32x4::<0b11_10_11_10>(rows[0], rows[1]),
    ];
    let odd = [
        _mm512_shuffle_f32x4::<0b01_00_01_00>(rows[2], rows[3]),
        _mm512_shuffle_f32x4::<0b11_10_11_10>(rows[2], rows[3]),
    ];
    let made = [
        _mm512_shuffle_f32x4::<0b10_00_10_00>(even[0], odd[0]),
        _mm512_shuffle_f32x4::<0b11_01_11_01>(even[0], odd[0]),
        _mm512_shuffle_f32x4::<0b10_00_10_00>(even[1], odd[1]),
        _mm512_shuffle_f32x4::<0b11_01_11_01>(even[1], odd[1]),
    ];
    let mut line = [0.0; 64];
    for (part, made) in line.as_chunks_mut::<16>().0.iter_mut().zip(made) {
        // SAFETY: `part` is an array of sixteen elements.
        unsafe { _mm512_storeu_ps(part.as_mut_ptr(), made) };
    }
    line
}

#[cfg(test)]
pub(super) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        pub(super) static FORCED: Cell<Option<Best>> = const { Cell::new(None) };
    }

    /// What `make` makes on each level there is, on this thread.
    pub(crate) fn on_each<T>(make: impl Fn() -> T) -> Vec<T> {
        let mut levels = vec![Best::Plain];
        #[cfg(target_arch = "x86_64")]
        levels.extend([Best::Avx2, Best::Avx512].into_iter().take(match detected() {
            Best::Plain => 0,
            Best::Avx2 => 1,
            Best::Avx512 => 2,
        }));
        let made = levels.into_iter().map(|level| {
            FORCED.set(Some(level));
            make()
        });
        let made = made.collect();
        FORCED.set(None);
        made
    }

    #[test]
    fn what_is_split_can_be_joined_on_every_level() {
        struct Check;
        impl Work for Check {
            type Output = ();
            fn run<L: Level>(self) {
                let line: [f32; 64] = std::array::from_fn(|i| i as f32);
                let columns = L::split(&line);
                for (at, column) in columns.iter().enumerate() {
                    assert_eq!(*column, std::array::from_fn(|i| (4 * i + at) as f32));
                }
                assert_eq!(L::join(&columns), line);
            }
        }
        on_each(|| dispatch(Check));
    }
}
