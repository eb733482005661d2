//! `tenon --api … new flow`: the installation behind the API reads both sides and stores the flow.

use super::{NewArgs, What, all_made, fields_text, wanted};
use crate::output::{Failure, Out};
use crate::remote::{Remote, segment};
use serde_json::{Value, json};
use std::path::Path;
use tenon_flows::new_flow::NeededField;
use tenon_model::FlowId;
use tenon_model::schema::UserFieldState;

/// The command through the API, which stores the flow.
///
/// # Errors
/// Usage for what is done where the data is; what the API says; which fields were not made.
pub async fn remote(args: &NewArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    let What::Flow(args) = &args.command;
    if args.enabled {
        let hint = "look at it, with --preview or on its page, then: tenon flows --on FLOW";
        let message = "--enabled means nothing with --api: what is stored there is what was sure alone, which people \
            complete before it runs, so it is stored switched off";
        return Err(Failure::usage(message).with_hint(hint));
    }
    let wanted = wanted(args)?;
    let choices = args.choices.as_deref().map(chosen).transpose()?;
    let connects = json!({ "erp": wanted.erp, "object": wanted.object, "draftOf": wanted.draft_of, "oa": wanted.oa,
        "template": wanted.template });
    let preview = args.preview.as_deref().map(|key| json!({ "document": (key != "first").then_some(key) }));
    let asked = json!({ "flow": wanted.id, "connects": connects, "choices": choices, "preview": preview });
    let (mut proposed, mut proposal) = propose(remote, &asked).await?;
    let mut not_made = Vec::new();
    let is_there = |needed: &NeededField| matches!(needed.is, Some(UserFieldState::Found { .. }));
    if args.create_fields && !args.dry_run && !proposal.fields.iter().all(is_there) {
        proposal.fields.retain(|needed| !is_there(needed));
        let body = json!({ "flow": wanted.id, "connects": connects, "fields": proposal.fields });
        let made = create_fields(remote, &body).await?;
        // The fields of the ERP's object are others now.
        (proposed, proposal) = propose(remote, &asked).await?;
        not_made = made.not_made;
        for needed in &mut proposal.fields {
            if made.created.contains(&(needed.field.table.clone(), needed.field.name.clone())) {
                needed.is = Some(UserFieldState::Created);
            }
        }
        if let Value::Object(members) = &mut proposed {
            members.insert("fields".to_owned(), json!(proposal.fields));
        }
    }
    if !args.dry_run {
        let own = json!({ "connects": connects, "choices": proposal.choices, "revision": proposal.revision });
        let _: Value = remote.put(&format!("/admin/v1/flows/{}", segment(wanted.id.as_str())), &own).await?;
    }
    let document = || {
        let mut document = proposed.clone();
        if let Value::Object(members) = &mut document {
            members.insert("stored".to_owned(), json!(!args.dry_run));
        }
        document
    };
    out.result(document, || proposal.render(&wanted.id, !args.dry_run));
    for note in &proposal.notes {
        out.note(&format!("note: {note}"));
    }
    if !args.dry_run {
        out.note(&format!("its page completes the mapping; then switch it on: tenon flows --on {}", wanted.id));
    }
    all_made(&not_made)
}

async fn propose(remote: &Remote, asked: &Value) -> Result<(Value, Proposal), Failure> {
    let proposed: Value = remote.post("/admin/v1/flows/propose", asked).await?;
    let proposal = read_answer(remote, &proposed)?;
    Ok((proposed, proposal))
}

fn read_answer<T: serde::de::DeserializeOwned>(remote: &Remote, answer: &Value) -> Result<T, Failure> {
    serde_json::from_value(answer.clone()).map_err(|why| {
        Failure::outside(format!("{} answers with what this version does not read: {why}", remote.url()))
    })
}

/// Choices of a file: its member `choices`, or all of it.
fn chosen(file: &Path) -> Result<Value, Failure> {
    let bytes =
        std::fs::read(file).map_err(|error| Failure::usage(format!("{} cannot be read: {error}", file.display())))?;
    let mut whole = tenon_model::json::from_slice(&bytes)
        .map_err(|error| Failure::usage(format!("{} is no JSON: {error}", file.display())).with_hint(MEND))?;
    Ok(match whole.get_mut("choices") {
        Some(own) => own.take(),
        None => whole,
    })
}

