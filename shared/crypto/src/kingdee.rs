//! Signed calls of Kingdee K3Cloud, which need no session: one signature for the gateway of the public cloud, one for
//! the product. Both are the base64 of the hex digits of an HMAC-SHA256.

use crate::mac::hmac_sha256_hex;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// What the second half of an app's id is hidden with; the same for everybody.
const HIDING: &[u8] = b"0054f397c6234378b09ca7d3e5debce7";

/// Who signs.
#[derive(Clone, Copy)]
pub struct Signer<'a> {
    /// The data centre.
    pub account: &'a str,
    /// The user that the call is made as.
    pub username: &'a str,
    /// The id of the login authorisation: `NUMBER_TEXT` in the public cloud.
    pub app_id: &'a str,
    /// Its secret.
    pub app_secret: &'a str,
    /// The language number.
    pub language: i64,
    /// The organisation's number.
    pub organisation: &'a str,
}

/// The headers of one call, in lower case.
#[must_use]
pub fn headers(signer: Signer<'_>, path: &str, timestamp_s: i64, nonce: &str) -> Vec<(&'static str, String)> {
    let Signer { account, username, app_id, app_secret, language, organisation } = signer;
    let data = format!("{account},{username},{language},{organisation}");
    let mut headers = vec![
        ("x-kd-appkey", app_id.to_owned()),
        ("x-kd-appdata", STANDARD.encode(&data)),
        ("x-kd-signature", signature(app_secret.as_bytes(), &[app_id.as_bytes(), data.as_bytes()])),
    ];
    // The app of a private cloud has no such half, and no gateway.
    if let Some((client, key)) = app_id.split_once('_').and_then(|(client, hidden)| Some((client, shown(hidden)?))) {
        let text = format!("POST\n{}\n\nx-api-nonce:{nonce}\nx-api-timestamp:{timestamp_s}\n", escaped(path));
        headers.extend([
            ("x-api-clientid", client.to_owned()),
            ("x-api-auth-version", "2.0".to_owned()),
            ("x-api-timestamp", timestamp_s.to_string()),
            ("x-api-nonce", nonce.to_owned()),
            ("x-api-signheaders", "x-api-timestamp,x-api-nonce".to_owned()),
            ("x-api-signature", signature(key.as_bytes(), &[text.as_bytes()])),
        ]);
    }
    headers
}

fn signature(key: &[u8], parts: &[&[u8]]) -> String {
    STANDARD.encode(hmac_sha256_hex(key, parts))
}

/// The key that is hidden in an app's id.
fn shown(hidden: &str) -> Option<String> {
    let hidden = STANDARD.decode(hidden).ok().filter(|bytes| !bytes.is_empty() && bytes.len() <= HIDING.len())?;
    let plain: Vec<u8> = hidden.iter().zip(HIDING).map(|(byte, with)| byte ^ with).collect();
    Some(STANDARD.encode(plain))
}

/// A path as a form encodes it, slashes too.
fn escaped(path: &str) -> String {
    let mut text = String::with_capacity(path.len() + 16);
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => text.push(char::from(byte)),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that an implementation of somebody else's was seen to make.
    #[test]
    fn a_call_is_signed_as_others_sign_it() {
        let signer = Signer {
            account: "dcid-1",
            username: "user-1",
            app_id: "123456_YWJjZGVmZ2hpamtsbW5vcHFyc3R1dnd4",
            app_secret: "test-app-secret-value",
            language: 2052,
            organisation: "100",
        };
        let path = "/K3Cloud/Kingdee.BOS.WebApi.ServicesStub.DynamicFormService.ExecuteBillQuery.common.kdsvc";
        let headers = headers(signer, path, 1_700_000_000, "1700000000");
        let of = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value.as_str());
        assert_eq!(of("x-kd-appdata"), Some("ZGNpZC0xLHVzZXItMSwyMDUyLDEwMA=="));
        let product = "NjI5MzRiZGVhNGJhOWY2N2Y2YzQ2MzQ5ODA3N2JiZTRiMDRmOTUwNjI3YWIzODU1ODBkZDdhNzgwMzdmMDgxMg==";
        assert_eq!(of("x-kd-signature"), Some(product));
        let gateway = "MjNhMzg5MmZiMWE1MTQ1ZGE5NWFkYmZiZWYxYzhlY2NjNzcwM2ZjNDJlZTczMzBhNzkxOTk1ODhjNDZkMTEzYw==";
        assert_eq!(of("x-api-signature"), Some(gateway));
        assert_eq!(of("x-api-clientid"), Some("123456"));
    }

    #[test]
    fn the_app_of_a_private_cloud_signs_for_the_product_alone() {
        let signer =
            Signer { account: "a", username: "u", app_id: "app", app_secret: "s", language: 2052, organisation: "" };
        let names: Vec<_> = headers(signer, "/k3cloud/x", 1, "n").into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["x-kd-appkey", "x-kd-appdata", "x-kd-signature"]);
    }
}
