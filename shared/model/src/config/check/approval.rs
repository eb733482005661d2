//! Rules of approval flows.

use super::{EVERY, EVERY_MINUTE, Findings, weaver};
use crate::config::{
    ApprovalFlow, Attachments, DocumentKind, FieldFormat, LinesSql, OnApproved, OriginatorUser, Source, SqlSource,
    range,
};

/// Checks one flow.
pub(super) fn check(found: &mut Findings, path: &str, flow: &ApprovalFlow, oa: Option<&str>) {
    let bounds = if oa == Some("weaver") { &EVERY_MINUTE } else { &EVERY };
    found.duration(&format!("{path}.every"), flow.every, bounds);
    source(found, path, &flow.source);
    found.filled(&format!("{path}.form.template"), &flow.form.template);
    form(found, path, flow, oa);
    changes(found, path, flow);
    draft_type(found, path, &flow.source);
    sql_row(found, path, flow);
    people(found, path, flow);
    adding(found, path, flow);
    if let Some(files) = &flow.form.attachments {
        attachments(found, path, flow, files, oa);
    }
    match oa {
        Some("wecom") => wecom(found, path, flow),
        Some("weaver") => weaver::flow(found, path, flow),
        _ => {}
    }
}

/// Who submits and who approves, where the flow says it.
fn people(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let form = &flow.form;
    for (index, step) in form.approvers.iter().enumerate() {
        if step.users.is_empty() || step.users.iter().any(|user| user.trim().is_empty()) {
            found.error(&format!("{path}.form.approvers[{index}].users"), "names nobody, or somebody by an empty id");
        }
    }
    if form.originator_user == Some(OriginatorUser::OriginatorId) && flow.source.document == DocumentKind::Document {
        found.error(
            &format!("{path}.form.originator_user"),
            "only a draft has a request with an OriginatorID; write \"UserSign\"",
        );
    }
}

/// Which drafts may be added. A draft becomes its document by its ERP's own approval and by nothing else.
fn adding(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    if flow.on_approved == OnApproved::Keep {
        if flow.add_batches {
            found.error(&format!("{path}.add_batches"), "is of no effect without on_approved = \"add\"");
        }
        return;
    }
    let place = format!("{path}.on_approved");
    if flow.source.document == DocumentKind::Document {
        found.error(&place, "only a draft becomes a document; leave it out");
    } else if flow.source.object != "Drafts" {
        found.error(&place, &format!("only drafts of Drafts are added, and the source is {}", flow.source.object));
    }
}

/// Files a form, by the OA.
const FILES: [(&str, u32); 3] = [("dingtalk", 9), ("weaver", 9), ("wecom", 6)];
/// MB of the largest file that any of them takes.
const LARGEST_MB: u32 = 20;

fn attachments(found: &mut Findings, path: &str, flow: &ApprovalFlow, files: &Attachments, oa: Option<&str>) {
    let place = |key: &str| format!("{path}.form.attachments.{key}");
    found.filled(&place("from"), &files.from);
    found.filled(&place("to"), &files.to);
    match FILES.iter().find(|(kind, _)| oa == Some(kind)) {
        Some((_, most)) if !(1..=*most).contains(&files.max_files) => {
            found.error(&place("max_files"), &format!("must be between 1 and {most}, which is what the form takes"));
        }
        Some(_) | None if !(1..=LARGEST_MB).contains(&files.max_mb) => {
            found.error(&place("max_mb"), &format!("must be between 1 and {LARGEST_MB}"));
        }
        None if oa.is_some() => {
            let message = "files are not carried to this OA; leave the table out";
            found.error(&format!("{path}.form.attachments"), message);
        }
        Some(_) | None => {}
    }
    let mapped = flow.form.fields.iter().any(|field| field.to == files.to) || flow.form.key.as_ref() == Some(&files.to);
    if mapped {
        found.error(&place("to"), &format!("{} is filled from a field too", files.to));
    }
}

/// What WeCom does not take.
fn wecom(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let form = &flow.form;
    if form.approvers.is_empty() && !form.notify.is_empty() {
        found.error(
            &format!("{path}.form.notify"),
            "WeCom tells the template's own people only; name approvers too, or set the copies in the template",
        );
    }
    let columns = form.lines.iter().flat_map(|lines| &lines.fields);
    for field in form.fields.iter().chain(columns).filter(|field| field.format == FieldFormat::Attachment) {
        found.error(
            &format!("{path}.form"),
            &format!(
                "{} is an attachment; WeCom's file control takes the document's files, see form.attachments",
                field.from
            ),
        );
    }
}

fn source(found: &mut Findings, path: &str, source: &Source) {
    found.filled(&format!("{path}.source.object"), &source.object);
    found.filled(&format!("{path}.source.key"), &source.key);
    if !(1..=1000).contains(&source.page_size) {
        found.error(&format!("{path}.source.page_size"), "must be between 1 and 1000");
    }
    if let Some(sql) = &source.sql {
        found.filled(&format!("{path}.source.sql.main"), &sql.main);
        sql_paging(found, path, sql);
    }
}

