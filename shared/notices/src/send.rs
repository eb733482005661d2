//! Telling a person: the record says what is next, each message is noted before it is sent, and what came of it after.

use crate::counts::count;
use crate::message::Notice;
use crate::plan::{Next, Way, next};
use crate::promise::envelope;
use crate::recipient::Person;
use crate::record::{Attempt, AttemptStatus, Record, State};
use crate::{rate, recipient, words};
use std::time::Duration;
use tenon_connectors::notice::{Channel, SendOutcome};
use tenon_crypto::digest::sha256_hex;
use tenon_model::config::Notices;
use tenon_model::{ConnectionId, Language, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::error::ErrorKind;
use tenon_platform::outbox::Entry;
use tenon_platform::queue::NOTICES_SEND;
use tenon_platform::table::{Expect, Key, Outcome, Write};
use tenon_platform::{Context, Error, Result, Retry, breaker, lease};

/// Longer than the function may live, so that no other process sends beside one that still does.
pub const LEASE: Duration = Duration::from_secs(150);
/// When somebody else has the notice in hand.
const BUSY: Duration = Duration::from_secs(10);

/// A notice that is in hand.
pub(crate) struct Sending<'a> {
    pub(crate) ctx: &'a Context,
    /// Whose the connections are: the configuration is the operator's, whoever's person is told.
    pub(crate) owner: TenantId,
    /// Whose the person is.
    tenant: &'a TenantId,
    loaded: &'a Loaded,
    settings: &'a Notices,
    notice: &'a Notice,
    pub(crate) name: String,
    key: Key,
    pub(crate) record: Record,
    expect: Expect,
    /// It was told before, and its vendor has dropped it.
    anew: bool,
}

/// Tells a notice's person, unless that was done; says what came of it.
///
/// # Errors
/// Why it could not be told yet. What was sent and not answered is sent again while its vendor knows the repetition.
pub async fn send(ctx: &Context, tenant: &TenantId, notice: &Notice) -> Result<Record> {
    let loaded = ctx.config.load(&TenantId::operator()).await?;
    let settings = loaded.notices()?.cloned().unwrap_or_default();
    let person = recipient::find(ctx, tenant, &notice.recipient).await?;
    let name = name(notice, person.as_ref());
    let held = lease::acquire(ctx, tenant, &format!("notice/{name}"), LEASE).await?;
    let Some(held) = held else {
        let message = "another process is telling this person of the same thing";
        return Err(Error::new("notices.busy", Retry::PutOff(BUSY), message).with_kind(ErrorKind::Busy));
    };
    let sent = send_leased(ctx, tenant, &loaded, (notice, name), &settings, person.as_ref()).await;
    lease::give_back(ctx, held).await;
    sent
}

/// Names a notice to its person, whichever way the person was named: 24 hex digits.
pub(crate) fn name(notice: &Notice, person: Option<&Person>) -> String {
    let whom = person.map_or_else(|| notice.recipient.shown(), |person| format!("p:{}", person.id));
    let mut name = sha256_hex(format!("{}\n{whom}", notice.key).as_bytes());
    name.truncate(24);
    name
}

async fn send_leased(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    (notice, name): (&Notice, String),
    settings: &Notices,
    person: Option<&Person>,
) -> Result<Record> {
    let key = Record::key_of(tenant, &name);
    let stored = ctx.table.get::<Record>(&key).await?;
    let is_done = stored.as_ref().is_some_and(|stored| stored.data.is_done());
    let (record, expect) = match stored {
        Some(stored) => (stored.data, Expect::Version(stored.version)),
        None => {
            let language: Language = person.and_then(|person| person.language).unwrap_or(settings.language);
            (Record::new(notice, language, ctx.now_ms()), Expect::AbsentAt(ctx.now_ms()))
        }
    };
    let owner = TenantId::operator();
    let mut sending =
        Sending { ctx, owner, tenant, loaded, settings, notice, name, key, record, expect, anew: is_done };
    if is_done && !sending.is_dropped().await? {
        return Ok(sending.record);
    }
    if let Some(why) = nobody(settings, person) {
        return sending.skip(why).await;
    }
    let ways = sending.ways(settings, person)?;
    loop {
        match next(&mut sending.record, &ways, settings.over, ctx.now_ms()) {
            Next::Send(attempt) => sending.send(attempt).await?,
            Next::Finish(state) => return sending.finish(state).await,
        }
    }
}

/// Why nobody is told, where no channel is the reason.
fn nobody(settings: &Notices, person: Option<&Person>) -> Option<&'static str> {
    match person {
        _ if settings.channels.is_empty() => Some("no channel is configured ([notices])"),
        None => Some("the directory has nobody of this id or code"),
        Some(person) if !person.active => Some("the person is disabled in the directory"),
        Some(_) => None,
    }
}

