//! From a claimed record to a document of the ERP, exactly one. Goes on from whatever is stored: a create that may
//! have been carried out is looked for, by the request it carries, before another is sent.

use super::record::{self, LeasedRecord};
use serde_json::{Map, Value, json};
use std::time::Duration;
use tenon_connectors::SETTLES;
use tenon_connectors::erp::{self, Erp, Made};
use tenon_model::DocumentKey;
use tenon_model::config::DocumentFlow;
use tenon_model::document::DocumentState;
use tenon_platform::runs::Recorder;
use tenon_platform::{Context, Error, ErrorKind, Result, Retry};

/// What is created, and by what it is found again.
#[derive(Clone, Copy)]
pub(crate) struct Making<'a> {
    /// The object.
    pub object: &'a str,
    /// The field of its key.
    pub key: &'a str,
    /// The field that carries the record's mark.
    pub mark: &'a str,
}

impl<'a> Making<'a> {
    /// What a document flow creates.
    pub fn of(flow: &'a DocumentFlow) -> Self {
        Self { object: &flow.object, key: flow.key_field(), mark: flow.mark.name() }
    }
}

/// One document's work.
pub(crate) struct Work<'a> {
    pub ctx: &'a Context,
    pub making: Making<'a>,
    pub erp: &'a Erp<'a>,
    /// The longest a create may take by the connection's configuration.
    pub longest_write: Duration,
}

/// What the ERP has made.
struct Outcome {
    key: Option<DocumentKey>,
    is_draft: bool,
}

