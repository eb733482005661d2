//! Correcting what could not be mapped of a run's input: what is wrong, what would change, and the confirmation of it.

use crate::common::{Call, Page, Refused, actor, at, page, part, refused, tenant};
use crate::view;
use serde_json::Value;
use std::collections::BTreeMap;
use tenon_console_kit::{Fields, see_other};
use tenon_model::RunId;
use tenon_operations::runs;
use tenon_pages::integrations::{self as pages, ChangedValue, Correction, Feedback, HOME, Tab, VALUE, WrongValue};
use tenon_platform::Rejection;
use tenon_platform::dispatch::Reply;

/// What may be corrected.
pub(crate) async fn input(call: Call, (): ()) -> Result<Reply, Rejection> {
    correction_form(&call, 200, None, &BTreeMap::new()).await
}

/// The page that asks for what counts instead.
async fn correction_form(
    call: &Call,
    status: u16,
    feedback: Option<Feedback<'_>>,
    filled: &BTreeMap<String, String>,
) -> Result<Reply, Rejection> {
    let id = RunId::new(part(call, "run"));
    match runs::input(&call.ctx, &tenant(), &id).await {
        Ok(found) => {
            let wrong: Vec<WrongValue<'_>> = found
                .wrong
                .iter()
                .map(|own| WrongValue {
                    path: &own.path,
                    value: own.value.as_deref(),
                    message: &own.message,
                    filled: filled.get(&own.path).map_or("", String::as_str),
                })
                .collect();
            let own = Page { status, feedback, ..Page::new(Tab::Runs, id.as_str()) };
            page(call, &own, |context| pages::correct(context, id.as_str(), &found.revision, &wrong))
        }
        Err(rejection) => {
            // Why there is nothing to correct stands on the run's page.
            let Refused { text, code, status } = refused(rejection)?;
            view::run_page(call, status, Some(Feedback::Refused { text: &text, code: code.as_deref() })).await
        }
    }
}

/// What was filled in, by the places.
fn filled(fields: &Fields) -> BTreeMap<String, String> {
    let all = fields.filled().into_iter();
    all.filter_map(|(name, value)| Some((name.strip_prefix(VALUE)?.to_owned(), value))).collect()
}

/// What was filled in cannot be taken: the page again, with why.
async fn again(call: &Call, rejection: Rejection, values: &BTreeMap<String, String>) -> Result<Reply, Rejection> {
    let Refused { text, code, status } = refused(rejection)?;
    correction_form(call, status, Some(Feedback::Refused { text: &text, code: code.as_deref() }), values).await
}

/// What a correction would change.
pub(crate) async fn review(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let (id, values, shown) = (RunId::new(part(&call, "run")), filled(&fields), fields.one("revision"));
    let found = match runs::review(&call.ctx, &tenant(), &id, shown, &values).await {
        Ok(found) => found,
        Err(rejection) => return again(&call, rejection, &values).await,
    };
    let changes: Vec<ChangedValue<'_>> = found
        .changes
        .iter()
        .map(|(path, value)| ChangedValue { path, was: value.was.as_deref(), is: &value.is })
        .collect();
    let filled: Vec<(&str, &str)> = values.iter().map(|(path, value)| (path.as_str(), value.as_str())).collect();
    let would_be = Value::Object(found.fields);
    let own = Correction { shown, confirmed: &found.revision, changes: &changes, fields: &would_be, filled: &filled };
    page(&call, &Page::new(Tab::Runs, id.as_str()), |context| pages::confirm(context, id.as_str(), &own))
}

/// Goes on with what was shown.
pub(crate) async fn correct(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let (tenant, by, id, values) = (tenant(), actor(&call), RunId::new(part(&call, "run")), filled(&fields));
    let revisions = (fields.one("revision"), fields.one("confirmed"));
    match runs::correct(&at(&call.ctx, &tenant, &by), &id, revisions, &values).await {
        Ok(_) => Ok(see_other(&format!("{HOME}/runs/{id}?done=correct"))),
        Err(rejection) => again(&call, rejection, &values).await,
    }
}
