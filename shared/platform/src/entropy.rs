//! Randomness as a parameter.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Where random bytes come from.
#[derive(Clone, Debug)]
pub struct Entropy(Kind);

#[derive(Clone, Debug)]
enum Kind {
    System,
    Seeded(Arc<AtomicU64>),
}

impl Entropy {
    /// The operating system.
    pub fn system() -> Self {
        Self(Kind::System)
    }

    /// A reproducible stream for tests; never for secrets.
    pub fn seeded(seed: u64) -> Self {
        Self(Kind::Seeded(Arc::new(AtomicU64::new(seed))))
    }

    /// Random bytes. When the operating system cannot give any, nothing safe can be done, and the
    /// caller gets an error.
    pub fn bytes<const N: usize>(&self) -> crate::Result<[u8; N]> {
        let mut out = [0u8; N];
        match &self.0 {
            Kind::System => getrandom::fill(&mut out).map_err(|e| {
                crate::Error::transient("platform.entropy", format!("the operating system gave no random bytes: {e}"))
            })?,
            Kind::Seeded(state) => {
                for chunk in out.chunks_mut(8) {
                    let word = split_mix(state.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::SeqCst)).to_le_bytes();
                    for (to, from) in chunk.iter_mut().zip(word) {
                        *to = from;
                    }
                }
            }
        }
        Ok(out)
    }

    /// An id that sorts by time: eleven hex digits of the millisecond, then ten random ones.
    pub fn id(&self, prefix: &str, now_ms: i64) -> crate::Result<String> {
        let random = self.bytes::<5>()?;
        Ok(format!("{prefix}{now_ms:011x}{}", tenon_crypto::digest::hex_lower(&random)))
    }

    /// A number nobody else draws: 48 random bits, from 1 on.
    pub fn token(&self) -> crate::Result<u64> {
        let [a, b, c, d, e, f] = self.bytes::<6>()?;
        Ok(u64::from_be_bytes([0, 0, a, b, c, d, e, f]).max(1))
    }

    /// Any part of the duration, so that many who wait for one thing spread over all of it.
    pub fn part_of(&self, duration: Duration) -> Duration {
        duration.mul_f64(self.bytes::<4>().map_or(0.5, |b| f64::from(u32::from_le_bytes(b)) / f64::from(u32::MAX)))
    }

    /// The duration, up to a fifth longer or shorter, so that many do not come at once.
    pub fn jitter(&self, duration: Duration) -> Duration {
        let spread = self.bytes::<4>().map_or(0.5, |b| f64::from(u32::from_le_bytes(b)) / f64::from(u32::MAX));
        duration.mul_f64(0.8 + 0.4 * spread)
    }
}

fn split_mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