impl Sending<'_> {
    pub(crate) fn channel(&self, id: &ConnectionId) -> Result<Channel<'_>> {
        let connection = self.loaded.connection(id)?;
        Channel::over(self.ctx, &self.owner, &connection, self.loaded.revision(id)).ok_or_else(|| {
            let message = format!("connection {id} carries no notices; name others in notices.channels");
            Error::permanent("notices.channel", message)
        })
    }

    fn ways(&self, settings: &Notices, person: Option<&Person>) -> Result<Vec<Way>> {
        let way = |id: &ConnectionId| {
            let to = person.and_then(|person| person.accounts.get(id.as_str())).cloned();
            Ok(Way { connection: id.clone(), to, repeat: self.channel(id)?.capabilities().repeat })
        };
        settings.channels.iter().map(way).collect()
    }

    async fn send(&mut self, attempt: Attempt) -> Result<()> {
        let Some(to) = attempt.to.clone() else { return Ok(()) };
        let id = attempt.connection.clone();
        breaker::admit(self.ctx, &self.owner, &[&id]).await?;
        let before = self.record.attempt(&id).cloned();
        let limits = self.channel(&id)?.capabilities().limits;
        if let Err(error) = rate::admit(self.ctx, &self.owner, &id, &to, limits).await {
            count(self.ctx, &self.owner, Some(&id), "held-back").await;
            return Err(error);
        }
        if before.is_some() {
            count(self.ctx, &self.owner, Some(&id), "repeated").await;
        } else {
            // From here on it may arrive.
            self.record.note(attempt.clone());
            self.store().await?;
        }
        let card = words::card(self.notice, &self.name, self.record.language, attempt.since_ms);
        let outcome = self.channel(&id)?.send_card(&to, &card).await;
        self.settle(attempt, before.is_some(), outcome).await
    }

    /// What came of a message that was sent.
    async fn settle(&mut self, attempt: Attempt, again: bool, outcome: Result<SendOutcome>) -> Result<()> {
        let id = attempt.connection.clone();
        match outcome {
            Ok(SendOutcome::Sent(message)) => {
                self.record.note(Attempt { stands: AttemptStatus::Sent, message, ..attempt });
                self.store().await?;
                count(self.ctx, &self.owner, Some(&id), "told").await;
                Ok(())
            }
            Ok(SendOutcome::Nobody(why)) => self.refused(attempt, why).await,
            Err(error) if error.kind == ErrorKind::Refused => self.refused(attempt, error.to_string()).await,
            Err(error) => {
                // A message that was not taken is as if it had not been sent; one that was not answered stays noted.
                if error.retry != Retry::UnknownOutcome && !again {
                    self.record.forget(&id);
                    self.store().await?;
                }
                Err(error)
            }
        }
    }

    async fn refused(&mut self, attempt: Attempt, why: String) -> Result<()> {
        let id = attempt.connection.clone();
        tracing::warn!(connection = %id, notice = %self.name, why, "a notice was refused");
        self.record.note(Attempt { stands: AttemptStatus::Refused, why: Some(why), ..attempt });
        self.store().await?;
        count(self.ctx, &self.owner, Some(&id), "refused").await;
        Ok(())
    }

    async fn skip(mut self, why: &str) -> Result<Record> {
        tracing::info!(notice = %self.name, recipient = %self.notice.recipient.shown(), why, "a notice is skipped");
        self.record.why = Some(why.to_owned());
        self.record.state = State::Skipped;
        self.store().await?;
        count(self.ctx, &self.owner, None, "skipped").await;
        Ok(self.record)
    }

    async fn finish(mut self, state: State) -> Result<Record> {
        self.record.state = state;
        if self.settings.confirm {
            self.mark_pending();
        }
        self.store_and_come_again().await?;
        for attempt in self.record.attempts.iter().filter(|_| !self.anew) {
            let what = match attempt.stands {
                AttemptStatus::Absent => "absent",
                AttemptStatus::Unknown => "unknown",
                AttemptStatus::Sending | AttemptStatus::Sent | AttemptStatus::Refused => continue,
            };
            count(self.ctx, &self.owner, Some(&attempt.connection), what).await;
        }
        Ok(self.record)
    }

    pub(crate) async fn store(&mut self) -> Result<()> {
        self.store_with(Vec::new()).await
    }

    /// Stores it; with the promise to come again where its vendor is to be asked what became of it.
    pub(crate) async fn store_and_come_again(&mut self) -> Result<()> {
        let Some(due_ms) = self.record.attempts.iter().filter_map(|attempt| attempt.ask_ms).min() else {
            return self.store().await;
        };
        let mut again = envelope(self.tenant, self.notice);
        again.due = Some(due_ms);
        let promised = Entry::of(self.ctx, &NOTICES_SEND, &again)?;
        self.store_with(vec![promised.write()?]).await?;
        if let Err(error) = promised.send(self.ctx).await {
            tracing::warn!(error.code = error.code, error.message = %error, "the sweeper sends a notice's message");
        }
        Ok(())
    }

    async fn store_with(&mut self, mut writes: Vec<Write>) -> Result<()> {
        self.record.at_ms = self.ctx.now_ms();
        let version = self.ctx.entropy.token()?;
        let write = self.record.write(self.ctx, self.key.clone(), self.expect, version)?;
        let outcome = match writes.is_empty() {
            true => self.ctx.table.write(write).await?,
            false => {
                writes.push(write);
                self.ctx.table.transact(writes).await?
            }
        };
        if outcome == Outcome::Conflict {
            return Err(changed_meanwhile());
        }
        self.expect = Expect::Version(version);
        Ok(())
    }
}

/// Somebody else stored it.
pub(crate) fn changed_meanwhile() -> Error {
    let message = "another process changed the notice in the meantime; it is looked at again";
    Error::transient("notices.busy", message).with_kind(ErrorKind::Lost)
}
