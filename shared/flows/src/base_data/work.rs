//! What sending a record needs, and how far each of a message's records has come.

use super::reading::Reading;
use super::records::LeasedRecord;
use crate::base_data::message::SendRecord;
use crate::kinds::Scope;
use tenon_connectors::base_data::{Interface, Target};
use tenon_connectors::erp::Erp;
use tenon_model::TenantId;
use tenon_model::config::BaseDataFlow;
use tenon_platform::config_store::Loaded;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, Result};

/// What the work on one message needs.
pub struct Work<'a> {
    pub ctx: &'a Context,
    pub tenant: &'a TenantId,
    pub loaded: &'a Loaded,
    pub flow: &'a BaseDataFlow,
    pub erp: Erp<'a>,
    pub target: Target<'a>,
    /// The message's own id, which repetitions of it keep.
    pub message: &'a str,
}

impl<'a> Work<'a> {
    /// Opens both systems.
    pub fn new(at: Scope<'a>, flow: &'a BaseDataFlow, message: &'a str) -> Result<Self> {
        let Scope { ctx, tenant, loaded } = at;
        let erp = Erp::open(ctx, tenant, loaded, &flow.erp)?;
        let target = Target::open(ctx, tenant, loaded, &flow.oa)?;
        Ok(Self { ctx, tenant, loaded, flow, erp, target, message })
    }

    /// The interface that makes rows, or the one that changes them.
    pub fn saving(&self, changes: bool) -> Interface<'a> {
        let form = &self.flow.form;
        let name = form.change.as_deref().filter(|_| changes).unwrap_or(&form.template);
        Interface { name, operator: form.operator.as_deref() }
    }

    /// The interface that lists rows.
    pub fn listing(&self) -> Interface<'a> {
        let form = &self.flow.form;
        Interface { name: form.listing(), operator: form.operator.as_deref() }
    }
}

/// One record of a message.
pub struct Piece<'m> {
    pub asked: &'m SendRecord,
    pub steps: Recorder,
    /// It, while nobody else may have it. None when it is over before it began.
    pub held: Option<LeasedRecord>,
    /// What is to be sent, or was.
    pub reading: Option<Reading>,
    /// Whether its saving is still to be sent.
    pub is_due: bool,
    /// What it came to.
    pub over: Option<Over>,
}

/// What the work on one record came to.
#[derive(Debug)]
pub enum Over {
    /// The message was done with before.
    Before,
    /// It is there, and marked.
    Done(String),
    /// Nothing is to be done now.
    NotDue(String),
    /// Trying again at once is vain: it is told, and tried again by and by.
    Refused(Error),
    /// The message comes again for it.
    Failed(Error),
}

impl Over {
    /// By what the error says of trying again.
    pub fn of(error: Error) -> Self {
        match error.retry {
            tenon_platform::Retry::Permanent => Self::Refused(error),
            _ => Self::Failed(error),
        }
    }
}

impl Piece<'_> {
    /// Ends the work on the record.
    pub fn end(&mut self, over: Over) {
        self.over = Some(over);
        self.is_due = false;
    }

    /// The record, while the work on it goes on.
    pub fn open(&mut self) -> Option<&mut LeasedRecord> {
        if self.over.is_some() { None } else { self.held.as_mut() }
    }
}
