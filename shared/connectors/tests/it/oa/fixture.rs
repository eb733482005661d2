//! What the suite has to know of an OA to try it: how to make it do things, and what it saw.

use crate::support::Trouble;
use std::time::Duration;
use tenon_connectors::oa::{Capabilities, Oa, OaKind};
use tenon_model::config::Connection;
use tenon_model::oa::{FormDraft, Outcome};
use tenon_model::{InstanceId, TenantId};
use tenon_platform::Context;

/// A call that is disturbed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On {
    Create,
    Read,
}

/// An OA with its vendor's side.
pub trait Fixture: Sized {
    /// A fresh one, with nothing in it.
    async fn new() -> Self;
    /// The process that calls it.
    fn ctx(&self) -> &Context;
    /// A sound connection to it.
    fn connection(&self) -> Connection;
    /// The same with credentials that it refuses.
    fn refused(&self) -> Connection;
    /// A form that it takes, with a text, a number and a table of two rows.
    fn draft(&self) -> FormDraft;
    /// Lets time pass, for us and for it.
    fn wait(&self, time: Duration);
    /// Disturbs the next such call.
    fn disturb(&self, on: On, trouble: Trouble);
    /// People end an instance.
    fn end(&self, instance: &InstanceId, outcome: Outcome, words: &str);
    /// Events that ended instances caused until now are not delivered, for as long as it tries.
    fn refuse_events(&self);
    /// How often credentials were tried.
    fn logins(&self) -> usize;
    /// How many creates were asked for.
    fn creates(&self) -> usize;
    /// How many instances there are.
    fn instances(&self) -> usize;

    /// A client of the sound connection.
    fn oa(&self) -> Oa<'_> {
        self.over(&self.connection())
    }

    /// A client of a connection.
    fn over(&self, connection: &Connection) -> Oa<'_> {
        Oa::over(self.ctx(), &TenantId::operator(), connection, 1).expect("the connection is one of an OA")
    }

    /// Which OA it is.
    fn kind(&self) -> OaKind {
        OaKind::of(&self.connection()).expect("the connection is one of an OA")
    }

    /// What it says of itself.
    fn capabilities(&self) -> &'static Capabilities {
        self.kind().capabilities()
    }

    fn now(&self) -> i64 {
        self.ctx().now_ms()
    }
}
