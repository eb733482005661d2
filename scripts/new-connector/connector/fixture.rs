//! {{Type}}, simulated.

use super::fixture::{Fixture, On, Trouble};
use crate::support::TestConnections;
use crate::{{name}}::connection;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::{Connection, Secret, {{Type}}Connection};
use tenon_model::oa::{Field, FieldValue, FormDraft, Outcome};
use tenon_platform::Context;
use tenon_platform::http::Failure;
use tenon_sandbox::{Fault, FaultKind, SandboxOptions, Vendor};

const INSTANCES: &str = "/{{name}}/instances";

pub struct Simulated(TestConnections);

impl Fixture for Simulated {
    async fn new() -> Self {
        Self(TestConnections::new(SandboxOptions::default()).await)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        Connection::{{Type}}(connection())
    }

    fn refused(&self) -> Connection {
        Connection::{{Type}}({{Type}}Connection { app_secret: Secret::new("wrong"), ..connection() })
    }

    fn draft(&self) -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let row = |item: &str, quantity: &str| {
            vec![field("品名", FieldValue::Text(item.into())), field("数量", FieldValue::Number(quantity.into()))]
        };
        FormDraft {
            template: "FORM-1".into(),
            originator: "zhangsan".into(),
            fields: vec![
                field("申请人", FieldValue::Text("张三".into())),
                field("金额", FieldValue::Number("10.50".into())),
                field("物料明细", FieldValue::Table(vec![row("A", "10"), row("B", "0.5")])),
            ],
            ..FormDraft::default()
        }
    }

    fn wait(&self, time: Duration) {
        self.0.wait(time);
    }

    fn disturb(&self, on: On, trouble: Trouble) {
        let method = if on == On::Create { "POST" } else { "GET" };
        let kind = match trouble {
            Trouble::LostBefore => FaultKind::DropBeforeCommit,
            Trouble::LostAfter => FaultKind::DropAfterCommit,
            Trouble::Expired => FaultKind::ExpireSessions,
            Trouble::Limited => FaultKind::RateLimited,
            // FILL IN: the vendor's answer to a call that the app may not make.
            Trouble::Forbidden => FaultKind::Status(200, r#"{"code":60011,"message":"no permission"}"#.into()),
            Trouble::Unreachable => {
                let once = AtomicBool::new(false);
                return self.0.wire.answer(move |sent| {
                    let hit = sent.method == method && sent.url.contains(INSTANCES);
                    let first = hit && !once.swap(true, Ordering::SeqCst);
                    first.then(|| Err(Failure::NotSent("no route".into())))
                });
            }
        };
        self.0.sandbox.inject(Fault::new(kind).vendor(Vendor::{{Type}}).on(method, INSTANCES));
    }

    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str) {
        self.0.sandbox.{{name}}().end(self.0.now(), instance.as_str(), outcome.word(), "manager01", words).unwrap();
    }

    // FILL IN, when the simulator sends events: refuse them for as long as it tries.
    fn refuse_events(&self) {}

    fn logins(&self) -> usize {
        self.0.wire.sent("POST", "/{{name}}/token").len()
    }

    fn creates(&self) -> usize {
        self.0.wire.sent("POST", INSTANCES).len()
    }

    fn instances(&self) -> usize {
        self.0.sandbox.{{name}}().instances().len()
    }
}
