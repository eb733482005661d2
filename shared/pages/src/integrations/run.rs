//! One run as a timeline: what was done, how long each step took, what went in and out, what failed and how it is
//! mended.

use super::step_names::name;
use super::{HOME, Label, RunsQuery, Since, ViewContext, flows, remedy, spark, texts, times};
use maud::{Markup, html};
use serde_json::Value;
use tenon_model::Language;
use tenon_model::run::{Run, RunStatus, Step};

/// What an operator's press is called among the steps.
const BY_OPERATOR: &str = "retry by operator";

/// Steps that are shown at most.
const MAX_STEPS: usize = 300;

/// Runs of the same document.
#[derive(Clone, Copy, Debug, Default)]
pub struct AdjacentRuns<'n> {
    /// The one before.
    pub previous: Option<&'n str>,
    /// The one after.
    pub next: Option<&'n str>,
}

/// A run's page.
pub struct RunView<'v> {
    /// The run.
    pub run: &'v Run,
    /// Its steps.
    pub steps: &'v [Step],
    /// The attempt that each step is of, counting from 1.
    pub attempts: &'v [usize],
    /// Runs of the same document.
    pub neighbours: AdjacentRuns<'v>,
    /// The document in the ERP.
    pub erp_link: Option<&'v str>,
    /// The form in the OA.
    pub oa_link: Option<&'v str>,
    /// Whether a decision is held back, because its document has changed.
    pub on_hold: bool,
    /// From where a retry would go on, where that is known.
    pub goes_on: Option<ResumePoint<'v>>,
    /// Whether somebody may correct what could not be mapped of its input.
    pub correctable: bool,
}

/// From where a retry goes on.
#[derive(Clone, Copy, Debug)]
pub enum ResumePoint<'g> {
    /// From a step.
    Step {
        /// The step.
        step: &'g str,
        /// What was done, and is not done again.
        done: &'g [&'g str],
        /// Whether what may have been carried out is looked for first.
        looks_first: bool,
    },
    /// Not from a step; in words.
    Words(Label),
}

/// Where a run is.
pub(crate) fn address(id: &str) -> String {
    format!("{HOME}/runs/{}", crate::encoded(id))
}

/// The page.
pub fn run(context: &ViewContext<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    let document = run.document.as_ref().map(ToString::to_string);
    html! {
        p.back { a href=(super::RUNS) { "← " (context.text(Label::Runs)) } }
        section.panel {
            h1 {
                a href=(flows::address(run.flow.as_str())) { (run.flow) }
                @if let Some(document) = &document { " · " (document) }
                " " (badge(context, run.status))
            }
            p.message { (run.message) }
            (facts(context, view))
            (neighbours(context, view))
            (retry(context, view))
        }
        @if let Some(code) = &run.code {
            section.panel.wrong[run.status == RunStatus::Failed] {
                h2 { (context.text(Label::Remedy)) }
                (remedy::details(context, code))
                p { a href=(alike(run, code).address()) { (context.text(Label::AllAlike)) } }
            }
        }
        section.panel {
            h2 { (context.text(Label::Timeline)) }
            (timeline(context, view))
        }
    }
}

fn alike(run: &Run, code: &str) -> RunsQuery {
    RunsQuery {
        flow: run.flow.to_string(),
        code: code.to_owned(),
        status: Some(run.status),
        since: Since::Month,
        ..RunsQuery::default()
    }
}