/// The tables of the form, and where their rows come from.
fn tables(found: &mut Findings, path: &str, flow: &ApprovalFlow, oa: Option<&str>) {
    let tables = &flow.form.lines;
    for (index, lines) in tables.iter().enumerate() {
        let place =
            if tables.len() == 1 { format!("{path}.form.lines") } else { format!("{path}.form.lines[{index}]") };
        // In E-cology a workflow's only detail table needs no name.
        if oa != Some("weaver") || tables.len() > 1 {
            found.filled(&format!("{place}.to"), &lines.to);
        }
        if lines.fields.is_empty() {
            found.error(&format!("{place}.fields"), "maps no column");
        }
        if tables.iter().take(index).any(|before| before.to == lines.to) {
            found.error(&format!("{place}.to"), &format!("another table goes to {} already", lines.to));
        }
    }
    let Some(sql) = flow.source.sql.as_ref().and_then(|sql| sql.lines.as_ref()) else { return };
    let place = format!("{path}.source.sql.lines");
    let keyed = |found: &mut Findings, place: &str, text: &str| {
        if !text.contains(":key") {
            found.error(place, "must contain :key, which stands for the document's key");
        }
    };
    match sql {
        LinesSql::One(text) => {
            keyed(found, &place, text);
            if let collections @ [_, _, ..] = flow.collections().as_slice() {
                let message = format!(
                    "is one query, and the form's tables are filled from {}; give each its own: lines = {{ {} = \"select …\", … }}",
                    collections.join(", "),
                    collections.first().unwrap_or(&"")
                );
                found.error(&place, &message);
            }
        }
        LinesSql::Each(texts) => {
            for (name, text) in texts {
                keyed(found, &format!("{place}.{name}"), text);
                if !flow.collections().contains(&name.as_str()) {
                    found.error(&format!("{place}.{name}"), "fills no table: no form.lines has it in from");
                }
            }
            for name in flow.collections().into_iter().filter(|name| !texts.contains_key(*name)) {
                found.error(&place, &format!("has no query for {name}, which form.lines maps"));
            }
        }
    }
}

fn sql_paging(found: &mut Findings, path: &str, sql: &SqlSource) {
    let place = format!("{path}.source.sql.main");
    let ordered = sql.main.to_lowercase().contains("order by");
    if sql.has_last() && !ordered {
        found.error(&place, "has :last and must end in `order by` the key, or pages do not follow each other");
    } else if !sql.has_last() {
        found.warn(
            &place,
            "has no :last, so it is read by position: beyond one page, documents that are marked meanwhile make it \
             read everything again; add `and <key> > :last` and `order by <key>`",
        );
        if sql.first.is_some() {
            found.error(
                &format!("{path}.source.sql.first"),
                "stands for :last on the first page, and main has no :last",
            );
        }
    }
}

fn form(found: &mut Findings, path: &str, flow: &ApprovalFlow, oa: Option<&str>) {
    if flow.form.fields.is_empty() && flow.form.lines.is_empty() {
        found.error(&format!("{path}.form.fields"), "maps nothing; an OA refuses an empty form");
    }
    tables(found, path, flow, oa);
    let lines = flow.form.lines.iter().flat_map(|l| &l.fields);
    for field in flow.form.fields.iter().chain(lines) {
        if range::pair(&field.from).is_some() && range::pair(&field.to).is_none() {
            let message =
                format!("{} are two fields, and {} is one label; a range control has two", field.from, field.to);
            found.error(&format!("{path}.form"), &message);
        }
    }
    let header = flow.form.fields.iter();
    let columns = flow.form.lines.iter().flat_map(|l| &l.fields);
    if flow.key_control().is_none() && !header.chain(columns).any(|f| f.format.reads_back()) {
        found.error(
            &format!("{path}.form.key"),
            "no mapped control reads back as it was written (people, departments, attachments, related instances and \
             lists of options do not), so an instance whose creation was not answered could not be found again and \
             would be made twice; name a text control for the document's key in form.key",
        );
    } else if flow.key_control().is_none() {
        found.warn(
            &format!("{path}.form"),
            "no control carries the document's key, so after an unclear answer an instance is recognised by all its \
             values; map the key field to a control, or name one in form.key",
        );
    }
}

/// What is compared before a decision is written.
fn changes(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let watched = flow.watch.as_ref().map(|w| w.iter().map(|n| n.trim()).collect::<Vec<_>>());
    if watched.as_ref().is_some_and(Vec::is_empty) {
        found.error(&format!("{path}.watch"), "names no field; leave it out to watch all that are mapped");
    }
    let mapped = flow.mapped_fields();
    for name in watched.into_iter().flatten().filter(|name| !mapped.iter().any(|m| m == name)) {
        let message = format!("{name} is not mapped, so nobody is shown it; mapped are {}", mapped.join(", "));
        found.error(&format!("{path}.watch"), &message);
    }
}

fn draft_type(found: &mut Findings, path: &str, source: &Source) {
    if source.document == DocumentKind::Draft && source.draft_type().is_none() {
        let message = format!(
            "it is not known which kind of draft {} holds, and numbers of drafts repeat between kinds; say it, such as \
             draft_type = \"140\" for payment drafts",
            source.object
        );
        found.warn(&format!("{path}.source.draft_type"), &message);
    }
}

/// The main query finds what is not marked, so it cannot show a marked document again.
fn sql_row(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let Some(sql) = &flow.source.sql else { return };
    if sql.row.as_deref().is_some_and(|row| !row.contains(":key")) {
        found.error(&format!("{path}.source.sql.row"), "must contain :key, which stands for the document's key");
    }
    if sql.row.is_none() && !flow.form.fields.is_empty() {
        found.warn(
            &format!("{path}.source.sql.row"),
            "without it only columns that are named as B1's own fields are compared before a decision is written; add \
             the query of one row by :key",
        );
    }
}
