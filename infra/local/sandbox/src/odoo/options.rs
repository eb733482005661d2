//! What an Odoo is set up with: fixed demo credentials, its people, and what differs by site.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt;
use std::time::Duration;

/// Settings of an Odoo.
#[derive(Clone)]
pub struct OdooOptions {
    /// The client it knows.
    pub client_id: String,
    /// The client's secret.
    pub client_secret: String,
    /// Addresses it sends people back to, each to the letter.
    pub redirect_uris: Vec<String>,
    /// Whether a sign-in without PKCE is refused.
    pub require_pkce: bool,
    /// Whether a person is asked before a client is told who they are.
    pub requires_consent: bool,
    /// What it says in `iss` when it sends people back; without it nothing.
    pub issuer: Option<String>,
    /// Its people.
    pub users: Vec<OdooUser>,
    /// When set, `userinfo` tells of this user whoever's the token is: a server gone wrong.
    pub userinfo_of: Option<String>,
    /// Whether refresh tokens are given.
    pub refresh_tokens: bool,
    /// How long a code counts.
    pub code_life: Duration,
    /// How long an access token does.
    pub token_life: Duration,
    /// What calls to `/odoo/api/workflow/…` and `/odoo/api/form/list` are signed with.
    pub enterprise_code: String,
    /// The app they are signed as.
    pub app_id: String,
    /// Its secret.
    pub app_secret: String,
    /// Forms, as `form/list` tells them.
    pub forms: Vec<Value>,
    /// Time an answer takes.
    pub latency: Duration,
}

/// Somebody who can sign in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OdooUser {
    /// What they type.
    pub login: String,
    /// Their password.
    #[serde(skip_serializing)]
    pub password: String,
    /// The ERP's code.
    pub user_id: String,
    /// Name.
    pub name: String,
    /// Mobile number; empty for none.
    pub phone: String,
    /// E-mail; empty for none.
    pub email: String,
    /// The ERP's code of the department; empty for none.
    pub dept_id: String,
    /// What it is called.
    pub dept_name: String,
    /// Whether they may sign in.
    pub active: bool,
}

impl Default for OdooUser {
    fn default() -> Self {
        let none = String::new;
        Self {
            login: none(),
            password: none(),
            user_id: none(),
            name: none(),
            phone: none(),
            email: none(),
            dept_id: none(),
            dept_name: none(),
            active: true,
        }
    }
}

impl OdooUser {
    /// Somebody whose password is their login.
    pub fn new(login: &str, user_id: &str, name: &str, phone: &str) -> Self {
        Self {
            login: login.to_owned(),
            password: login.to_owned(),
            user_id: user_id.to_owned(),
            name: name.to_owned(),
            phone: phone.to_owned(),
            email: format!("{login}@example.com"),
            dept_id: "D10".to_owned(),
            dept_name: "采购部".to_owned(),
            active: true,
        }
    }

    /// What `userinfo` says.
    pub(super) fn userinfo_json(&self) -> Value {
        let mut info = json!({ "userId": self.user_id, "username": self.login, "name": self.name });
        let more = [
            ("phone", &self.phone),
            ("phoneNumber", &self.phone),
            ("email", &self.email),
            ("deptId", &self.dept_id),
            ("deptName", &self.dept_name),
        ];
        if let Value::Object(members) = &mut info {
            let filled = more.into_iter().filter(|(_, value)| !value.is_empty());
            members.extend(filled.map(|(name, value)| (name.to_owned(), Value::from(value.as_str()))));
        }
        info
    }
}

impl Default for OdooOptions {
    fn default() -> Self {
        Self {
            client_id: "aiflow".into(),
            client_secret: "odoo-sandbox-client-secret".into(),
            redirect_uris: vec!["http://127.0.0.1:8787/aflow/api/oauth2/callback".into()],
            require_pkce: false,
            requires_consent: true,
            issuer: None,
            users: vec![
                OdooUser::new("zhangsan", "E1001", "张三", "13800000001"),
                OdooUser::new("lisi", "E1002", "李四", "13800000002"),
                OdooUser::new("wangwu", "E1003", "王五", "13800000003"),
            ],
            userinfo_of: None,
            refresh_tokens: true,
            code_life: Duration::from_secs(60),
            token_life: Duration::from_secs(3600),
            enterprise_code: "COMPANY001".into(),
            app_id: "APP001".into(),
            app_secret: "odoo-sandbox-app-secret".into(),
            forms: vec![json!({
                "formCode": "purchase_request", "formName": "采购申请",
                "formSchema": { "components": [{ "type": "input", "name": "reason", "label": "事由", "required": true }] }
            })],
            latency: Duration::ZERO,
        }
    }
}

impl fmt::Debug for OdooOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OdooOptions").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}
