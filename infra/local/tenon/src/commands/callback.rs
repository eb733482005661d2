//! `tenon callback`: open and seal vendors' callback envelopes, one JSON object a line.

mod line;

pub use line::answer;

use crate::output::Failure;
use clap::{Subcommand, ValueEnum};
use std::io::{self, BufRead, ErrorKind, Write};
use tenon_platform::Entropy;

const AFTER: &str = "\
Each line on standard input is one JSON object, and each gets one line on
standard output, at once. Members, for dingtalk and wecom:

  token, encodingAesKey   the callback settings; the key has 43 characters
  owner                   DingTalk: app key, corp id or suite key; WeCom: corp id,
                          or left out. ownerKey and receiveId mean the same
  timestamp, nonce        as they travel beside the envelope
  signature, encrypt      to open
  plaintext               to seal
  random16                to seal, optional: 16 characters (or random16Hex: 32
                          hex digits); random when left out

For blacklake: secret, and encrypt to open or plaintext to seal; optional cipher
(aes-256-ecb or aes-256-cbc-iv-prefix) and callbackKey (sha256, raw-utf8 or base64),
and random16 to seal with the latter cipher.
Other members are passed over. Answers:

  {\"ok\":true,\"plaintext\":\"…\"}                    opened
  {\"ok\":true,\"encrypt\":\"…\",\"signature\":\"…\"}      sealed; blacklake has no signature
  {\"ok\":false,\"error\":\"signature_mismatch\"}      refused, by the first check that failed
  {\"ok\":false,\"error\":\"invalid_request\",\"message\":\"…\"}   the line itself is wrong

Checks in order: invalid_key, signature_mismatch, bad_base64,
bad_ciphertext_length, bad_padding, bad_layout, owner_mismatch, bad_utf8.
Needs no data directory; the exit code is 0 whatever the lines hold.

Example:
  echo '{\"secret\":\"s\",\"plaintext\":\"{}\"}' | tenon callback seal --vendor blacklake

Next:
  signature_mismatch: check the token; bad_padding: the key; owner_mismatch: the owner";

/// Opens or seals vendors' callback envelopes, one JSON object a line.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct CallbackArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Subcommand, Clone, Debug)]
enum What {
    /// Verify and decrypt.
    #[command(after_help = "`tenon callback --help` lists the members of the lines.")]
    Open(VendorArgs),
    /// Encrypt and sign.
    #[command(after_help = "`tenon callback --help` lists the members of the lines.")]
    Seal(VendorArgs),
}

#[derive(clap::Args, Clone, Debug)]
struct VendorArgs {
    /// Whose envelope.
    #[arg(long)]
    vendor: Vendor,
}

/// Whose envelope.
#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
pub enum Vendor {
    /// DingTalk.
    Dingtalk,
    /// WeCom.
    Wecom,
    /// Black Lake MES: AES-256-ECB, no signature.
    Blacklake,
}

/// What is done with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Verify and decrypt.
    Open,
    /// Encrypt and sign.
    Seal,
}

/// The command.
///
/// # Errors
/// Standard input or output that breaks; a reader that has gone away is none.
pub fn callback(args: &CallbackArgs) -> Result<(), Failure> {
    let (action, vendor) = match &args.what {
        What::Open(args) => (Action::Open, args.vendor),
        What::Seal(args) => (Action::Seal, args.vendor),
    };
    let done = stream(action, vendor, &Entropy::system(), &mut io::stdin().lock(), &mut io::stdout().lock());
    match done {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            Err(Failure::outside(format!("standard input or output failed: {error}")))
        }
        _ => Ok(()),
    }
}

/// Answers each line of the input by one line, flushed before the next is read.
///
/// # Errors
/// Those of the streams.
pub fn stream(
    action: Action,
    vendor: Vendor,
    entropy: &Entropy,
    input: &mut dyn BufRead,
    output: &mut dyn Write,
) -> io::Result<()> {
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let mut body = serde_json::to_vec(&answer(action, vendor, entropy, &line))?;
        body.push(b'\n');
        output.write_all(&body)?;
        output.flush()?;
        line.clear();
    }
    Ok(())
}

#[cfg(test)]
mod tests;
