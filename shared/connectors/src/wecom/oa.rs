//! WeCom as an OA: its answers in neutral words.

use super::error::{NOT_THE_USERS, WRONG_PARAMETER};
use super::template::{Template, TemplateControl};
use super::{Wecom, form, search};
use crate::base::Effect;
use crate::base::check::CheckReport;
use crate::oa::{AttachmentLimits, Capabilities, Connector, Controls, Events, FileContent, Limits, Missed};
use jiff::tz::TimeZone;
use serde_json::Value;
use std::time::Duration;
use tenon_model::InstanceId;
use tenon_model::config::OaTimes;
use tenon_model::oa::{Control, FieldKind, FormDraft, Instance, InstanceField, LostCreate, StoredFile, Unfit};
use tenon_model::schema::{FormControl, FormSchema};
use tenon_platform::{Error, Result};

/// What WeCom can do.
static CAPABILITIES: Capabilities = Capabilities {
    name: "WeCom",
    controls: Controls::Ids,
    find: Some(LISTED),
    titled: false,
    list: Some(LISTED),
    events: Events::Announce,
    // The envelope is signed, and names the company it is for.
    authentic: true,
    reports_gone: false,
    missed: Missed::LookUp,
    // Three deliveries, each given up after five seconds.
    delivers_within: Duration::from_secs(180),
    settles_within: Duration::from_secs(30),
    clock_skew: Duration::from_secs(120),
    // Options are written by their keys and read by their texts, dates are moments, people are ids; a text that
    // a mapping sends to such a control says nothing.
    reads_back: &[FieldKind::Text, FieldKind::Number, FieldKind::Money, FieldKind::Unknown],
    describes_forms: Some("the approval app's API (审批 → 可调用接口的应用)"),
    undescribed: Some(
        "WeCom does not tell whether the template asks its originator for approvers (申请人自选), and refuses a form without \
         them (301025): see in its console that the template names its own, or name them in form.approvers",
    ),
    limits: Limits { controls: None, characters: None },
    attachments: Some(AttachmentLimits { files: 6, bytes: 20 * 1024 * 1024 }),
};

/// A list covers at most this.
const LISTED: Duration = Duration::from_secs(search::WINDOW.unsigned_abs());

impl Wecom<'_> {
    fn zone(&self) -> Result<TimeZone> {
        let name = &self.connection.time_zone;
        TimeZone::get(name).map_err(|e| {
            Error::permanent("config.time-zone", format!("{name} is no IANA time zone, such as Asia/Shanghai: {e}"))
        })
    }

    async fn apply(&self, draft: &FormDraft, template: &Template) -> Result<InstanceId> {
        let body = form::body(draft, template, &self.zone()?)?;
        let answer = self.send(Effect::Create, "/oa/applyevent", &body).await.map_err(|error| named(error, draft))?;
        match answer.get("sp_no").and_then(super::error::text).filter(|number| !number.is_empty()) {
            Some(number) => Ok(InstanceId::new(number)),
            None => Err(self.remote.vendor.unknown("WeCom took the form and named no number")),
        }
    }
}

impl Connector for Wecom<'_> {
    const CAPABILITIES: &'static Capabilities = &CAPABILITIES;

    fn unfit(draft: &FormDraft) -> Vec<Unfit> {
        form::unfit(draft)
    }

    fn echo(draft: &FormDraft) -> Vec<InstanceField> {
        form::echo(&draft.fields)
    }

    fn times(&self) -> OaTimes {
        self.connection.times()
    }

    async fn preview(&self, draft: &FormDraft) -> Result<Value> {
        form::body(draft, self.template(&draft.template).await?.as_ref(), &self.zone()?)
    }

    async fn create(&self, draft: &FormDraft) -> Result<InstanceId> {
        let template = self.template(&draft.template).await?;
        let error = match self.apply(draft, &template).await {
            Ok(number) => return Ok(number),
            Err(error) => error,
        };
        // The form may have been changed since its template was read; nothing was made of this one.
        if error.code != "wecom.form" && error.vendor_code.as_deref() != Some(WRONG_PARAMETER) {
            return Err(error);
        }
        let anew = self.template_anew(&draft.template).await?;
        if anew == template { Err(error) } else { self.apply(draft, &anew).await }
    }

    async fn store(&self, _originator: &str, file: &FileContent) -> Result<StoredFile> {
        self.store_for_a_form(file).await
    }

    async fn read(&self, id: &InstanceId) -> Result<Option<Instance>> {
        self.detail(id, &self.zone()?).await
    }

    async fn find(&self, lost: &LostCreate) -> Result<Vec<InstanceId>> {
        self.numbers(&lost.template, lost.from_ms, lost.to_ms, lost.originator.as_deref()).await
    }

    async fn list(&self, template: &str, from_ms: i64, to_ms: i64) -> Result<Vec<InstanceId>> {
        self.numbers(template, from_ms, to_ms, None).await
    }

    async fn form_controls(&self, template: &str) -> Result<Vec<Control>> {
        Ok(described(&self.template_anew(template).await?.controls))
    }

    async fn form_schema(&self, template: &str) -> Result<FormSchema> {
        let template = self.template_anew(template).await?;
        Ok(FormSchema { title: template.name.clone(), controls: template.controls.iter().map(seen).collect() })
    }

    async fn check(&self) -> Result<CheckReport> {
        self.try_connection().await
    }
}

/// Which user WeCom means: its refusal names nobody.
fn named(mut error: Error, draft: &FormDraft) -> Error {
    if error.vendor_code.as_deref() == Some(NOT_THE_USERS) {
        error.message = format!("user {}: {}", draft.originator, error.message);
    }
    error
}

/// A control by its id: titles are not always one control's alone.
fn seen(control: &TemplateControl) -> FormControl {
    FormControl {
        id: control.id.clone(),
        name: control.id.clone(),
        label: control.title.clone(),
        // What a control does not say in its own word decides how it is written.
        word: match control.style.as_str() {
            "" => control.control.clone(),
            style => format!("{}/{style}", control.control),
        },
        kind: control.kind(),
        with_time: control.style == "hour",
        required: control.required,
        fillable: control.is_filled_in(),
        options: control.options.iter().map(|(_, text)| text.clone()).collect(),
        longest: None,
        columns: control.children.iter().map(seen).collect(),
    }
}

/// Each control under each name that a mapping may call it by.
fn described(controls: &[TemplateControl]) -> Vec<Control> {
    let of = |control: &TemplateControl| {
        let named = |name: &str| Control {
            id: control.id.clone(),
            name: name.to_owned(),
            kind: control.kind(),
            required: control.required,
            columns: described(&control.children),
        };
        [Some(named(&control.title)), (control.id != control.title).then(|| named(&control.id))]
    };
    controls.iter().filter(|control| control.is_filled_in()).flat_map(of).flatten().collect()
}
