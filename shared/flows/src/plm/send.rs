//! One record's writes, until the ERP has it or refuses it. What may have been carried out is looked for by the key
//! before anything is sent again, and what is there by then is changed and not made.

use super::job::{Job, Work};
use super::look::Shown;
use super::outcome::is_final;
use super::record::LeasedRecord;
use super::{bodies, same};
use serde_json::{Value, json};
use tenon_connectors::erp::{self, Update};
use tenon_model::config::OnUpdate;
use tenon_model::plm::{PlmAction, PlmState};
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, ErrorKind, Result, Retry};

/// How often a record may turn out to be there, to be gone, or to be another, against what was read.
const TURNS: u32 = 3;

/// What came of a record's writes.
pub enum Sent {
    /// The ERP has it.
    Done(PlmAction),
    /// The ERP shows it, and the change that was sent last was not answered: it may be carried out later still.
    Seen(PlmAction),
    /// The ERP refused it.
    Refused(Error),
    /// Nothing of it is under way.
    Waiting(Error),
    /// What was sent last may be carried out still.
    Unclear(Error),
}

/// What one write came to.
enum Next {
    End(Sent),
    Create,
    Change(Option<Shown>),
    /// The same once more.
    Again(Option<Shown>),
    /// Somebody has changed it since it was read.
    Anew(Shown),
}

impl Work<'_> {
    /// Writes a record of which the ERP showed this.
    ///
    /// # Errors
    /// Those of the table, and that somebody else has the record.
    pub async fn send(
        &self,
        held: &mut LeasedRecord,
        job: &Job,
        seen: Option<Shown>,
        steps: &mut Recorder,
    ) -> Result<Sent> {
        let mut creates = held.record.state == PlmState::Creating;
        let (mut seen, mut turns, mut tries) = (seen, 0, 0);
        loop {
            let next = if creates {
                self.create(job, &mut tries, steps).await
            } else {
                self.change(job, seen.take(), &mut tries, steps).await
            };
            let state = match next {
                Next::End(sent) => return Ok(sent),
                Next::Again(shown) => {
                    seen = shown;
                    held.record.state
                }
                Next::Create => PlmState::Creating,
                Next::Change(shown) => {
                    seen = shown;
                    PlmState::Changing
                }
                Next::Anew(shown) => {
                    // It was answered, so nothing of the change that was refused comes later.
                    held.record.sent_ms = None;
                    seen = Some(shown);
                    turns += 1;
                    PlmState::Changing
                }
            };
            turns += u32::from(state != held.record.state);
            if turns > TURNS {
                let why = "记录在B1中反复变化（出现、消失或被修改），可能有人同时在B1中修改；请稍后重新推送";
                return Ok(Sent::Waiting(Error::transient("plm.unsettled", why)));
            }
            self.sends(held, state).await?;
            creates = state == PlmState::Creating;
        }
    }

    async fn create(&self, job: &Job, tries: &mut u32, steps: &mut Recorder) -> Next {
        let body = Value::Object(bodies::create(self.flow, &job.fields));
        let object = self.flow.object();
        let made = steps
            .step("create", json!({ "object": object, "fields": body }), async {
                self.in_time(self.erp.create(object, &body)).await.map(|_| ((), Value::Null))
            })
            .await;
        let error = match made {
            Ok(()) => return Next::End(Sent::Done(PlmAction::Created)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::Exists => Next::Change(None),
            _ if error.retry == Retry::UnknownOutcome => match self.find(job, steps).await {
                Err(unseen) => Next::End(Sent::Unclear(self.rather(error, unseen))),
                Ok(Some(shown)) if same::covers(&shown.row, &job.fields) => Next::End(Sent::Done(PlmAction::Created)),
                Ok(Some(shown)) => Next::Change(Some(shown)),
                // It was answered, so nothing more can come of it.
                Ok(None) if error.kind() == ErrorKind::Refused => Next::End(Sent::Refused(erp::refusal(error))),
                Ok(None) => self.again(error, tries, true, None).await,
            },
            _ if is_final(&error) => Next::End(Sent::Refused(error)),
            _ => self.again(error, tries, false, None).await,
        }
    }

    /// Changes the record as it was read: where the ERP has given a version, a change that somebody made since is not
    /// written over unseen, and a change of ours that arrives late is refused.
    async fn change(&self, job: &Job, seen: Option<Shown>, tries: &mut u32, steps: &mut Recorder) -> Next {
        let seen = match seen {
            None if self.flow.on_update == OnUpdate::Merge => match self.find(job, steps).await {
                Ok(Some(shown)) => Some(shown),
                Ok(None) => return Next::Create,
                Err(error) => return Next::End(Sent::Waiting(error)),
            },
            seen => seen,
        };
        let body = bodies::change(self.flow, &job.fields, seen.as_ref().map(|shown| &shown.row));
        if body.is_empty() {
            return Next::End(Sent::Done(PlmAction::Unchanged));
        }
        let version = seen.as_ref().and_then(|shown| shown.version.clone());
        let update = Update { version, replace_lines: bodies::replaces(self.flow, &body) };
        let (place, body) = (self.place(&job.key), Value::Object(body));
        let input = json!({ "object": self.flow.object(), "key": job.key, "fields": body, "replaces_lines": update.replace_lines });
        let made = steps
            .step("change", input, async {
                self.in_time(self.erp.update(&place, &body, update)).await.map(|()| ((), Value::Null))
            })
            .await;
        let error = match made {
            Ok(()) => return Next::End(Sent::Done(PlmAction::Updated)),
            Err(error) => error,
        };
        match error.kind() {
            ErrorKind::NotFound => Next::Create,
            ErrorKind::Changed => match self.find(job, steps).await {
                Err(unseen) => Next::End(Sent::Waiting(unseen)),
                Ok(None) => Next::Create,
                Ok(Some(shown)) => Next::Anew(shown),
            },
            _ if error.retry == Retry::UnknownOutcome => match self.find(job, steps).await {
                Err(unseen) => Next::End(Sent::Unclear(self.rather(error, unseen))),
                Ok(None) => Next::Create,
                Ok(Some(shown)) if same::covers(&shown.row, &job.fields) => Next::End(Sent::Seen(PlmAction::Updated)),
                Ok(shown) => self.again(error, tries, true, shown).await,
            },
            _ if is_final(&error) => Next::End(Sent::Refused(error)),
            _ => self.again(error, tries, false, seen).await,
        }
    }

    async fn find(&self, job: &Job, steps: &mut Recorder) -> Result<Option<Shown>> {
        let input = json!({ "object": self.flow.object(), "key": job.key });
        steps
            .step("look up", input, async {
                let shown = self.look_at(&job.key).await?;
                let note = json!({ "found": shown.is_some() });
                Ok((shown, note))
            })
            .await
    }

    async fn again(&self, error: Error, tries: &mut u32, was_sent: bool, shown: Option<Shown>) -> Next {
        if self.may_try_again(&error, *tries).await {
            *tries += 1;
            return Next::Again(shown);
        }
        Next::End(if was_sent { Sent::Unclear(error) } else { Sent::Waiting(error) })
    }

    /// Of what was not answered and what then could not be looked up, what tells more.
    fn rather(&self, unanswered: Error, unseen: Error) -> Error {
        if unseen.is_of_the_vendor() { unseen } else { unanswered }
    }
}