fn facts(context: &ViewContext<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    html! {
        dl.facts {
            div { dt { (context.text(Label::Started)) } dd { (times::moment(context, run.started_ms)) } }
            div { dt { (context.text(Label::Ended)) } dd {
                @match run.ended_ms {
                    Some(at) => { (times::moment(context, at)) }
                    None => { (context.text(Label::UnderWay)) }
                }
            } }
            div { dt { (context.text(Label::Took)) } dd {
                (times::took(context, run.ended_ms.unwrap_or(context.now_ms) - run.started_ms))
            } }
            div { dt { (context.text(Label::Trigger)) } dd { (context.text(texts::trigger(run.trigger))) } }
            @if let Some(document) = &run.document {
                div { dt { (context.text(Label::Document)) } dd {
                    (document)
                    @if let Some(link) = view.erp_link {
                        " " a href=(link) rel="noopener noreferrer" { (context.text(Label::OpenErp)) }
                    }
                } }
            }
            @if let Some(instance) = &run.instance {
                div { dt { (context.text(Label::Instance)) } dd {
                    code { (instance) }
                    @if let Some(link) = view.oa_link {
                        " " a href=(link) rel="noopener noreferrer" { (context.text(Label::OpenOa)) }
                    }
                } }
            }
            @for (name, count) in &run.counts { div { dt { (name) } dd { (count) } } }
            div { dt { (context.text(Label::RunId)) } dd { code #run-id { (run.id) } " " (copy(context, "run-id")) } }
        }
    }
}

fn neighbours(context: &ViewContext<'_>, view: &RunView<'_>) -> Markup {
    let AdjacentRuns { previous, next } = view.neighbours;
    html! {
        @if previous.is_some() || next.is_some() {
            nav.pages aria-label=(context.text(Label::Document)) {
                @if let Some(id) = previous { a rel="prev" href=(address(id)) { "← " (context.text(Label::PreviousRun)) } }
                @if let Some(id) = next { a rel="next" href=(address(id)) { (context.text(Label::NextRun)) " →" } }
            }
        }
    }
}

/// Whether a run waits for somebody to try it again.
fn may_be_retried(status: RunStatus) -> bool {
    matches!(status, RunStatus::Failed | RunStatus::Retrying)
}

/// A retry is offered for the document's latest run only.
fn retry(context: &ViewContext<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    let own = address(run.id.as_str());
    let retry = html! { button data-retry { (context.text(Label::Retry)) } };
    html! {
        @if context.may_change && may_be_retried(run.status) {
            @if view.neighbours.next.is_some() { p.hint { (context.text(Label::NotLatest)) } } @else {
                div.actions {
                    (context.frame.form(&format!("{own}/retry"), "", &retry))
                    @if view.on_hold { (context.press(&format!("{own}/accept"), "light", Label::AcceptChange)) }
                    @if view.correctable { a.button.light href=(format!("{own}/correct")) { (context.text(Label::CorrectInput)) } }
                }
                (resume_point(context, view.goes_on))
                p.hint { (context.text(Label::RetryHint)) }
            }
        }
    }
}

/// From which step a retry goes on, and what is not done again.
fn resume_point(context: &ViewContext<'_>, from: Option<ResumePoint<'_>>) -> Markup {
    html! {
        @match from {
            Some(ResumePoint::Step { step, done, looks_first }) => {
                p.goes-on { (context.text(Label::GoesOnFrom)) strong { (name(context, step)) } }
                @if !done.is_empty() {
                    p.hint {
                        (context.text(Label::NotAgain))
                        @for (index, step) in done.iter().enumerate() { @if index > 0 { ", " } (name(context, step)) }
                    }
                }
                p.hint {
                    @if looks_first { (context.text(Label::LooksFirst)) " " }
                    (context.text(Label::ReadsAnew))
                }
            }
            Some(ResumePoint::Words(text)) => { p.goes-on { (context.text(text)) } }
            None => {}
        }
    }
}

fn timeline(context: &ViewContext<'_>, view: &RunView<'_>) -> Markup {
    let left_out = view.steps.len().saturating_sub(MAX_STEPS);
    let all: Vec<(usize, &Step)> =
        view.steps.iter().enumerate().map(|(at, step)| (view.attempts.get(at).copied().unwrap_or(1), step)).collect();
    let shown = all.get(left_out..).unwrap_or_default();
    html! {
        @if all.is_empty() { p.hint { (context.text(Label::NoSteps)) } }
        @if left_out > 0 { p.hint { (context.text(Label::MoreSteps)) } }
        @for (number, steps) in grouped(shown) {
            @let by_operator = steps.first().is_some_and(|step| step.name == BY_OPERATOR);
            (divider(context, number, by_operator))
            ol.timeline {
                @let begins = steps.first().map_or(0, |step| step.started_ms);
                @let ends = steps.iter().map(|step| step.started_ms + step.duration_ms).max().unwrap_or(begins);
                @for (index, step) in steps.iter().enumerate() {
                    (one(context, &format!("s{number}-{index}"), step, begins, (ends - begins).max(1)))
                }
            }
        }
    }
}

/// Steps by their attempts.
fn grouped<'s>(steps: &[(usize, &'s Step)]) -> Vec<(usize, Vec<&'s Step>)> {
    let mut groups: Vec<(usize, Vec<&Step>)> = Vec::new();
    for (attempt, step) in steps {
        match groups.last_mut() {
            Some((own, group)) if own == attempt => group.push(step),
            _ => groups.push((*attempt, vec![step])),
        }
    }
    groups
}

