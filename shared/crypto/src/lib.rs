//! Callback envelopes, request signatures and the sealing of secrets.
//!
//! Everything here is a function of its arguments: no I/O, no clock and no
//! randomness of its own (the one exception is the padding of
//! [`weaver::encrypt_for_server`], and it says so). No input makes it panic.
//! Signatures and owner ids are compared in constant time, and `Debug` of
//! whatever holds a secret prints `[redacted]`.
//!
//! | module | scheme |
//! |---|---|
//! | [`envelope`] | DingTalk and WeCom callbacks: SHA-1 signature over AES-256-CBC |
//! | [`blacklake`] | Black Lake callbacks: AES-256-ECB, unsigned |
//! | [`aiflow`] | the `A-Signature` header, double MD5 |
//! | [`openapi`] | calls to the open API, HMAC-SHA256, two schemes |
//! | [`webhook`] | pushes to customers, two schemes |
//! | [`weaver`] | Weaver E-cology credentials |
//! | [`kingdee`] | signed calls of Kingdee K3Cloud, HMAC-SHA256 |
//! | [`secrets`] | secrets at rest, AES-256-GCM |
//! | [`digest`] | hashes and the constant-time compare |

pub mod aiflow;
pub mod blacklake;
pub mod digest;
pub mod envelope;
pub mod jwt;
pub mod kingdee;
pub mod openapi;
pub mod secrets;
pub mod weaver;
pub mod webhook;

mod block;
mod mac;
