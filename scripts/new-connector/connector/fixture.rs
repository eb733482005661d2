//! {{Type}}, simulated.

use super::simulated::{self, Simulator};
use crate::support::Route;
use crate::{{name}}::connection;
use tenon_model::config::{Connection, Secret, {{Type}}Connection};
use tenon_model::oa::Outcome;
use tenon_sandbox::{ActionError, Sandbox, SandboxOptions, Vendor};

pub struct {{Type}};

pub type Simulated = simulated::Simulated<{{Type}}>;

impl Simulator for {{Type}} {
    const VENDOR: Vendor = Vendor::{{Type}};
    const TEMPLATE: &'static str = "FORM-1";
    const LOGIN: Route = ("POST", "/{{name}}/token");
    const CREATE: Route = ("POST", "/{{name}}/instances");
    const READ: Route = ("GET", "/{{name}}/instances");
    // FILL IN: the vendor's answer to a call that the app may not make.
    const FORBIDDEN: (u16, &'static str) = (200, r#"{"code":60011,"message":"no permission"}"#);
    // FILL IN, when the simulator sends events: `DELIVERIES`.

    fn options() -> SandboxOptions {
        SandboxOptions::default()
    }

    fn connection() -> Connection {
        Connection::{{Type}}(connection())
    }

    fn refused() -> Connection {
        Connection::{{Type}}({{Type}}Connection { app_secret: Secret::new("wrong"), ..connection() })
    }

    fn end(sandbox: &Sandbox, now_ms: i64, id: &str, outcome: Outcome, words: &str) -> Result<(), ActionError> {
        sandbox.{{name}}().end(now_ms, id, outcome.word(), "manager01", words)
    }

    fn instances(sandbox: &Sandbox) -> usize {
        sandbox.{{name}}().instances().len()
    }
}
