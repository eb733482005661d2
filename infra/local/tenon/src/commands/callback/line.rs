//! One line in, one line out.

use super::{Action, Vendor};
use serde::Serialize;
use serde_json::{Map, Value};
use tenon_crypto::blacklake::{Cipher, KeyForm, Secret};
use tenon_crypto::envelope::{Codec, EnvelopeError, Sealed};
use tenon_platform::Entropy;

/// What a line gets.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// Whether it was done.
    pub ok: bool,
    /// What was sealed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plaintext: Option<String>,
    /// Base64.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub encrypt: Option<String>,
    /// Lower-case hex.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
    /// The stable name of the first check that failed, or `invalid_request`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<&'static str>,
    /// What is wrong with the line itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

enum Rejection {
    Envelope(EnvelopeError),
    Request(String),
}

impl From<EnvelopeError> for Rejection {
    fn from(error: EnvelopeError) -> Self {
        Self::Envelope(error)
    }
}

/// Answers one line; no line is too broken for an answer.
pub fn answer(action: Action, vendor: Vendor, entropy: &Entropy, line: &[u8]) -> Answer {
    let done = read(line).and_then(|members| match (action, vendor) {
        (Action::Open, Vendor::Blacklake) => open_unsigned(&members),
        (Action::Seal, Vendor::Blacklake) => seal_unsigned(&members, entropy),
        (Action::Open, _) => open(&members, vendor),
        (Action::Seal, _) => seal(&members, vendor, entropy),
    });
    match done {
        Ok(answer) => Answer { ok: true, ..answer },
        Err(Rejection::Envelope(error)) => Answer { error: Some(error.name()), ..Answer::default() },
        Err(Rejection::Request(message)) => {
            Answer { error: Some("invalid_request"), message: Some(message), ..Answer::default() }
        }
    }
}

fn open(members: &Members, vendor: Vendor) -> Result<Answer, Rejection> {
    let given = members.texts(["token", "encodingAesKey", "signature", "timestamp", "nonce", "encrypt"])?;
    let [token, key, signature, timestamp, nonce, encrypt] = given;
    let plaintext =
        Codec::new(&token, &key, &members.owner(vendor)?)?.open(&signature, &timestamp, &nonce, &encrypt)?;
    Ok(Answer { plaintext: Some(plaintext), ..Answer::default() })
}

fn seal(members: &Members, vendor: Vendor, entropy: &Entropy) -> Result<Answer, Rejection> {
    let [token, key, timestamp, nonce, plaintext] =
        members.texts(["token", "encodingAesKey", "timestamp", "nonce", "plaintext"])?;
    let codec = Codec::new(&token, &key, &members.owner(vendor)?)?;
    let random = members.random16(entropy)?;
    let Sealed { encrypt, signature } = codec.seal(&plaintext, &timestamp, &nonce, random);
    Ok(Answer { encrypt: Some(encrypt), signature: Some(signature), ..Answer::default() })
}

fn open_unsigned(members: &Members) -> Result<Answer, Rejection> {
    let [_, encrypt] = members.texts(["secret", "encrypt"])?;
    Ok(Answer { plaintext: Some(secret(members)?.open(&encrypt)?), ..Answer::default() })
}

fn seal_unsigned(members: &Members, entropy: &Entropy) -> Result<Answer, Rejection> {
    let [_, plaintext] = members.texts(["secret", "plaintext"])?;
    let secret = secret(members)?;
    let random = members.random16(entropy)?;
    Ok(Answer { encrypt: Some(secret.seal_with(&plaintext, random)), ..Answer::default() })
}

/// Black Lake's secret, as the connection's keys of these names set it.
fn secret(members: &Members) -> Result<Secret, Rejection> {
    let [secret] = members.texts(["secret"])?;
    let cipher = match members.text("cipher")?.as_deref() {
        None | Some("aes-256-ecb") => Cipher::Ecb,
        Some("aes-256-cbc-iv-prefix") => Cipher::CbcIvPrefix,
        Some(_) => {
            let message = "`cipher` must be aes-256-ecb or aes-256-cbc-iv-prefix";
            return Err(Rejection::Request(message.to_owned()));
        }
    };
    let form = match members.text("callbackKey")?.as_deref() {
        None | Some("sha256") => KeyForm::Sha256,
        Some("raw-utf8") => KeyForm::RawUtf8,
        Some("base64") => KeyForm::Base64,
        Some(_) => return Err(Rejection::Request("`callbackKey` must be sha256, raw-utf8 or base64".to_owned())),
    };
    Ok(Secret::with(&secret, cipher, form)?)
}

/// The members of a line. Messages name members and never show values, some of which are secrets.
struct Members(Map<String, Value>);

fn read(line: &[u8]) -> Result<Members, Rejection> {
    let refused = |why: String| Rejection::Request(format!("the line is no JSON object: {why}"));
    match serde_json::from_slice(line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)) {
        Ok(Value::Object(members)) => Ok(Members(members)),
        Ok(_) => Err(refused("it is another JSON value".to_owned())),
        Err(error) if error.is_eof() => Err(refused("it ends too early".to_owned())),
        Err(error) => Err(refused(format!("syntax error at column {}", error.column()))),
    }
}

impl Members {
    /// The members of these names, all of which must be there.
    fn texts<const N: usize>(&self, names: [&str; N]) -> Result<[String; N], Rejection> {
        let mut missing = Vec::new();
        let mut given = names.map(|_| String::new());
        for (slot, name) in given.iter_mut().zip(names) {
            match self.text(name)? {
                Some(text) => *slot = text,
                None => missing.push(format!("`{name}`")),
            }
        }
        if missing.is_empty() { Ok(given) } else { Err(Rejection::Request(format!("missing: {}", missing.join(", ")))) }
    }

    /// A text; a whole number (as timestamps often are written) is taken as its digits.
    fn text(&self, name: &str) -> Result<Option<String>, Rejection> {
        match self.0.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(Value::Number(number)) if number.is_i64() || number.is_u64() => Ok(Some(number.to_string())),
            Some(_) => Err(Rejection::Request(format!("`{name}` must be a text"))),
        }
    }

    /// The owner id. WeCom's smart bots have none.
    fn owner(&self, vendor: Vendor) -> Result<String, Rejection> {
        for name in ["owner", "ownerKey", "receiveId"] {
            if let Some(owner) = self.text(name)? {
                return Ok(owner);
            }
        }
        match vendor {
            Vendor::Wecom => Ok(String::new()),
            _ => Err(Rejection::Request("missing: `owner`".to_owned())),
        }
    }

    fn random16(&self, entropy: &Entropy) -> Result<[u8; 16], Rejection> {
        if let Some(hex) = self.text("random16Hex")? {
            return unhex(&hex).ok_or_else(|| Rejection::Request("`random16Hex` must be 32 hex digits".to_owned()));
        }
        let Some(text) = self.text("random16")? else {
            return entropy.bytes().map_err(|e| Rejection::Request(e.to_string()));
        };
        // 16 bytes of UTF-8, else 16 characters of Latin-1.
        let latin: Option<Vec<u8>> = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect();
        <[u8; 16]>::try_from(text.as_bytes())
            .ok()
            .or_else(|| <[u8; 16]>::try_from(latin?).ok())
            .ok_or_else(|| Rejection::Request("`random16` must be 16 characters of one byte each".to_owned()))
    }
}

fn unhex(text: &str) -> Option<[u8; 16]> {
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[high, low]| Some(digit(*high)? * 16 + digit(*low)?)).collect();
    if rest.is_empty() { bytes?.try_into().ok() } else { None }
}
