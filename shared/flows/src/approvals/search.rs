//! Finding the instance of a create whose answer was lost. DingTalk's create is not idempotent and
//! takes no key of ours, so the instance is recognised by form, originator, time and content.

use super::links;
use serde_json::Value;
use std::time::Duration;
use tenon_connectors::dingtalk::{Dingtalk, FormValue, parse_table};
use tenon_model::config::Flow;
use tenon_model::link::Link;
use tenon_model::{InstanceId, TenantId};
use tenon_platform::clock::millis;
use tenon_platform::{Context, Error, Result, Retry};

/// How long after a call's time-out its instance may still appear in DingTalk's list.
pub const SETTLE: Duration = Duration::from_secs(30);

/// How far DingTalk's clock may be from ours.
const SKEW: Duration = Duration::from_secs(120);

/// What a form says, whatever the order of its controls and the shape of its tables.
pub fn fingerprint(values: &[FormValue]) -> String {
    let mut parts: Vec<String> = values
        .iter()
        .filter(|v| !v.value.is_empty() && v.value != "null")
        .map(|v| format!("{}={}", v.name, plain(&v.value)))
        .collect();
    parts.sort();
    tenon_crypto::digest::sha256_hex(parts.join("\n").as_bytes())
}

/// A table reads in another shape than it is written, so both are brought to names and values.
fn plain(value: &str) -> String {
    if value.starts_with('[')
        && let Ok(Value::Array(items)) = tenon_model::json::from_str(value)
        && items.iter().any(|i| i.is_array() || i.is_object())
        && let Ok(rows) = parse_table(value)
    {
        let row = |cells: &Vec<(String, String)>| {
            let mut cells: Vec<String> =
                cells.iter().filter(|(_, v)| !v.is_empty() && v != "null").map(|(n, v)| format!("{n}={v}")).collect();
            cells.sort();
            cells.join(",")
        };
        return rows.iter().map(row).collect::<Vec<_>>().join(";");
    }
    value.to_owned()
}

/// Looks for the instance of this link among those of its form and originator since the create was
/// sent. Instances that belong to a link already are passed over.
pub async fn find_instance(
    ctx: &Context,
    tenant: &TenantId,
    flow: &Flow,
    form_is_shared: bool,
    oa: &Dingtalk<'_>,
    link: &Link,
) -> Result<Option<InstanceId>> {
    let from = link.create_sent_ms.unwrap_or(link.claimed_ms) - millis(SKEW);
    let to = ctx.now_ms() + millis(SKEW);
    let ids = oa.instance_ids(&flow.form.template, from, to, link.originator.as_deref()).await?;
    let known = links::known_instances(ctx, tenant, &link.oa, &ids).await?;
    let mut unreadable = None;
    for id in ids.into_iter().filter(|id| !known.contains(id)) {
        let instance = match oa.instance(&id).await {
            Ok(Some(instance)) => instance,
            Ok(None) => continue,
            // A broken one does not hide ours; but it may be ours.
            Err(error) if error.retry == Retry::Permanent && !error.is_of_the_vendor() => {
                unreadable = Some(error);
                continue;
            }
            Err(error) => return Err(error),
        };
        let same_content = || link.fingerprint.as_deref() == Some(fingerprint(&instance.values).as_str());
        let ours = match flow.key_control() {
            Some(control) => {
                let text = link.key.to_string();
                instance.values.iter().any(|v| v.name == control && v.value == text)
                    // Documents of two companies may have the same key on one form.
                    && (!form_is_shared || same_content())
            }
            None => same_content(),
        };
        if ours {
            return Ok(Some(id));
        }
    }
    // As long as it cannot be told whose it is, nothing is created beside it.
    unreadable.map_or(Ok(None), |error| Err(Error { retry: Retry::Transient, ..error }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, value: &str) -> FormValue {
        FormValue { name: name.into(), value: value.into() }
    }

    #[test]
    fn a_form_is_recognised_whatever_the_shape_and_order_it_is_read_in() {
        let written = [
            value("申请人", "张涛"),
            value("明细", r#"[[{"name":"品号","value":"11028"},{"name":"数量","value":"55"}]]"#),
        ];
        let read = [
            value(
                "明细",
                r#"[{"rowValue":[{"label":"数量","value":"55"},{"label":"品号","value":"11028"}],"rowNumber":"1"}]"#,
            ),
            value("申请人", "张涛"),
            value("备注", "null"),
        ];
        assert_eq!(fingerprint(&written), fingerprint(&read));
        let other = [value("申请人", "张涛"), value("明细", r#"[[{"name":"品号","value":"11029"}]]"#)];
        assert_ne!(fingerprint(&written), fingerprint(&other));
    }
}
