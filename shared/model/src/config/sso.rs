//! Single sign-on: the customer's OAuth 2.0 server, the `[sso]` table.

use super::Secret;
use crate::{duration, text};
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// Where a person goes when single sign-on is off and nothing else is said.
pub const LOGIN_PAGE: &str = "https://beta.aiflow.fan/login";
/// Where the provider sends people back to, below our own address.
pub const CALLBACK_PATH: &str = "/aflow/api/oauth2/callback";
/// The documents' paths of a provider whose authorise address says nothing of the others.
const DOCUMENTED: &str = "/odoo/api/oauth2/";

/// How people sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sso {
    /// Whether people sign in at the customer's own server.
    #[serde(default)]
    pub enabled: bool,
    /// The customer's login page: the authorise address of its OAuth 2.0 server.
    #[serde(default, alias = "redirectUri", deserialize_with = "text::trimmed")]
    pub redirect_uri: String,
    /// Our id there.
    #[serde(default, deserialize_with = "text::trimmed")]
    pub client_id: String,
    /// Our secret there.
    #[serde(default)]
    pub client_secret: Secret,
    /// Our own address, as browsers see it.
    #[serde(default, deserialize_with = "text::trimmed")]
    pub public_url: String,
    /// Whose codes the user ids of the server are: the `enterprise_code` under which the ERP's codes are stored.
    #[serde(default, deserialize_with = "text::trimmed")]
    pub enterprise_code: String,
    /// Where codes are exchanged; by default beside the authorise address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub token_url: Option<String>,
    /// Where it is asked who signed in; by default beside the authorise address.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub userinfo_url: Option<String>,
    /// How codes are exchanged.
    #[serde(default)]
    pub variant: TokenVariant,
    /// How it is asked who signed in.
    #[serde(default)]
    pub userinfo_method: UserinfoMethod,
    /// Where the access token goes.
    #[serde(default)]
    pub userinfo_token: UserinfoToken,
    /// What is asked for.
    #[serde(default = "scope_default", deserialize_with = "text::filled")]
    pub scope: String,
    /// The server's name of itself (RFC 9207); by default what it says must be of the authorise address's origin.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub issuer: Option<String>,
    /// Whether the server has to name the person's department.
    #[serde(default = "yes")]
    pub require_department: bool,
    /// Where people go when single sign-on is off.
    #[serde(default = "login_page_default", deserialize_with = "text::filled")]
    pub login_page: String,
    /// How long one call to the server may take.
    #[serde(default = "timeout_default", with = "duration::text")]
    pub timeout: Duration,
    /// How long a person stays signed in who comes back within this time.
    #[serde(default = "stay_default", with = "duration::text")]
    pub stay: Duration,
    /// Sign-ins that one address may begin in a minute; 0 for any number. A company behind one address is many people.
    #[serde(default = "starts_default")]
    pub starts_per_minute: u32,
    /// The tenant whose people sign in; without one the operator's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "text::optional")]
    pub tenant: Option<String>,
}

/// How codes are exchanged for tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TokenVariant {
    /// A form with HTTP Basic, in the words of RFC 6749.
    #[default]
    Form,
    /// JSON with `clientId`, `clientSecret`, `grantType`.
    Json,
}

/// How it is asked who signed in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserinfoMethod {
    /// GET.
    #[default]
    Get,
    /// POST.
    Post,
}

/// Where the access token goes in that question.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum UserinfoToken {
    /// `Authorization: Bearer`.
    #[default]
    Header,
    /// `?access_token=`, as Odoo's `oauth_provider` asks for it.
    Query,
}

impl Default for Sso {
    fn default() -> Self {
        Self {
            enabled: false,
            redirect_uri: String::new(),
            client_id: String::new(),
            client_secret: Secret::default(),
            public_url: String::new(),
            enterprise_code: String::new(),
            token_url: None,
            userinfo_url: None,
            variant: TokenVariant::default(),
            userinfo_method: UserinfoMethod::default(),
            userinfo_token: UserinfoToken::default(),
            scope: scope_default(),
            issuer: None,
            require_department: true,
            login_page: login_page_default(),
            timeout: timeout_default(),
            stay: stay_default(),
            starts_per_minute: starts_default(),
            tenant: None,
        }
    }
}

impl Sso {
    /// Where codes are exchanged.
    pub fn token_address(&self) -> String {
        self.token_url.clone().unwrap_or_else(|| self.beside("token"))
    }

    /// Where it is asked who signed in.
    pub fn userinfo_address(&self) -> String {
        self.userinfo_url.clone().unwrap_or_else(|| self.beside("userinfo"))
    }

    /// Where people come back to.
    pub fn callback_address(&self) -> String {
        format!("{}{CALLBACK_PATH}", self.public_url.trim_end_matches('/'))
    }

    /// What the client's secret is sealed for: it goes to no other address, and for no other client.
    pub fn bound_to(&self) -> String {
        serde_json::Value::from_iter([
            "sso",
            self.redirect_uri.as_str(),
            self.token_address().as_str(),
            self.userinfo_address().as_str(),
            self.client_id.as_str(),
        ])
        .to_string()
    }

    /// The neighbour of an authorise address that ends in `/authorize`; else where the documents have it.
    fn beside(&self, name: &str) -> String {
        let (address, query) = match self.redirect_uri.split_once('?') {
            Some((address, query)) => (address, format!("?{query}")),
            None => (self.redirect_uri.as_str(), String::new()),
        };
        match address.strip_suffix("/authorize") {
            Some(root) => format!("{root}/{name}{query}"),
            None => format!("{}{DOCUMENTED}{name}", origin(address)),
        }
    }
}

/// Scheme, host and port of an address.
pub fn origin(address: &str) -> &str {
    let host = address.find("://").map_or(0, |at| at + 3);
    let end = address.get(host..).and_then(|rest| rest.find(['/', '?', '#'])).map_or(address.len(), |at| host + at);
    address.get(..end).unwrap_or(address)
}

fn scope_default() -> String {
    "basic".to_owned()
}
fn login_page_default() -> String {
    LOGIN_PAGE.to_owned()
}
fn timeout_default() -> Duration {
    Duration::from_secs(10)
}
fn stay_default() -> Duration {
    Duration::from_secs(7 * 86_400)
}
fn starts_default() -> u32 {
    600
}
fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(redirect_uri: &str) -> Sso {
        Sso { redirect_uri: redirect_uri.to_owned(), ..Sso::default() }
    }

    #[test]
    fn the_other_addresses_stand_beside_the_authorise_address() {
        let odoo = at("https://odoo.example.com/odoo/api/oauth2/authorize");
        assert_eq!(odoo.token_address(), "https://odoo.example.com/odoo/api/oauth2/token");
        assert_eq!(odoo.userinfo_address(), "https://odoo.example.com/odoo/api/oauth2/userinfo");
        let oca = at("https://odoo.example.com/oauth2/authorize?db=prod");
        assert_eq!(oca.token_address(), "https://odoo.example.com/oauth2/token?db=prod");
        let login = at("https://odoo.example.com:8069/login");
        assert_eq!(login.token_address(), "https://odoo.example.com:8069/odoo/api/oauth2/token");
        let own = Sso { token_url: Some("https://t.example.com/t".to_owned()), ..login };
        assert_eq!(own.token_address(), "https://t.example.com/t");
    }

    #[test]
    fn an_origin_ends_before_the_path() {
        assert_eq!(origin("https://a.example:8/b/c?d"), "https://a.example:8");
        assert_eq!(origin("https://a.example?d=/"), "https://a.example");
        assert_eq!(origin("https://a.example"), "https://a.example");
    }
}
