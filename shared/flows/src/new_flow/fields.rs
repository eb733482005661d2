//! Fields that a flow needs in the ERP: those that carry its state and say who submits.

use serde::{Deserialize, Serialize};
use tenon_connectors::erp::Erp;
use tenon_model::config::{ApprovalFlow, DateStyle, DocumentKind};
use tenon_model::schema::{ObjectSchema, UserField, UserFieldKind, UserFieldState};
use tenon_platform::{Result, Retry};

/// A field that the flow needs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeededField {
    /// The field.
    #[serde(flatten)]
    pub field: UserField,
    /// Whether it is there; `None` where the user may not look.
    pub is: Option<UserFieldState>,
}

/// What the flow needs, with a remark where the ERP does not say whether it is there.
pub(super) async fn needed(
    erp: &Erp<'_>,
    flow: &ApprovalFlow,
    object: &ObjectSchema,
) -> Result<(Vec<NeededField>, Option<String>)> {
    let Some(table) = object.header.table.as_deref() else { return Ok((Vec::new(), None)) };
    let wanted = wanted_fields(flow, table);
    match erp.user_fields(&wanted).await {
        Ok(states) => {
            let all = wanted.into_iter().zip(states).map(|(field, is)| NeededField { field, is: Some(is) });
            Ok((all.collect(), None))
        }
        Err(error) if error.retry == Retry::Permanent => {
            let is_there = |field: &UserField| object.header.fields.iter().any(|known| known.name == field.name);
            let is = |field: &UserField| is_there(field).then(|| UserFieldState::Found { differs: Vec::new() });
            let all = wanted.into_iter().map(|field| NeededField { is: is(&field), field }).collect();
            let note = (!object.notes.iter().any(|note| note.contains(&error.message)))
                .then(|| format!("whether the fields that the flow needs are there was not looked up: {error}"));
            Ok((all, note))
        }
        Err(error) => Err(error),
    }
}

fn wanted_fields(flow: &ApprovalFlow, table: &str) -> Vec<UserField> {
    let marks = &flow.marks;
    let of = |name: &str, caption: &str, kind, size| UserField {
        table: table.to_owned(),
        name: name.to_owned(),
        caption: caption.to_owned(),
        kind,
        size,
        values: Vec::new(),
        default: None,
    };
    let text = |name: &str, caption: &str, size| of(name, caption, UserFieldKind::Alphanumeric, size);
    let either = |name: &str, caption: &str, one: &str, other: &str| {
        let longest = one.encode_utf16().count().max(other.encode_utf16().count());
        let values = [one, other].map(|value| (value.to_owned(), value.to_owned())).to_vec();
        UserField { values, ..text(name, caption, u32::try_from(longest).unwrap_or(1).max(1)) }
    };
    let mut all = vec![
        UserField {
            default: Some(marks.unsynced_value.clone()),
            ..either(&marks.synced, "OA同步状态", &marks.synced_value, &marks.unsynced_value)
        },
        text(marks.instance.name(), "OA审批实例", 100),
    ];
    if flow.form.originator_user.is_none() && flow.form.default_originator.is_none() {
        all.push(text(&flow.form.originator, "OA用户", 64));
    }
    if let Some(department) = &flow.form.department {
        all.push(text(department, "OA部门", 20));
    }
    if flow.source.document == DocumentKind::Document {
        all.push(either(&marks.result, "OA审批结果", &marks.approved, &marks.rejected));
    }
    if let Some(approver) = &marks.approver {
        all.push(text(approver, "OA审批人", 64));
    }
    if let Some(decided_at) = &marks.decided_at {
        all.push(match marks.decided_at_style {
            DateStyle::Date => of(decided_at, "OA审批日期", UserFieldKind::Date, 0),
            DateStyle::Datetime => text(decided_at, "OA审批时间", 19),
        });
    }
    if let Some(comments) = &marks.comments {
        all.push(of(comments, "OA审批意见", UserFieldKind::Memo, 0));
    }
    // Fields of the ERP's own are there.
    all.retain(|field| field.name.starts_with("U_"));
    all
}
