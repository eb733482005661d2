//! A URL that a tenant gave, read and held against the rules that need no network.

use super::{Allowances, Objection, OutgoingFailure};
use reqwest::Url;
use std::net::IpAddr;

/// Longer URLs are refused.
const MAX_URL: usize = 4096;

/// What a URL points at. The parser has already brought the host to its plain form: `0x7f.1` and
/// `%3127.0.0.1` have become `127.0.0.1` here.
pub(super) struct Target {
    pub(super) url: Url,
    pub(super) host: Host,
}

pub(super) enum Host {
    /// Resolved, and checked, when a connection is made.
    Name(String),
    /// Never resolved, so it has been checked here.
    Address,
}

impl Target {
    /// Reads the URL. Refuses what is no http URL, what the operator does not allow, and addresses
    /// written out that are not public.
    pub(super) fn parse(text: &str, allowances: &Allowances) -> Result<Self, OutgoingFailure> {
        let refuse = |english: &str, chinese: &str| Err(OutgoingFailure::Refused(Objection::new(english, chinese)));
        if text.len() > MAX_URL {
            return refuse("the URL is longer than 4096 bytes", "超过4096字节");
        }
        // The parser would drop or turn these without a word; another reader of the URL would not.
        if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
            return refuse(
                "the URL has a space, a control character or a backslash; write them as %20 and the like",
                "含有空格、控制字符或反斜杠，请写成%20等形式",
            );
        }
        let no_url = |e| Objection::new(format!("this is not an absolute URL: {e}"), "不是完整的URL");
        let url = Url::parse(text).map_err(|e| OutgoingFailure::Refused(no_url(e)))?;
        match url.scheme() {
            "https" => {}
            "http" if allowances.http => {}
            "http" => return refuse("the URL must begin with https://", "须以https://开头"),
            _ => return refuse("the URL is of another kind than https://", "只能是https://地址"),
        }
        if !url.username().is_empty() || url.password().is_some() {
            return refuse("the URL has a user or password in it; leave them out", "不能含有用户名或密码");
        }
        if url.port() == Some(0) {
            return refuse("the URL has port 0, where nothing can listen", "端口不能为0");
        }
        let Some(host) = url.host_str().filter(|host| !host.is_empty()) else {
            return refuse("the URL has no host", "缺少主机名");
        };
        // The connector reads hosts the same way to tell addresses, which it does not resolve.
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host);
        let host = match bare.parse::<IpAddr>() {
            Ok(ip) => {
                if let Some(objection) = allowances.objection(ip) {
                    return Err(not_public(bare, "is", objection));
                }
                Host::Address
            }
            Err(_) => Host::Name(bare.to_owned()),
        };
        Ok(Self { url, host })
    }
}

/// The refusal of an address; `how` joins the host to it.
pub(super) fn not_public(host: &str, how: &str, objection: &str) -> OutgoingFailure {
    OutgoingFailure::Refused(Objection::new(
        format!("{host} {how} an address that may not be called ({objection}); give one that is public"),
        format!("{host}指向不允许访问的地址，请填写公网地址"),
    ))
}
