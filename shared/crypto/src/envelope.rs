//! The callback envelope that DingTalk and WeCom share.
//!
//! The vendor encrypts an event with AES-256-CBC under a key it shares with the
//! receiver (the IV is the first half of that key, every time), and signs the
//! base64 text with SHA-1 over a shared token. The plain layout is 16 random
//! bytes, a big-endian `u32` byte count, the message, and the owner id, padded
//! as PKCS#7 with a block of 32.
//!
//! The signature sorts its four strings and joins them without separators, so
//! the boundary between timestamp and nonce can move, and the two can change
//! places, without changing it. A caller must therefore read the timestamp
//! strictly, hold it to a window, and recognise repeats by the SHA-256 of
//! `encrypt`, never by (timestamp, nonce).

mod codec;
mod error;

pub use codec::{Codec, Sealed};
pub use error::EnvelopeError;
