//! Receiving an event of the OA, however it came: remember it once, queue it if it ends an instance
//! of one of our forms, and do nothing else. No vendor is called here.

use crate::approvals::links;
use crate::messages::queue_write_back;
use tenon_connectors::time;
use tenon_model::config::DingtalkConnection;
use tenon_model::dingtalk::Event;
use tenon_model::message::{EventSource, WriteBack};
use tenon_model::{InstanceId, TenantId};
use tenon_platform::config_store::Loaded;
use tenon_platform::events::{EventRecord, Remembered, event_name, remember};
use tenon_platform::{Context, Result};

/// What became of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// Its work is queued.
    Queued,
    /// It was done with before.
    Repeated,
    /// It is remembered, and nothing is to be done for it.
    Noted,
    /// It is of another company, or of no kind we know.
    Ignored,
}

impl Taken {
    /// The word used in metrics.
    pub fn word(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Repeated => "repeated",
            Self::Noted => "noted",
            Self::Ignored => "ignored",
        }
    }
}

/// Takes one event in. When it returns `Ok`, nothing of the event can be lost any more.
pub async fn take(
    ctx: &Context,
    tenant: &TenantId,
    loaded: &Loaded,
    connection: &DingtalkConnection,
    event: &Event,
    source: EventSource,
) -> Result<Taken> {
    if let (Some(ours), Some(theirs)) = (&connection.corp_id, &event.corp_id)
        && ours != theirs
    {
        return Ok(Taken::Ignored);
    }
    if !event.event_type.starts_with("bpms_") {
        return Ok(Taken::Ignored);
    }
    let end = event.end_of_instance().zip(event.process_instance_id.clone());
    let form_is_ours = match &event.process_code {
        Some(code) => {
            loaded.flows_of_form(&connection.id, code).next().is_some()
                || is_of_a_link(ctx, tenant, connection, end.as_ref().map(|(_, instance)| instance)).await?
        }
        // Without a form the instance decides.
        None => true,
    };
    let ignored = match (&end, form_is_ours) {
        (_, false) => Some("the form belongs to no flow"),
        (None, true) => Some("not the end of an instance"),
        (Some(_), true) => None,
    };
    let now = ctx.now_ms();
    let name = event_name(&event.identity());
    let record = EventRecord {
        event_type: event.event_type.clone(),
        instance: event.process_instance_id.clone(),
        process_code: event.process_code.clone(),
        change: Some(
            [event.change.as_deref(), event.result.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" "),
        ),
        received_ms: now,
        done: ignored.is_some(),
        ignored: ignored.map(str::to_owned),
    };
    let remembered = remember(ctx, tenant, &connection.id, &name, &record).await?;
    let Some((change, instance)) = end.filter(|_| ignored.is_none()) else {
        return Ok(Taken::Noted);
    };
    if remembered == Remembered::Done {
        return Ok(Taken::Repeated);
    }
    // New, or seen but perhaps never queued: the work itself can bear being queued twice.
    let told = [&event.finish_time, &event.event_time].into_iter().flatten();
    let ended_ms = told.filter_map(|text| time::dingtalk(&text.as_str().into())).map(|told| told.ms).next();
    let write_back = WriteBack {
        connection: connection.id.clone(),
        instance: InstanceId::new(instance),
        process_code: event.process_code.clone(),
        change,
        at_ms: ended_ms.unwrap_or(now),
        ended_ms,
        source,
        event: Some(name),
        operator: None,
    };
    queue_write_back(ctx, tenant, write_back).await?;
    Ok(Taken::Queued)
}

/// Whether an instance is one of ours though its form is no flow's any more: the template was made anew, which
/// gives it another code, while the instance was open.
async fn is_of_a_link(
    ctx: &Context,
    tenant: &TenantId,
    connection: &DingtalkConnection,
    instance: Option<&String>,
) -> Result<bool> {
    let Some(instance) = instance else { return Ok(false) };
    let instance = InstanceId::new(instance.as_str());
    Ok(links::of_instance(ctx, tenant, &connection.id, &instance).await?.is_some())
}
