//! Fields that a flow needs in the ERP: from what is there to the rows that its pages show, and from what a form says to
//! the fields that are to be made.

use crate::matched::{of, title};
use serde_json::json;
use tenon_console_kit::Fields;
use tenon_model::Language;
use tenon_model::schema::{UserField, UserFieldKind, UserFieldState};
use tenon_operations::mapping::{FieldOutcome, Made, MadeField, Mapping, NeededField, Which};
use tenon_pages::integrations::{self as pages, Label, MadeRow, NeededRow, NeededView, TO_CREATE, ViewContext};
use tenon_platform::Rejection;

/// A field with whether it is there.
pub(crate) fn row(needed: &NeededField, language: Language) -> NeededRow {
    let (state_label, differs) = match &needed.is {
        None => (Label::FieldUnknown, String::new()),
        Some(UserFieldState::Missing) => (Label::FieldMissing, String::new()),
        Some(UserFieldState::Created) => (Label::FieldThere, String::new()),
        Some(UserFieldState::Found { differs }) if differs.is_empty() => (Label::FieldThere, String::new()),
        Some(UserFieldState::Found { differs }) => (Label::FieldDiffers, format!(" {}", differs.join("; "))),
    };
    let field = &needed.field;
    let is_missing = needed.is == Some(UserFieldState::Missing);
    NeededRow {
        name: field.name.clone(),
        table: field.table.clone(),
        caption: field.caption.clone(),
        kind: kind(field, language),
        size: Some(field.size).filter(|size| *size > 0),
        state: format!("{}{differs}", state_label.of(language)),
        missing: is_missing.then(|| json!(field).to_string()),
    }
}

/// What a field holds, with its values and its default.
fn kind(field: &UserField, language: Language) -> String {
    let name = match field.kind {
        UserFieldKind::Alphanumeric => Label::FieldAlphanumeric,
        UserFieldKind::Memo => Label::FieldMemo,
        UserFieldKind::Date => Label::FieldDate,
    };
    let mut all = vec![name.of(language).to_owned()];
    if !field.values.is_empty() {
        let values: Vec<&str> = field.values.iter().map(|(value, _)| value.as_str()).collect();
        all.push(format!("{} {}", Label::FieldValues.of(language), values.join(language.of("、", ", "))));
    }
    if let Some(default) = &field.default {
        all.push(format!("{} {default}", Label::FieldDefault.of(language)));
    }
    all.join(language.of("；", "; "))
}

/// The fields that a form names as those to be made, as they were shown.
pub(crate) fn to_create(fields: &Fields) -> Result<Vec<UserField>, Rejection> {
    let read = |text: &str| serde_json::from_str(text).map_err(|_| Rejection::field(TO_CREATE, "须为页面所列的字段"));
    fields.all(TO_CREATE).into_iter().map(read).collect()
}

/// What names fields to a person.
pub(crate) fn names(all: &[UserField]) -> String {
    all.iter().map(|own| format!("{}.{}", own.table, own.name)).collect::<Vec<_>>().join(", ")
}

/// The page that asks whether fields are to be made.
pub(crate) fn review(
    context: &ViewContext<'_>,
    which: &Which,
    mapping: &Mapping,
    carried: &[(String, String)],
    chosen: &[UserField],
) -> maud::Markup {
    let language = context.frame.language;
    let fields = mapping.fields.iter().filter(|needed| chosen.contains(&needed.field));
    let rows: Vec<NeededRow> = fields.map(|own| row(own, language)).collect();
    let erp = mapping.sides.wanted.erp.as_str();
    let view = NeededView { of: of(which), title: &title(mapping), erp, carried, rows: &rows };
    pages::review_fields(context, &view)
}

/// The page of what came of making them.
pub(crate) fn made(
    context: &ViewContext<'_>,
    which: &Which,
    made: &Made,
    carried: &[(String, String)],
) -> maud::Markup {
    let language = context.frame.language;
    let rows: Vec<MadeRow> = made.fields.iter().map(|own| made_row(own, language)).collect();
    let (title, erp) = (made.flow.as_str(), made.erp.as_str());
    pages::made_fields(context, &NeededView { of: of(which), title, erp, carried, rows: &rows })
}

fn made_row(made: &MadeField, language: Language) -> MadeRow {
    let (label, more) = match &made.outcome {
        FieldOutcome::Is(UserFieldState::Created) => (Label::FieldCreated, String::new()),
        FieldOutcome::Is(UserFieldState::Found { differs }) if !differs.is_empty() => {
            (Label::FieldDiffers, format!(" {}", differs.join("; ")))
        }
        FieldOutcome::Is(_) => (Label::FieldLeft, String::new()),
        FieldOutcome::Failed(_) => {
            (Label::FieldFailed, made.outcome.failure().map(|(why, _)| format!(" {why}")).unwrap_or_default())
        }
        FieldOutcome::NotBegun => (Label::FieldNotBegun, String::new()),
    };
    MadeRow {
        name: made.field.name.clone(),
        table: made.field.table.clone(),
        is_there: matches!(made.outcome, FieldOutcome::Is(_)),
        outcome: format!("{}{more}", label.of(language)),
        code: made.outcome.failure().map(|(_, code)| code),
    }
}
