//! A client that keeps cookies and tokens, and a clock that moves when told to.

use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use tenon_sandbox::{NewDraft, Outcome, Sandbox, SandboxOptions};

pub const START_MS: i64 = 1_748_340_000_000;

pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub text: String,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("not JSON: {}", self.text))
    }

    /// B1's error code, from either body.
    pub fn code(&self) -> i64 {
        let code = &self.json()["error"]["code"];
        code.as_i64().or_else(|| code.as_str()?.parse().ok()).unwrap_or_else(|| panic!("no code: {}", self.text))
    }

    pub fn header(&self, name: &str) -> String {
        self.headers.get(name).map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default()
    }
}

pub struct Client {
    pub sandbox: Sandbox,
    pub now: Cell<i64>,
    pub cookie: RefCell<String>,
    pub token: RefCell<String>,
}

impl Client {
    pub fn with(options: impl Into<SandboxOptions>) -> Self {
        Self {
            sandbox: Sandbox::new(options),
            now: Cell::new(START_MS),
            cookie: RefCell::default(),
            token: RefCell::default(),
        }
    }

    /// Logged in to both systems.
    pub fn ready(options: impl Into<SandboxOptions>) -> Self {
        let client = Self::with(options);
        assert_eq!(client.login().status, 200);
        client.fetch_token();
        client
    }

    pub fn wait(&self, ms: i64) {
        self.now.set(self.now.get() + ms);
    }

    pub fn outcome(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Outcome {
        let mut request = Request::builder().method(method).uri(uri).header("host", "sandbox");
        if !self.cookie.borrow().is_empty() {
            request = request.header("cookie", self.cookie.borrow().as_str());
        }
        if !self.token.borrow().is_empty() {
            request = request.header("x-acs-dingtalk-access-token", self.token.borrow().as_str());
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.sandbox.handle(self.now.get(), request.body(Bytes::copy_from_slice(body)).unwrap())
    }

    pub fn send(&self, method: &str, uri: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        match self.outcome(method, uri, headers, body) {
            Outcome::Answer { response, .. } => Answer {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                text: String::from_utf8(response.body().to_vec()).unwrap(),
            },
            Outcome::Dropped { .. } => panic!("{method} {uri} was dropped"),
        }
    }

    pub fn get(&self, uri: &str) -> Answer {
        self.send("GET", &escape(uri), &[], b"")
    }

    pub fn post(&self, uri: &str, body: Value) -> Answer {
        self.send("POST", &escape(uri), &[], body.to_string().as_bytes())
    }

    pub fn patch(&self, uri: &str, body: Value) -> Answer {
        self.send("PATCH", &escape(uri), &[], body.to_string().as_bytes())
    }

    pub fn login_as(&self, company: &str, user: &str, password: &str) -> Answer {
        self.cookie.borrow_mut().clear();
        let answer = self.post("/b1s/v1/Login", json!({"CompanyDB": company, "UserName": user, "Password": password}));
        let cookies: Vec<String> = answer
            .headers
            .get_all("set-cookie")
            .iter()
            .map(|v| v.to_str().unwrap().split(';').next().unwrap().to_owned())
            .collect();
        *self.cookie.borrow_mut() = cookies.join("; ");
        answer
    }

    pub fn login(&self) -> Answer {
        self.login_as("SBODEMOCN", "manager", "sandbox-b1")
    }

    pub fn fetch_token(&self) -> String {
        let body = json!({"appKey": "dingsandboxapp", "appSecret": "sandbox-app-secret"});
        let token = self.post("/v1.0/oauth2/accessToken", body).json()["accessToken"].as_str().unwrap().to_owned();
        token.clone_into(&mut self.token.borrow_mut());
        token
    }

    /// A purchase request in approval; returns draft and request.
    pub fn purchase_request(&self, stages: &[&[i64]]) -> (i64, i64) {
        let draft = NewDraft::new("1470000113")
            .field("RequesterName", "张三")
            .line(json!({"ItemCode": "A-1", "Quantity": 10.0, "Price": 3.5}))
            .line(json!({"ItemCode": "A-2", "Quantity": 2.0, "Price": 8.0}))
            .stages(stages);
        let (draft, request) = self.sandbox.b1().create_draft(self.now.get(), draft).unwrap();
        (draft, request.unwrap())
    }
}

/// Escapes what a URI may not hold.
fn escape(uri: &str) -> String {
    uri.bytes()
        .map(|b| match b {
            b' ' => "%20".to_owned(),
            b'\'' => "%27".to_owned(),
            b if b.is_ascii() => char::from(b).to_string(),
            b => format!("%{b:02X}"),
        })
        .collect()
}
