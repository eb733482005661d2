//! Making the instance: a create is sent once, and one whose answer was lost is looked for before it is sent again.

use super::creating::Creating;
use super::links::LeasedLink;
use super::submit::Reading;
use super::work::Work;
use super::{recognise, search, shown, submitter};
use crate::map::form_draft;
use serde_json::{Value, json};
use tenon_model::InstanceId;
use tenon_model::link::{Link, LinkState, Shown};
use tenon_model::oa::{FormDraft, InstanceField, ReadValue};
use tenon_platform::clock::{SKEW, millis};
use tenon_platform::runs::Recorder;
use tenon_platform::{Error, Result, Retry};

impl Work<'_> {
    /// Sends the create once. Its time is stored before it is sent, so that whoever comes after a
    /// crash knows that it may have arrived, and with it what it was made from.
    pub(super) async fn create(&self, leased: &mut LeasedLink, steps: &mut Recorder, reading: &Reading) -> Result<()> {
        let document = &reading.document;
        let mapped = steps
            .step("map to form", Value::Null, async {
                let mut form = form_draft(self.oa.kind(), self.flow, &leased.record.key, &document.fields)?;
                submitter::complete(&self.erp, self.flow, document, &reading.asked, &mut form).await?;
                let note = note_of(&form, &self.oa.kind().echo(&form));
                Ok((form, note))
            })
            .await?;
        let mut form = mapped;
        if self.flow.form.attachments.is_some() {
            // Its files are stored in the OA by one worker.
            leased.store(self.ctx).await?;
        }
        self.attach(leased, steps, document, &mut form).await?;
        let now = self.ctx.now_ms();
        let values = shown::values(self.flow, document);
        let record = shown::record(
            leased.record.attempt,
            &values,
            recognise::controls(&self.oa.kind().echo(&form), self.oa.capabilities()),
        );
        let also = vec![shown::write(self.ctx, self.tenant, &leased.record, &record)?];
        let fingerprint = shown::fingerprint(&values, None);
        let shown = Shown { fingerprint, request: reading.request.clone(), differs: Vec::new() };
        let originator = form.originator.clone();
        let set = |l: &mut Link| {
            l.create_sent_ms = Some(now);
            l.originator = Some(originator);
            l.shown = Some(shown);
        };
        if leased.record.state == LinkState::Creating {
            leased.amend_with(self.ctx, also, set).await?;
        } else {
            leased.advance_with(self.ctx, LinkState::Creating, also, set).await?;
        }
        leased.note_sent(self.ctx);
        let creating = Creating::begin(self.ctx, self.tenant, &self.flow.oa);
        let created = self.send_create(steps, &form).await;
        match created {
            Ok(instance) => {
                self.created(leased, instance.clone()).await?;
                creating.stored(&instance);
                Ok(())
            }
            Err(error) if error.retry == Retry::UnknownOutcome => {
                leased.advance(self.ctx, LinkState::Unknown, |_| {}).await?;
                Err(error)
            }
            Err(error) => {
                // Refused or never sent: nothing was created.
                leased.amend(self.ctx, |l| l.create_sent_ms = None).await?;
                Err(error)
            }
        }
    }

    async fn send_create(&self, steps: &mut Recorder, form: &FormDraft) -> Result<InstanceId> {
        let input = json!({ "template": form.template, "originator": form.originator, "department": form.department });
        steps
            .step("create instance", input, async {
                let instance = self.oa.create(form).await?;
                let note = json!({ "instance": instance });
                Ok((instance, note))
            })
            .await
    }

    async fn created(&self, leased: &mut LeasedLink, instance: InstanceId) -> Result<()> {
        let check_after_ms = self.ctx.now_ms() + millis(self.check_open_after);
        leased
            .advance(self.ctx, LinkState::Created, |l| {
                l.instance = Some(instance);
                l.check_after_ms = check_after_ms;
            })
            .await
    }

    /// Looks for the instance of a create whose answer was lost. Not finding it means something
    /// only when the request can no longer be under way.
    pub(super) async fn look(&self, leased: &mut LeasedLink, steps: &mut Recorder) -> Result<()> {
        let found = steps
            .step("look for instance", json!({ "sent_ms": leased.record.create_sent_ms }), async {
                let controls =
                    shown::load(self.ctx, self.tenant, &leased.record).await?.map(|r| r.controls).unwrap_or_default();
                let (flow, link, shared) = (self.flow, &leased.record, self.form_is_shared);
                let found =
                    search::find_instance(self.ctx, self.tenant, flow, shared, &self.oa, link, &controls).await?;
                let note = json!({ "instance": found });
                Ok((found, note))
            })
            .await?;
        if let Some(instance) = found {
            return self.created(leased, instance).await;
        }
        let settles = self.call_timeout + self.oa.capabilities().settles_within + SKEW;
        if let Some(wait) = leased.unsettled(self.ctx, leased.record.create_sent_ms, settles) {
            return Err(Error::new(
                "flow.create-unsettled",
                Retry::RateLimited(wait),
                "the create's answer was lost and the OA does not list the instance yet; it is looked for again",
            ));
        }
        if leased.record.state == LinkState::Unknown {
            leased.advance(self.ctx, LinkState::Creating, |l| l.create_sent_ms = None).await
        } else {
            leased.amend(self.ctx, |l| l.create_sent_ms = None).await
        }
    }
}

/// A form for the run and the preview: who hands it in, and what its controls will show.
pub(super) fn note_of(form: &FormDraft, fields: &[InstanceField]) -> Value {
    json!({ "originator": form.originator, "department": form.department, "fields": texts(fields) })
}

fn texts(fields: &[InstanceField]) -> Value {
    let text = |field: &InstanceField| match &field.value {
        ReadValue::Text(text) => Value::from(text.as_str()),
        ReadValue::Table(rows) => rows.iter().map(|row| texts(row)).collect(),
    };
    fields.iter().map(|field| json!({ "name": field.name, "value": text(field) })).collect()
}
