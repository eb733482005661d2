//! The OA as a seam: what flows ask of any OA, and what each says of itself.
//!
//! The set is closed, so it is an enum: the compiler leads to every place that a further OA has to answer for.
//! What is asked for differs by OA only as [`Capabilities`] say; nobody else may ask which OA it is.

mod capabilities;
mod connector;

pub use capabilities::{AttachmentLimits, Capabilities, Controls, Events, Limits, Missed};
pub(crate) use connector::Connector;
pub use connector::{FileContent, MissedList};

use crate::base::check::CheckReport;
use crate::dingtalk::Dingtalk;
use crate::weaver::Weaver;
use crate::wecom::Wecom;
use bytes::Bytes;
use serde_json::Value;
use tenon_model::config::{Connection, OaTimes};
use tenon_model::oa::{Control, FormDraft, Instance, InstanceField, LostCreate, StoredFile, Unfit};
use tenon_model::schema::FormSchema;
use tenon_model::{ConnectionId, InstanceId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, Error, Result};

/// A client of an OA.
pub enum Oa<'a> {
    /// DingTalk.
    DingTalk(Box<Dingtalk<'a>>),
    /// Weaver.
    Weaver(Box<Weaver<'a>>),
    /// WeCom.
    Wecom(Box<Wecom<'a>>),
}

/// Which OA: what can be said of a form without asking anybody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OaKind {
    /// DingTalk.
    DingTalk,
    /// Weaver.
    Weaver,
    /// WeCom.
    Wecom,
}

/// The same call to whichever OA it is. Calls are boxed, so that what waits for one is not as large as all of them.
macro_rules! of_each {
    ($oa:expr, $client:ident => $call:expr) => {
        match $oa {
            Oa::DingTalk($client) => $call,
            Oa::Weaver($client) => $call,
            Oa::Wecom($client) => $call,
        }
    };
}

/// The same question about whichever OA it is, as a type.
macro_rules! of_kind {
    ($kind:expr, $client:ident => $call:expr) => {
        match $kind {
            OaKind::DingTalk => {
                type $client<'a> = Dingtalk<'a>;
                $call
            }
            OaKind::Weaver => {
                type $client<'a> = Weaver<'a>;
                $call
            }
            OaKind::Wecom => {
                type $client<'a> = Wecom<'a>;
                $call
            }
        }
    };
}

impl<'a> Oa<'a> {
    /// The OA of a stored connection.
    ///
    /// # Errors
    /// `config.connection` when there is none, when it does not open, or when it is no OA.
    pub fn open(ctx: &'a Context, tenant: &TenantId, loaded: &Loaded, id: &ConnectionId) -> Result<Self> {
        let connection = loaded.connection(id)?;
        Self::over(ctx, tenant, &connection, loaded.revision(id)).ok_or_else(|| not_an_oa(id, &connection))
    }

    /// The OA of a connection with its revision; `None` when it is no OA.
    pub fn over(ctx: &'a Context, tenant: &TenantId, connection: &Connection, revision: u64) -> Option<Self> {
        match connection {
            Connection::DiApi(_) => None,
            Connection::Blacklake(_)
            | Connection::B1(_)
            | Connection::Feishu(_)
            | Connection::Odoo(_)
            | Connection::Aiflow(_)
            | Connection::Kingdee(_) => None,
            Connection::Weaver(connection) => {
                Some(Self::Weaver(Box::new(Weaver::new(ctx, tenant, (**connection).clone(), revision))))
            }
            Connection::Dingtalk(connection) => {
                Some(Self::DingTalk(Box::new(Dingtalk::new(ctx, tenant, connection.clone(), revision))))
            }
            Connection::Wecom(connection) => {
                Some(Self::Wecom(Box::new(Wecom::new(ctx, tenant, connection.clone(), revision))))
            }
        }
    }

    /// Which OA it is.
    pub fn kind(&self) -> OaKind {
        match self {
            Self::DingTalk(_) => OaKind::DingTalk,
            Self::Weaver(_) => OaKind::Weaver,
            Self::Wecom(_) => OaKind::Wecom,
        }
    }

    /// How often it is looked through, and how long a call may take.
    pub fn times(&self) -> OaTimes {
        of_each!(self, client => Connector::times(client.as_ref()))
    }

    /// What it can do.
    pub fn capabilities(&self) -> &'static Capabilities {
        self.kind().capabilities()
    }

    /// What a create would send, in the OA's own words; nothing is sent.
    pub async fn preview(&self, draft: &FormDraft) -> Result<Value> {
        of_each!(self, client => Box::pin(Connector::preview(client.as_ref(), draft)).await)
    }

    /// Hands a file to the OA's storage in the name of a form's originator, where [`Capabilities::attachments`] says
    /// so; a form then names it.
    pub async fn store(&self, originator: &str, file: &FileContent) -> Result<StoredFile> {
        of_each!(self, client => Box::pin(Connector::store(client.as_ref(), originator, file)).await)
    }

    /// Hands a form in, once: no OA takes a key of ours, so each create makes an instance.
    ///
    /// # Errors
    /// Of class `UnknownOutcome` when an instance may have been made.
    pub async fn create(&self, draft: &FormDraft) -> Result<InstanceId> {
        of_each!(self, client => Box::pin(Connector::create(client.as_ref(), draft)).await)
    }

    /// Reads an instance. `None` only by the OA's own word that there is none (any more): a lost permission, a
    /// broken instance and an answer that is not understood are errors.
    pub async fn read(&self, id: &InstanceId) -> Result<Option<Instance>> {
        of_each!(self, client => Box::pin(Connector::read(client.as_ref(), id)).await)
    }

    /// What may be the instance of a create whose answer was lost, where [`Capabilities::find`] says so.
    pub async fn find(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        of_each!(self, client => Box::pin(Connector::find(client.as_ref(), lost)).await)
    }

    /// The instances of a form that were created in a time (epoch ms), where [`Capabilities::list`] says so.
    pub async fn list(&self, template: &str, from_ms: i64, to_ms: i64) -> Result<Vec<InstanceId>> {
        of_each!(self, client => Box::pin(Connector::list(client.as_ref(), template, from_ms, to_ms)).await)
    }

    /// Takes events that could not be delivered from the OA's list, where [`Missed::TakenList`] says so. As they
    /// came: the OA removes what it returns, so the answer is stored before it is looked at.
    pub async fn take_missed(&self) -> Result<Bytes> {
        of_each!(self, client => Box::pin(Connector::take_missed(client.as_ref())).await)
    }

    /// Reads what [`take_missed`](Self::take_missed) returned.
    ///
    /// # Errors
    /// When it is not understood as a whole.
    pub fn read_missed(&self, answer: &[u8]) -> Result<MissedList> {
        of_each!(self, client => Connector::read_missed(client.as_ref(), answer))
    }

    /// The controls of a form's template, where [`Capabilities::describes_forms`] says so.
    pub async fn form_controls(&self, template: &str) -> Result<Vec<Control>> {
        of_each!(self, client => Box::pin(Connector::form_controls(client.as_ref(), template)).await)
    }

    /// A form as it is now: every control once, with what tells it from the others, its kind and its options. Where
    /// [`Capabilities::describes_forms`] says so.
    pub async fn form_schema(&self, template: &str) -> Result<FormSchema> {
        of_each!(self, client => Box::pin(Connector::form_schema(client.as_ref(), template)).await)
    }

    /// Tells whether the connection works, by using it; writes nothing, tries a login once, and clears a
    /// remembered refusal when it gets in.
    pub async fn check(&self) -> Result<CheckReport> {
        of_each!(self, client => Box::pin(Connector::check(client.as_ref())).await)
    }
}

