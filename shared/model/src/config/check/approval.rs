//! Rules of approval flows.

use super::rules::{ApprovalRule, CommonRule};
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
            found.error(&format!("{path}.form.approvers[{index}].users"), ApprovalRule::NamesNobody);
        }
    }
    if form.originator_user == Some(OriginatorUser::OriginatorId) && flow.source.document == DocumentKind::Document {
        found.error(&format!("{path}.form.originator_user"), ApprovalRule::NoOriginatorId);
    }
}

/// Which drafts may be added. A draft becomes its document by its ERP's own approval and by nothing else.
fn adding(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    if flow.on_approved == OnApproved::Keep {
        if flow.add_batches {
            found.error(&format!("{path}.add_batches"), ApprovalRule::AddBatchesAlone);
        }
        return;
    }
    let place = format!("{path}.on_approved");
    if flow.source.document == DocumentKind::Document {
        found.error(&place, ApprovalRule::OnlyDraftsAreAdded);
    } else if flow.source.object != "Drafts" {
        found.error(&place, ApprovalRule::OnlyOfDrafts { object: flow.source.object.clone() });
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
            found.error(&place("max_files"), ApprovalRule::Files { most: u64::from(*most) });
        }
        Some(_) | None if !(1..=LARGEST_MB).contains(&files.max_mb) => {
            found.error(&place("max_mb"), CommonRule::Between { least: 1, most: LARGEST_MB.into() });
        }
        None if oa.is_some() => {
            found.error(&format!("{path}.form.attachments"), ApprovalRule::NoFiles);
        }
        Some(_) | None => {}
    }
    let mapped = flow.form.fields.iter().any(|field| field.to == files.to) || flow.form.key.as_ref() == Some(&files.to);
    if mapped {
        found.error(&place("to"), ApprovalRule::FilesTaken { to: files.to.clone() });
    }
}

/// What WeCom does not take.
fn wecom(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let form = &flow.form;
    if form.approvers.is_empty() && !form.notify.is_empty() {
        found.error(&format!("{path}.form.notify"), ApprovalRule::WecomNotify);
    }
    let columns = form.lines.iter().flat_map(|lines| &lines.fields);
    for field in form.fields.iter().chain(columns).filter(|field| field.format == FieldFormat::Attachment) {
        found.error(&format!("{path}.form"), ApprovalRule::WecomAttachment { from: field.from.clone() });
    }
}

fn source(found: &mut Findings, path: &str, source: &Source) {
    found.filled(&format!("{path}.source.object"), &source.object);
    found.filled(&format!("{path}.source.key"), &source.key);
    if !(1..=1000).contains(&source.page_size) {
        found.error(&format!("{path}.source.page_size"), CommonRule::Between { least: 1, most: 1000 });
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
            found.error(&format!("{place}.fields"), CommonRule::NoColumn);
        }
        if tables.iter().take(index).any(|before| before.to == lines.to) {
            found.error(&format!("{place}.to"), CommonRule::AnotherTable { to: lines.to.clone() });
        }
    }
    let Some(sql) = flow.source.sql.as_ref().and_then(|sql| sql.lines.as_ref()) else { return };
    let place = format!("{path}.source.sql.lines");
    let keyed = |found: &mut Findings, place: &str, text: &str| {
        if !text.contains(":key") {
            found.error(place, ApprovalRule::NoKey);
        }
    };
    match sql {
        LinesSql::One(text) => {
            keyed(found, &place, text);
            if let collections @ [_, _, ..] = flow.collections().as_slice() {
                let first = collections.first().copied().unwrap_or_default().to_owned();
                let collections = collections.iter().copied().collect();
                found.error(&place, ApprovalRule::OneQuery { collections, first });
            }
        }
        LinesSql::Each(texts) => {
            for (name, text) in texts {
                keyed(found, &format!("{place}.{name}"), text);
                if !flow.collections().contains(&name.as_str()) {
                    found.error(&format!("{place}.{name}"), ApprovalRule::FillsNoTable);
                }
            }
            for name in flow.collections().into_iter().filter(|name| !texts.contains_key(*name)) {
                found.error(&place, ApprovalRule::NoQuery { name: name.to_owned() });
            }
        }
    }
}

fn sql_paging(found: &mut Findings, path: &str, sql: &SqlSource) {
    let place = format!("{path}.source.sql.main");
    let ordered = sql.main.to_lowercase().contains("order by");
    if sql.has_last() && !ordered {
        found.error(&place, ApprovalRule::Unordered);
    } else if !sql.has_last() {
        found.warn(&place, ApprovalRule::ByPosition);
        if sql.first.is_some() {
            found.error(&format!("{path}.source.sql.first"), ApprovalRule::FirstAlone);
        }
    }
}

fn form(found: &mut Findings, path: &str, flow: &ApprovalFlow, oa: Option<&str>) {
    if flow.form.fields.is_empty() && flow.form.lines.is_empty() {
        found.error(&format!("{path}.form.fields"), ApprovalRule::MapsNothing);
    }
    tables(found, path, flow, oa);
    let lines = flow.form.lines.iter().flat_map(|l| &l.fields);
    for field in flow.form.fields.iter().chain(lines) {
        if range::pair(&field.from).is_some() && range::pair(&field.to).is_none() {
            let rule = ApprovalRule::TwoIntoOne { from: field.from.clone(), to: field.to.clone() };
            found.error(&format!("{path}.form"), rule);
        }
    }
    let header = flow.form.fields.iter();
    let columns = flow.form.lines.iter().flat_map(|l| &l.fields);
    if flow.key_control().is_none() && !header.chain(columns).any(|f| f.format.reads_back()) {
        found.error(&format!("{path}.form.key"), ApprovalRule::NotFoundAgain);
    } else if flow.key_control().is_none() {
        found.warn(&format!("{path}.form"), ApprovalRule::NoKeyControl);
    }
}

/// What is compared before a decision is written.
fn changes(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let watched = flow.watch.as_ref().map(|w| w.iter().map(|n| n.trim()).collect::<Vec<_>>());
    if watched.as_ref().is_some_and(Vec::is_empty) {
        found.error(&format!("{path}.watch"), ApprovalRule::WatchesNothing);
    }
    let mapped = flow.mapped_fields();
    for name in watched.into_iter().flatten().filter(|name| !mapped.iter().any(|m| m == name)) {
        let rule =
            ApprovalRule::NotMapped { name: name.to_owned(), mapped: mapped.iter().map(|m| m.to_string()).collect() };
        found.error(&format!("{path}.watch"), rule);
    }
}

fn draft_type(found: &mut Findings, path: &str, source: &Source) {
    if source.document == DocumentKind::Draft && source.draft_type().is_none() {
        let object = source.object.clone();
        found.warn(&format!("{path}.source.draft_type"), ApprovalRule::DraftType { object });
    }
}

/// The main query finds what is not marked, so it cannot show a marked document again.
fn sql_row(found: &mut Findings, path: &str, flow: &ApprovalFlow) {
    let Some(sql) = &flow.source.sql else { return };
    if sql.row.as_deref().is_some_and(|row| !row.contains(":key")) {
        found.error(&format!("{path}.source.sql.row"), ApprovalRule::NoKey);
    }
    if sql.row.is_none() && !flow.form.fields.is_empty() {
        found.warn(&format!("{path}.source.sql.row"), ApprovalRule::NoRow);
    }
}