/// What to do with a file of choices that is no JSON.
const MEND: &str = "mend it there and save it as UTF-8, or make it anew: \
    tenon --json --api … new flow … --dry-run > FILE, and change `choices` in it";

/// What the API says of fields that were to be made.
#[derive(serde::Deserialize)]
struct Creation {
    fields: Vec<CreatedField>,
}

#[derive(serde::Deserialize)]
struct CreatedField {
    table: String,
    name: String,
    is: CreatedState,
}

#[derive(serde::Deserialize)]
#[serde(tag = "state", rename_all = "kebab-case")]
enum CreatedState {
    Created,
    Found,
    Failed { message: String },
    NotBegun,
}

/// What came of all fields.
#[derive(Default)]
struct Creations {
    /// Tables with the names of fields that were made.
    created: Vec<(String, String)>,
    /// Fields that were not, with why.
    not_made: Vec<String>,
}

/// Has fields made. A call of the API ends after half a minute, and the ERP may take seconds for a field: what a call did not
/// begin is asked for again as long as the one before has made any.
async fn create_fields(remote: &Remote, body: &Value) -> Result<Creations, Failure> {
    let mut all = Creations::default();
    loop {
        let answer: Value = remote.post("/admin/v1/flows/fields", body).await?;
        let Creation { fields } = read_answer(remote, &answer)?;
        let (before, mut not_begun) = (all.created.len(), false);
        all.not_made.clear();
        for CreatedField { table, name, is } in fields {
            let of = format!("{name} of {table}");
            match is {
                CreatedState::Created => all.created.push((table, name)),
                CreatedState::Found => {}
                CreatedState::Failed { message } => all.not_made.push(format!("{of}: {message}")),
                CreatedState::NotBegun => {
                    not_begun = true;
                    all.not_made.push(format!("{of}: not begun"));
                }
            }
        }
        if !not_begun || all.created.len() == before {
            return Ok(all);
        }
    }
}

/// What the API proposes.
#[derive(serde::Deserialize)]
struct Proposal {
    choices: Value,
    revision: Value,
    lines: Vec<ProposedLine>,
    unmatched: Vec<Value>,
    tables: Vec<ProposedTable>,
    unfilled: Vec<String>,
    fields: Vec<NeededField>,
    notes: Vec<String>,
    #[serde(default)]
    preview: Value,
}

#[derive(serde::Deserialize)]
struct ProposedTable {
    lines: Vec<ProposedLine>,
    unmatched: Vec<Value>,
}

#[derive(serde::Deserialize)]
struct ProposedLine {
    from: String,
    label: String,
    score: String,
    reason: String,
    sure: bool,
}

impl Proposal {
    fn render(&self, id: &FlowId, stored: bool) -> String {
        let done = if stored { "stored, switched off" } else { "not stored" };
        let lines: Vec<&ProposedLine> =
            self.lines.iter().chain(self.tables.iter().flat_map(|table| &table.lines)).collect();
        let sure = lines.iter().filter(|line| line.sure).count();
        let left: usize = self.unmatched.len() + self.tables.iter().map(|table| table.unmatched.len()).sum::<usize>();
        let open = lines.len() - sure;
        let mut text = format!("flow {id}: {done}\n  {sure} mapped, {open} proposed, {left} without a field\n");
        for line in lines.iter().filter(|line| !line.sure) {
            let ProposedLine { from, label, score, reason, .. } = line;
            text.push_str(&format!("  proposed: {label} from {from} ({score}, {reason})\n"));
        }
        for control in &self.unfilled {
            text.push_str(&format!("  must be filled in, and is not: {control}\n"));
        }
        text.push_str(&fields_text(&self.fields));
        if !self.preview.is_null() {
            text.push_str(&format!("preview:\n{:#}\n", self.preview));
        }
        text
    }
}