impl OaKind {
    /// Every one.
    pub const ALL: [Self; 3] = [Self::DingTalk, Self::Wecom, Self::Weaver];

    /// The OA of a connection; `None` when it is no OA.
    pub fn of(connection: &Connection) -> Option<Self> {
        match connection {
            Connection::DiApi(_) => None,
            Connection::Blacklake(_)
            | Connection::B1(_)
            | Connection::Feishu(_)
            | Connection::Odoo(_)
            | Connection::Aiflow(_)
            | Connection::Kingdee(_) => None,
            Connection::Dingtalk(_) => Some(Self::DingTalk),
            Connection::Weaver(_) => Some(Self::Weaver),
            Connection::Wecom(_) => Some(Self::Wecom),
        }
    }

    /// The OA of a stored connection.
    ///
    /// # Errors
    /// As [`Oa::open`].
    pub fn open(loaded: &Loaded, id: &ConnectionId) -> Result<Self> {
        let connection = loaded.connection(id)?;
        Self::of(&connection).ok_or_else(|| not_an_oa(id, &connection))
    }

    /// What it can do.
    pub fn capabilities(self) -> &'static Capabilities {
        of_kind!(self, Client => <Client<'_> as Connector>::CAPABILITIES)
    }

    /// Why it would not take a form: everything at once.
    pub fn unfit(self, draft: &FormDraft) -> Vec<Unfit> {
        of_kind!(self, Client => <Client<'_> as Connector>::unfit(draft))
    }

    /// The controls of a form to be handed in, as its instance will show them, by which that is recognised.
    pub fn echo(self, draft: &FormDraft) -> Vec<InstanceField> {
        of_kind!(self, Client => <Client<'_> as Connector>::echo(draft))
    }
}

fn not_an_oa(id: &ConnectionId, found: &Connection) -> Error {
    Error::permanent(
        "config.connection",
        format!("connection {id} is of kind {}, and one of an OA is needed", found.kind()),
    )
}
