//! An OA on its vendor's simulator: what is alike for all of them. A vendor says the rest as a [`Simulator`].

use super::fixture::{Fixture, On};
use crate::support::{Route, TestConnections, Trouble};
use std::marker::PhantomData;
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::Connection;
use tenon_model::oa::{Field, FieldValue, FormDraft, Outcome};
use tenon_platform::Context;
use tenon_sandbox::{ActionError, CallbackOutcome, Sandbox, SandboxOptions, Vendor};

/// A vendor's simulator, as far as the suite has to know it.
pub trait Simulator {
    const VENDOR: Vendor;
    /// A form with `申请人`, `金额`, and a table `物料明细` of `品名` and `数量`.
    const TEMPLATE: &'static str;
    const LOGIN: Route;
    const CREATE: Route;
    const READ: Route;
    /// The vendor's answer to a call that the app may not make: status and body.
    const FORBIDDEN: (u16, &'static str);
    /// Seconds before each attempt to deliver an event, the last one long enough for it to be given up. None where
    /// it sends no events.
    const DELIVERIES: &'static [u64] = &[];

    fn options() -> SandboxOptions;
    fn connection() -> Connection;
    /// The same with a wrong secret.
    fn refused() -> Connection;
    fn end(sandbox: &Sandbox, now_ms: i64, id: &str, outcome: Outcome, words: &str) -> Result<(), ActionError>;
    fn instances(sandbox: &Sandbox) -> usize;

    /// That no event is tried any more.
    fn assert_given_up(_sandbox: &Sandbox) {}
}

/// An OA of a vendor, simulated.
pub struct Simulated<V>(TestConnections, PhantomData<V>);

fn route<V: Simulator>(on: On) -> Route {
    match on {
        On::Create => V::CREATE,
        On::Read => V::READ,
    }
}

impl<V: Simulator> Fixture for Simulated<V> {
    async fn new() -> Self {
        Self(TestConnections::new(V::options()).await, PhantomData)
    }

    fn ctx(&self) -> &Context {
        &self.0.ctx
    }

    fn connection(&self) -> Connection {
        V::connection()
    }

    fn refused(&self) -> Connection {
        V::refused()
    }

    fn draft(&self) -> FormDraft {
        let field = |name: &str, value| Field { name: name.into(), value };
        let row = |item: &str, quantity: &str| {
            vec![field("品名", FieldValue::Text(item.into())), field("数量", FieldValue::Number(quantity.into()))]
        };
        FormDraft {
            template: V::TEMPLATE.into(),
            title: Some("采购申请 16".into()),
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
        self.0.disturb(V::VENDOR, route::<V>(on), trouble, V::FORBIDDEN);
    }

    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str) {
        V::end(&self.0.sandbox, self.0.now(), instance.as_str(), outcome, words).unwrap();
    }

    fn refuse_events(&self) {
        for wait in V::DELIVERIES {
            self.0.wait(Duration::from_secs(*wait));
            for delivery in self.0.sandbox.due_callbacks(self.0.now()) {
                self.0.sandbox.callback_result(self.0.now(), delivery.id, CallbackOutcome::NoAnswer);
            }
        }
        V::assert_given_up(&self.0.sandbox);
    }

    fn logins(&self) -> usize {
        self.0.wire.sent(V::LOGIN.0, V::LOGIN.1).len()
    }

    fn creates(&self) -> usize {
        self.0.wire.sent(V::CREATE.0, V::CREATE.1).len()
    }

    fn instances(&self) -> usize {
        V::instances(&self.0.sandbox)
    }
}