impl Work<'_> {
    /// Looks for what an earlier create may have made, and says whether it is there. When it is not, it can no longer
    /// appear.
    ///
    /// # Errors
    /// `flow.document-open` while it still may.
    pub async fn resolve(&self, held: &mut LeasedRecord, steps: &mut Recorder) -> Result<bool> {
        match self.look(held, steps).await? {
            Some(made) => self.created(held, made).await.map(|()| true),
            None => self.wait_until_it_cannot_appear(held).await.map(|()| false),
        }
    }

    /// Creates the document of these fields. `pushed` is what they were made of, where it cannot be read again.
    ///
    /// # Errors
    /// Permanent when nothing was created and the ERP would refuse it again; of unknown outcome; others when nothing
    /// was sent.
    pub async fn create(
        &self,
        held: &mut LeasedRecord,
        fields: &Map<String, Value>,
        pushed: Option<&Map<String, Value>>,
        steps: &mut Recorder,
    ) -> Result<()> {
        match self.send(held, fields, pushed, steps).await {
            Ok(outcome) => self.created(held, outcome).await,
            Err(error) if error.retry == Retry::UnknownOutcome && error.kind() != ErrorKind::Refused => {
                held.advance(self.ctx, DocumentState::Unknown, |_| {}).await?;
                Err(error)
            }
            // What it says has happened, or not, by now; and a key that is taken may be taken by ourselves.
            Err(error)
                if matches!(error.kind(), ErrorKind::Refused | ErrorKind::Exists) && error.vendor_message.is_some() =>
            {
                self.refused(held, error, steps).await
            }
            Err(error) => {
                self.not_sent(held, &error).await?;
                Err(error)
            }
        }
    }

    async fn send(
        &self,
        held: &mut LeasedRecord,
        fields: &Map<String, Value>,
        pushed: Option<&Map<String, Value>>,
        steps: &mut Recorder,
    ) -> Result<Outcome> {
        let now = self.ctx.now_ms();
        let mark = held.record.mark.clone().unwrap_or_default();
        held.advance(self.ctx, DocumentState::Creating, |record| {
            record.create_sent_ms = Some(now);
            if let Some(pushed) = pushed {
                super::push::keep(record, pushed);
            }
        })
        .await?;
        held.note_sent(self.ctx);
        let mut body = fields.clone();
        body.insert(self.making.mark.to_owned(), Value::from(mark));
        let body = Value::Object(body);
        let object = self.making.object;
        let made = steps
            .step("create document", json!({ "object": object, "fields": body }), async {
                let answer = self.in_time(self.erp.create(object, &body)).await?;
                let key = answer.get(self.making.key).and_then(DocumentKey::from_json);
                let note = json!({ "key": key });
                // What is made as a draft is meant as one.
                let is_draft = !object.ends_with("Drafts") && erp::shows_draft(&answer);
                Ok((key.map(|key| Outcome { key: Some(key), is_draft }), note))
            })
            .await?;
        match made {
            Some(made) => Ok(made),
            // Some sites answer without the document.
            None => Ok(self.look(held, steps).await.ok().flatten().unwrap_or(Outcome { key: None, is_draft: false })),
        }
    }

    /// What a create of this record has made, if anything.
    async fn look(&self, held: &LeasedRecord, steps: &mut Recorder) -> Result<Option<Outcome>> {
        let mark = held.record.mark.clone().unwrap_or_default();
        let (object, field) = (self.making.object, self.making.mark);
        steps
            .step("look for document", json!({ "object": object, field: mark }), async {
                let found = self.in_time(self.erp.made(object, self.making.key, field, &mark)).await?;
                let mut ours = None;
                for Made { key, is_draft } in found {
                    // The first: what people copied from it comes later.
                    if !record::is_anothers(self.ctx, held.tenant(), &held.record, &key).await? {
                        ours = Some(Outcome { key: Some(key), is_draft });
                        break;
                    }
                }
                let note = json!({ "found": ours.as_ref().map(|made| &made.key) });
                Ok((ours, note))
            })
            .await
    }

    /// Calls wait for a session, and whoever waits for them does not wait for ever.
    async fn in_time<T>(&self, call: impl Future<Output = Result<T>>) -> Result<T> {
        let Some(left) = self.ctx.time_left() else { return call.await };
        tokio::time::timeout(left, call).await.unwrap_or_else(|_| {
            let message = "the ERP has not answered in the time there is; what became of the call is looked up";
            Err(Error::new("flow.document-open", Retry::UnknownOutcome, message))
        })
    }

    /// A create that was sent and is not there may still be carried out.
    async fn wait_until_it_cannot_appear(&self, held: &mut LeasedRecord) -> Result<()> {
        if held.record.state == DocumentState::Creating {
            held.advance(self.ctx, DocumentState::Unknown, |_| {}).await?;
        }
        let (sent_ms, within) = (held.record.create_sent_ms, self.longest_write + SETTLES);
        let Some(left) = held.unsettled(self.ctx, sent_ms, within) else { return Ok(()) };
        Err(Error::new(
            "flow.document-open",
            Retry::RateLimited(left.max(Duration::from_secs(1))),
            format!(
                "the ERP was asked to create {} for request {} and has not answered; it does not show it yet and may \
                 still carry it out, so it is looked for again and sent again only after {} s",
                self.making.object,
                held.record.request,
                left.as_secs() + 1
            ),
        ))
    }

    /// The ERP has answered that it refuses; it is looked at all the same, since an approval procedure that takes the
    /// document is told as an error by some.
    async fn refused(&self, held: &mut LeasedRecord, error: Error, steps: &mut Recorder) -> Result<()> {
        let certain = error.retry == Retry::Permanent && error.kind() == ErrorKind::Refused;
        if !certain {
            match self.look(held, steps).await {
                Ok(Some(made)) => return self.created(held, made).await,
                Ok(None) => {}
                Err(_) if error.retry != Retry::UnknownOutcome => {}
                Err(unseen) => {
                    held.advance(self.ctx, DocumentState::Unknown, |_| {}).await?;
                    return Err(unseen);
                }
            }
        }
        let error = if error.retry == Retry::UnknownOutcome { erp::refusal(error) } else { error };
        super::fail(self.ctx, held, &error).await?;
        Err(error)
    }

    /// Nothing has reached the ERP, or it refused before it did anything.
    async fn not_sent(&self, held: &mut LeasedRecord, error: &Error) -> Result<()> {
        match held.record.state {
            DocumentState::Creating if error.retry == Retry::Permanent => super::fail(self.ctx, held, error).await,
            DocumentState::Creating => held.advance(self.ctx, DocumentState::Claimed, |_| {}).await,
            _ => Ok(()),
        }
    }

    async fn created(&self, held: &mut LeasedRecord, made: Outcome) -> Result<()> {
        let next = DocumentState::Created;
        held.advance(self.ctx, next, |record| {
            (record.key, record.is_draft) = (made.key, made.is_draft);
            (record.code, record.message, record.pushed) = (None, None, None);
        })
        .await
    }
}
