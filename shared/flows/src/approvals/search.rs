//! Finding the instance of a create whose answer was lost. An OA's create is not idempotent and takes no
//! key of ours, so the instance is recognised by form, originator, time and the controls that read back as
//! they were written; people, departments, files and formulas do not.

use super::links;
use super::recognise::{self, Similarity};
use crate::map::title;
use std::collections::BTreeMap;
use tenon_connectors::oa::{Capabilities, Oa};
use tenon_model::config::ApprovalFlow;
use tenon_model::link::Link;
use tenon_model::oa::{Instance, LostCreate};
use tenon_model::{DocumentKey, InstanceId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::{Context, Error, Result, Retry};

/// Looks for the instance of this link among those of its form and originator since the create was
/// sent. Instances that belong to a link already are passed over. `controls` is what the create carried.
pub async fn find_instance(
    ctx: &Context,
    tenant: &TenantId,
    flow: &ApprovalFlow,
    form_is_shared: bool,
    oa: &Oa<'_>,
    link: &Link,
    controls: &BTreeMap<String, String>,
) -> Result<Option<InstanceId>> {
    let can = oa.capabilities();
    if can.find.is_none() {
        return Err(not_to_be_found(can));
    }
    let lost = LostCreate {
        template: flow.form.template.clone(),
        title: Some(title(flow, &link.key)),
        originator: link.originator.clone(),
        from_ms: link.create_sent_ms.unwrap_or(link.claimed_ms) - millis(can.clock_skew),
        to_ms: ctx.now_ms() + millis(can.clock_skew),
    };
    let ids = oa.find(&lost).await?;
    let known = links::known_instances(ctx, tenant, &link.oa, &ids).await?;
    let fresh: Vec<&InstanceId> = ids.iter().filter(|id| !known.contains(id)).collect();
    // Where instances are looked for by their title, it carries the document's key, and a number cannot go on in another.
    if let [only] = fresh.as_slice()
        && can.titled
        && !form_is_shared
        && matches!(link.key, DocumentKey::Number(_))
    {
        return Ok(Some((*only).clone()));
    }
    let (mut unclear, mut unreadable) = (None, None);
    for id in ids.into_iter().filter(|id| !known.contains(id)) {
        let instance = match oa.read(&id).await {
            Ok(Some(instance)) => instance,
            Ok(None) => continue,
            // A broken one does not hide ours; but it may be ours.
            Err(error) if error.retry == Retry::Permanent && !error.is_of_the_vendor() => {
                unreadable = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        match same_form(flow, form_is_shared, link, &instance, controls, can) {
            Similarity::Same => return Ok(Some(id)),
            Similarity::Other => {}
            Similarity::Unclear => unclear = unclear.or(Some(id)),
        }
    }
    match unclear {
        // As long as it cannot be told whose it is, nothing is created beside it.
        None => unreadable.map_or(Ok(None), |error| Err(Error { retry: Retry::Transient, ..error })),
        Some(id) => Err(Error::permanent(
            "flow.instance-unclear",
            format!(
                "the create's answer was lost, and instance {id} may be its: none of its controls reads back as it was \
                 written, so nothing is created a second time. Withdraw that instance in the OA or delete it, name a \
                 text control for the document's key in form.key, and retry"
            ),
        )),
    }
}

fn not_to_be_found(oa: &Capabilities) -> Error {
    Error::permanent(
        "flow.instance-unclear",
        format!(
            "the create's answer was lost, and {} cannot be asked for its instances, so nothing is created a second \
             time. Look for the document's form in the OA, delete it if it is there, and send the document again",
            oa.name
        ),
    )
}

/// The key control first, where it shows a key; then everything that reads back.
fn same_form(
    flow: &ApprovalFlow,
    form_is_shared: bool,
    link: &Link,
    instance: &Instance,
    controls: &BTreeMap<String, String>,
    oa: &Capabilities,
) -> Similarity {
    if oa.titled && !form_is_shared && instance.title == title(flow, &link.key) {
        return Similarity::Same;
    }
    let alike = recognise::similarity(controls, instance, oa);
    match flow.key_control().and_then(|control| instance.text(control)).map(str::trim).filter(|v| !v.is_empty()) {
        // Documents of two companies may have the same key on one form.
        Some(text) if text == link.key.to_string() => {
            if form_is_shared && alike == Similarity::Other {
                Similarity::Other
            } else {
                Similarity::Same
            }
        }
        Some(_) => Similarity::Other,
        None => alike,
    }
}