fn divider(context: &ViewContext<'_>, number: usize, by_operator: bool) -> Markup {
    let space = if context.language() == Language::En { " " } else { "" };
    html! {
        h3.attempt {
            @if number > 1 { "↻ " }
            (context.text(Label::Attempt)) (space) (number) (context.text(Label::AttemptAfter))
            @if number > 1 {
                span.soft { " " (context.text(if by_operator { Label::ByOperator } else { Label::ByItself })) }
            }
        }
    }
}

fn one(context: &ViewContext<'_>, id: &str, step: &Step, begins: i64, whole: i64) -> Markup {
    let failed = step.error.is_some();
    let left = (step.started_ms - begins).saturating_mul(1_000) / whole;
    let wide = step.duration_ms.max(0).saturating_mul(1_000) / whole;
    html! {
        li.failed[failed] {
            div.step {
                h4 { (name(context, &step.name)) }
                span.outcome {
                    @if failed { "✕ " (context.text(Label::StepFailed)) } @else { "✓ " (context.text(Label::StepDone)) }
                }
                span.ms { (times::took(context, step.duration_ms)) }
                span.soft { (times::moment(context, step.started_ms)) }
                (spark::span(left, wide, failed))
            }
            @if let Some(error) = &step.error { p.lines.error { (error) } }
            (part(context, &format!("{id}-in"), Label::Input, &step.input))
            (part(context, &format!("{id}-out"), Label::Output, &step.output))
        }
    }
}

fn part(context: &ViewContext<'_>, id: &str, name: Label, value: &Value) -> Markup {
    let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    html! {
        @if !is_empty {
            details { summary { (context.text(name)) } (self::value(context, id, value)) }
        }
    }
}

/// A value as it is stored, to look at and to copy.
pub(crate) fn value(context: &ViewContext<'_>, id: &str, value: &Value) -> Markup {
    let text = match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    html! {
        div.value {
            (copy(context, id))
            pre #(id) tabindex="0" { code { (text) } }
        }
    }
}

/// A button that the script shows and works.
fn copy(context: &ViewContext<'_>, id: &str) -> Markup {
    html! {
        button.plain.copy type="button" data-copy=(id) data-done=(context.text(Label::Copied)) hidden { (context.text(Label::Copy)) }
    }
}

/// How a run stands: a sign and a word, so that no colour has to be seen.
pub(crate) fn badge(context: &ViewContext<'_>, status: RunStatus) -> Markup {
    let (class, sign) = match status {
        RunStatus::Running => ("badge", "…"),
        RunStatus::Succeeded => ("badge good", "✓"),
        RunStatus::Retrying => ("badge warn", "↻"),
        RunStatus::Failed => ("badge bad", "✕"),
        RunStatus::Ended => ("badge", "■"),
    };
    html! { span class=(class) { (sign) " " (context.text(texts::status(status))) } }
}

