//! What a run would read: the columns, and how many rows there are. Writes nothing.

use super::plan::{Plan, selected};
use super::source;
use crate::compare::Findings;
use crate::kinds::Scope;
use serde_json::{Value, json};
use tenon_connectors::tabular::{PageQuery, Source, Window};
use tenon_model::DocumentKey;
use tenon_model::config::{DataSyncFlow, Organisations, OrganisationsWord};
use tenon_platform::{Error, ErrorKind, Result};

/// Rows by which the kinds of columns are borne out.
const FIRST: u32 = 200;
/// Pages that are counted at most.
const MAX_PAGES: u64 = 200;

/// The plan of a form, by its metadata and first rows; the organisations that have to be read.
///
/// # Errors
/// The ERP's.
pub async fn planned(source: &Source<'_>, flow: &DataSyncFlow, form: &str) -> Result<(Plan, Vec<String>)> {
    let described = source.describe(flow, form).await?;
    let organisations = match (&flow.organisations, &described.organisation) {
        (Organisations::Word(OrganisationsWord::Own), _) | (_, None) => Vec::new(),
        (Organisations::Named(numbers), Some(_)) => numbers.clone(),
        (Organisations::Word(OrganisationsWord::Auto), Some(_)) => source.organisations().await?,
    };
    let mut first = Vec::with_capacity(described.tables.len());
    for table in &described.tables {
        let fields = selected(table);
        let organisation = described.organisation.as_deref().zip(organisations.first().map(String::as_str));
        let query = PageQuery {
            form: &described.id,
            fields: &fields,
            key: table.key.len(),
            after: None,
            window: None,
            organisation,
            filter: flow.filter.as_deref(),
            limit: FIRST.min(source.page_size()),
        };
        first.push(source.page(&query).await.map_err(explained)?);
    }
    Ok((Plan::of(described, &first)?, organisations))
}

/// The ERP names a field that it does not have after all; how to go on without it.
pub(super) fn explained(mut error: Error) -> Error {
    if error.kind() == ErrorKind::Refused {
        error.message = format!("{}; a field that cannot be read is left out by naming it in without", error.message);
    }
    error
}

/// How many rows the head of a form has in a window, by reading their keys; whether there are more than were counted.
///
/// # Errors
/// The ERP's.
pub async fn counted(
    source: &Source<'_>,
    flow: &DataSyncFlow,
    plan: &Plan,
    organisations: &[String],
    from: Option<&str>,
) -> Result<(u64, bool)> {
    let Some(table) = plan.tables.first() else { return Ok((0, false)) };
    let fields: Vec<String> = table.columns.iter().take(table.key).map(|column| column.asked.clone()).collect();
    let window = plan.date.as_deref().zip(from).map(|(field, from)| Window { field, from, until: None });
    let several: Vec<Option<&str>> = match organisations {
        [] => vec![None],
        some => some.iter().map(|number| Some(number.as_str())).collect(),
    };
    let (mut rows, mut pages) = (0, 0);
    for number in several {
        let mut after: Option<Vec<Value>> = None;
        loop {
            if pages == MAX_PAGES {
                return Ok((rows, true));
            }
            let query = PageQuery {
                form: &plan.form,
                fields: &fields,
                key: table.key,
                after: after.as_deref(),
                window,
                organisation: plan.organisation.as_deref().zip(number),
                filter: flow.filter.as_deref(),
                limit: source.page_size(),
            };
            let page = source.page(&query).await?;
            pages += 1;
            rows += u64::try_from(page.len()).unwrap_or(0);
            match page.into_iter().last() {
                Some(last) => after = Some(last),
                None => break,
            }
        }
    }
    Ok((rows, false))
}

/// The columns of the flow's form, or of the one that is named. Writes nothing.
pub(super) async fn preview(at: Scope<'_>, flow: &DataSyncFlow, key: Option<DocumentKey>) -> Result<Value> {
    let form = key.map(|key| key.to_string()).or_else(|| flow.form.clone());
    let form = form.ok_or_else(|| Error::permanent("data-sync.form", "name a form: --document SAL_SaleOrder"))?;
    let source = source(at, flow)?;
    let (plan, organisations) = planned(&source, flow, &form).await?;
    Ok(json!({ "flow": flow.id, "form": plan.form, "caption": plan.caption, "date": plan.date,
        "organisations": organisations, "tables": plan.tables }))
}

/// Whether the form can be read, and what of it nobody knows. Writes nothing.
pub(super) async fn compare(at: Scope<'_>, flow: &DataSyncFlow) -> Result<Findings> {
    let mut findings = Findings::default();
    let database = at.loaded.database(&flow.database)?;
    findings.compared.push(format!("database {} ({})", database.id(), database.kind()));
    let Some(form) = &flow.form else { return Ok(findings) };
    let source = source(at, flow)?;
    match planned(&source, flow, form).await {
        Ok((plan, _)) => {
            findings.compared.push(format!("form {} ({})", plan.form, plan.caption));
            let unknown: Vec<String> = plan
                .tables
                .iter()
                .flat_map(|table| &table.columns)
                .filter_map(|column| Some(format!("{} ({})", column.name, column.code.as_ref()?)))
                .collect();
            if !unknown.is_empty() {
                findings.warnings.push(format!(
                    "types that nobody knows are kept as texts: {}; say what their numbers mean in types",
                    unknown.join(", ")
                ));
            }
            if plan.date.is_none() {
                let why = "the form has no date of the last change, so every update reads all of it";
                findings.warnings.push(why.to_owned());
            }
        }
        Err(error) => findings.problems.push(format!("the form {form} cannot be read: {error}")),
    }
    Ok(findings)
}