#[cfg(test)]
mod tests {
    use super::super::tests::context;
    use super::*;
    use serde_json::json;
    use tenon_model::run::Trigger;
    use tenon_model::{DocumentKey, FlowId, RunId};

    fn a_run(status: RunStatus) -> Run {
        Run {
            id: RunId::new("r-1"),
            flow: FlowId::new("purchase"),
            document: Some(DocumentKey::Number(16)),
            instance: Some("<i>".to_owned()),
            trigger: Trigger::Schedule,
            status,
            started_ms: 1_795_305_600_000,
            ended_ms: Some(1_795_305_602_000),
            message: "the field Quantity is missing".to_owned(),
            code: Some("flow.mapping".to_owned()),
            counts: std::collections::BTreeMap::default(),
        }
    }

    fn step(name: &str, at: i64, error: Option<&str>) -> Step {
        Step {
            run: RunId::new("r-1"),
            name: name.to_owned(),
            started_ms: 1_795_305_600_000 + at,
            duration_ms: 250,
            input: json!({ "key": "<b>" }),
            output: Value::Null,
            error: error.map(str::to_owned),
        }
    }

    fn shown(status: RunStatus, next: Option<&str>, may_change: bool) -> String {
        let run = a_run(status);
        let steps = [
            step("read document", 0, None),
            step("map to form", 250, Some("no Quantity")),
            step(BY_OPERATOR, 900, None),
        ];
        let view = RunView {
            run: &run,
            steps: &steps,
            attempts: &[1, 1, 2],
            neighbours: AdjacentRuns { previous: None, next },
            erp_link: Some("https://erp.example/16"),
            oa_link: None,
            on_hold: false,
            goes_on: Some(ResumePoint::Step { step: "mark document", done: &["create instance"], looks_first: true }),
            correctable: false,
        };
        super::run(&context(Language::En, may_change), &view).into_string()
    }

    #[test]
    fn a_failed_run_tells_its_attempts_its_times_and_the_remedy_of_the_reference() {
        let page = shown(RunStatus::Failed, None, true);
        assert!(page.contains("Attempt 1") && page.contains("↻ Attempt 2"), "{page}");
        assert!(page.contains("retried by an operator") && page.contains("250 ms"), "{page}");
        assert!(
            page.contains(&super::super::remedy("flow.mapping", Language::En).unwrap().action.replace('`', "")[..12]),
            "{page}"
        );
        assert!(page.contains("&lt;i&gt;") && page.contains("https://erp.example/16"), "{page}");
        assert!(!page.contains("<b>") && !page.contains("style="), "{page}");
        assert_eq!(page.matches("/runs/r-1/retry").count(), 1);
    }

    #[test]
    fn a_run_that_waits_says_from_which_step_it_goes_on_and_what_is_not_done_again() {
        let page = shown(RunStatus::Failed, None, true);
        for part in
            ["goes on from this step: ", "mark document", "Not done again: ", "create instance", "looked for first"]
        {
            assert!(page.contains(part), "{part}: {page}");
        }
        let chinese = resume_point(
            &context(Language::Zh, true),
            Some(ResumePoint::Step { step: "look for instance", done: &[], looks_first: false }),
        );
        let chinese = chinese.into_string();
        assert!(chinese.contains("重试从此步骤继续") && chinese.contains("查找审批单"), "{chinese}");
        assert!(!chinese.contains("不会重复执行") && !shown(RunStatus::Succeeded, None, true).contains("goes on from"));
        assert!(!shown(RunStatus::Failed, Some("r-2"), true).contains("goes on from"));
    }

    #[test]
    fn only_the_latest_run_that_waits_is_retried_and_only_by_who_may() {
        assert!(!shown(RunStatus::Succeeded, None, true).contains("/retry\""));
        assert!(!shown(RunStatus::Failed, None, false).contains("/retry\""));
        let older = shown(RunStatus::Failed, Some("r-2"), true);
        assert!(!older.contains("/retry\"") && older.contains("retry the latest"), "{older}");
    }
}
