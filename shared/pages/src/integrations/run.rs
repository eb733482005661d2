//! One run as a timeline: what was done, how long each step took, what went in and out, what failed and how it is
//! mended.

use super::{HOME, RunsAsked, Say, Scene, Since, flows, remedy, spark, texts, times};
use maud::{Markup, html};
use serde_json::Value;
use tenon_model::Language;
use tenon_model::run::{Run, RunStatus, Step};

/// What an operator's press is called among the steps.
const BY_OPERATOR: &str = "retry by operator";

/// Steps that are shown at most.
const MOST: usize = 300;

/// Runs of the same document.
#[derive(Clone, Copy, Debug, Default)]
pub struct Neighbours<'n> {
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
    pub neighbours: Neighbours<'v>,
    /// The document in the ERP.
    pub erp_link: Option<&'v str>,
    /// The form in the OA.
    pub oa_link: Option<&'v str>,
    /// Whether a decision is held back, because its document has changed.
    pub on_hold: bool,
    /// From where a retry would go on, where that is known.
    pub goes_on: Option<GoesOn<'v>>,
    /// Whether somebody may correct what could not be mapped of its input.
    pub correctable: bool,
}

/// From where a retry goes on.
#[derive(Clone, Copy, Debug)]
pub enum GoesOn<'g> {
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
    Said(Say),
}

/// Where a run is.
pub(crate) fn address(id: &str) -> String {
    format!("{HOME}/runs/{}", crate::encoded(id))
}

/// The page.
pub fn run(scene: &Scene<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    let document = run.document.as_ref().map(ToString::to_string);
    html! {
        p.back { a href=(super::RUNS) { "← " (scene.say(Say::Runs)) } }
        section.panel {
            h1 {
                a href=(flows::address(run.flow.as_str())) { (run.flow) }
                @if let Some(document) = &document { " · " (document) }
                " " (badge(scene, run.status))
            }
            p.message { (run.message) }
            (facts(scene, view))
            (neighbours(scene, view))
            (retry(scene, view))
        }
        @if let Some(code) = &run.code {
            section.panel.wrong[run.status == RunStatus::Failed] {
                h2 { (scene.say(Say::Remedy)) }
                (remedy::told(scene, code))
                p { a href=(alike(run, code).address()) { (scene.say(Say::AllAlike)) } }
            }
        }
        section.panel {
            h2 { (scene.say(Say::Timeline)) }
            (timeline(scene, view))
        }
    }
}

fn alike(run: &Run, code: &str) -> RunsAsked {
    RunsAsked {
        flow: run.flow.to_string(),
        code: code.to_owned(),
        status: Some(run.status),
        since: Since::Month,
        ..RunsAsked::default()
    }
}

fn facts(scene: &Scene<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    html! {
        dl.facts {
            div { dt { (scene.say(Say::Started)) } dd { (times::moment(scene, run.started_ms)) } }
            div { dt { (scene.say(Say::Ended)) } dd {
                @match run.ended_ms {
                    Some(at) => { (times::moment(scene, at)) }
                    None => { (scene.say(Say::UnderWay)) }
                }
            } }
            div { dt { (scene.say(Say::Took)) } dd {
                (times::took(scene, run.ended_ms.unwrap_or(scene.now_ms) - run.started_ms))
            } }
            div { dt { (scene.say(Say::Trigger)) } dd { (scene.say(texts::trigger(run.trigger))) } }
            @if let Some(document) = &run.document {
                div { dt { (scene.say(Say::Document)) } dd {
                    (document)
                    @if let Some(link) = view.erp_link {
                        " " a href=(link) rel="noopener noreferrer" { (scene.say(Say::OpenErp)) }
                    }
                } }
            }
            @if let Some(instance) = &run.instance {
                div { dt { (scene.say(Say::Instance)) } dd {
                    code { (instance) }
                    @if let Some(link) = view.oa_link {
                        " " a href=(link) rel="noopener noreferrer" { (scene.say(Say::OpenOa)) }
                    }
                } }
            }
            @for (name, count) in &run.counts { div { dt { (name) } dd { (count) } } }
            div { dt { (scene.say(Say::RunId)) } dd { code #run-id { (run.id) } " " (copy(scene, "run-id")) } }
        }
    }
}

fn neighbours(scene: &Scene<'_>, view: &RunView<'_>) -> Markup {
    let Neighbours { previous, next } = view.neighbours;
    html! {
        @if previous.is_some() || next.is_some() {
            nav.pages aria-label=(scene.say(Say::Document)) {
                @if let Some(id) = previous { a rel="prev" href=(address(id)) { "← " (scene.say(Say::PreviousRun)) } }
                @if let Some(id) = next { a rel="next" href=(address(id)) { (scene.say(Say::NextRun)) " →" } }
            }
        }
    }
}

/// Whether a run waits for somebody to try it again.
fn may_be_retried(status: RunStatus) -> bool {
    matches!(status, RunStatus::Failed | RunStatus::Retrying)
}

/// A retry is offered for the document's latest run only.
fn retry(scene: &Scene<'_>, view: &RunView<'_>) -> Markup {
    let run = view.run;
    let own = address(run.id.as_str());
    let retry = html! { button data-retry { (scene.say(Say::Retry)) } };
    html! {
        @if scene.may_change && may_be_retried(run.status) {
            @if view.neighbours.next.is_some() { p.hint { (scene.say(Say::NotLatest)) } } @else {
                div.actions {
                    (scene.frame.form(&format!("{own}/retry"), "", &retry))
                    @if view.on_hold { (scene.press(&format!("{own}/accept"), "light", Say::AcceptChange)) }
                    @if view.correctable { a.button.light href=(format!("{own}/correct")) { (scene.say(Say::CorrectInput)) } }
                }
                (goes_on(scene, view.goes_on))
                p.hint { (scene.say(Say::RetryTold)) }
            }
        }
    }
}

/// From which step a retry goes on, and what is not done again.
fn goes_on(scene: &Scene<'_>, from: Option<GoesOn<'_>>) -> Markup {
    html! {
        @match from {
            Some(GoesOn::Step { step, done, looks_first }) => {
                p.goes-on { (scene.say(Say::GoesOnFrom)) strong { (name(scene, step)) } }
                @if !done.is_empty() {
                    p.hint {
                        (scene.say(Say::NotAgain))
                        @for (index, step) in done.iter().enumerate() { @if index > 0 { ", " } (name(scene, step)) }
                    }
                }
                p.hint {
                    @if looks_first { (scene.say(Say::LooksFirst)) " " }
                    (scene.say(Say::ReadsAnew))
                }
            }
            Some(GoesOn::Said(text)) => { p.goes-on { (scene.say(text)) } }
            None => {}
        }
    }
}

fn timeline(scene: &Scene<'_>, view: &RunView<'_>) -> Markup {
    let left_out = view.steps.len().saturating_sub(MOST);
    let all: Vec<(usize, &Step)> =
        view.steps.iter().enumerate().map(|(at, step)| (view.attempts.get(at).copied().unwrap_or(1), step)).collect();
    let shown = all.get(left_out..).unwrap_or_default();
    html! {
        @if all.is_empty() { p.hint { (scene.say(Say::NoSteps)) } }
        @if left_out > 0 { p.hint { (scene.say(Say::MoreSteps)) } }
        @for (number, steps) in grouped(shown) {
            @let by_operator = steps.first().is_some_and(|step| step.name == BY_OPERATOR);
            (divider(scene, number, by_operator))
            ol.timeline {
                @let begins = steps.first().map_or(0, |step| step.started_ms);
                @let ends = steps.iter().map(|step| step.started_ms + step.duration_ms).max().unwrap_or(begins);
                @for (index, step) in steps.iter().enumerate() {
                    (one(scene, &format!("s{number}-{index}"), step, begins, (ends - begins).max(1)))
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

fn divider(scene: &Scene<'_>, number: usize, by_operator: bool) -> Markup {
    let space = if scene.language() == Language::En { " " } else { "" };
    html! {
        h3.attempt {
            @if number > 1 { "↻ " }
            (scene.say(Say::Attempt)) (space) (number) (scene.say(Say::AttemptAfter))
            @if number > 1 {
                span.soft { " " (scene.say(if by_operator { Say::ByOperator } else { Say::ByItself })) }
            }
        }
    }
}

fn one(scene: &Scene<'_>, id: &str, step: &Step, begins: i64, whole: i64) -> Markup {
    let failed = step.error.is_some();
    let left = (step.started_ms - begins).saturating_mul(1_000) / whole;
    let wide = step.duration_ms.max(0).saturating_mul(1_000) / whole;
    html! {
        li.failed[failed] {
            div.step {
                h4 { (name(scene, &step.name)) }
                span.outcome {
                    @if failed { "✕ " (scene.say(Say::StepFailed)) } @else { "✓ " (scene.say(Say::StepDone)) }
                }
                span.ms { (times::took(scene, step.duration_ms)) }
                span.soft { (times::moment(scene, step.started_ms)) }
                (spark::span(left, wide, failed))
            }
            @if let Some(error) = &step.error { p.lines.error { (error) } }
            (part(scene, &format!("{id}-in"), Say::Input, &step.input))
            (part(scene, &format!("{id}-out"), Say::Output, &step.output))
        }
    }
}

fn part(scene: &Scene<'_>, id: &str, name: Say, value: &Value) -> Markup {
    let is_empty = value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty);
    html! {
        @if !is_empty {
            details { summary { (scene.say(name)) } (self::value(scene, id, value)) }
        }
    }
}

/// A value as it is stored, to look at and to copy.
pub(crate) fn value(scene: &Scene<'_>, id: &str, value: &Value) -> Markup {
    let text = match value {
        Value::String(text) => text.clone(),
        other => format!("{other:#}"),
    };
    html! {
        div.value {
            (copy(scene, id))
            pre #(id) tabindex="0" { code { (text) } }
        }
    }
}

/// A button that the script shows and works.
fn copy(scene: &Scene<'_>, id: &str) -> Markup {
    html! {
        button.plain.copy type="button" data-copy=(id) data-done=(scene.say(Say::Copied)) hidden { (scene.say(Say::Copy)) }
    }
}

/// How a run stands: a sign and a word, so that no colour has to be seen.
pub(crate) fn badge(scene: &Scene<'_>, status: RunStatus) -> Markup {
    let (class, sign) = match status {
        RunStatus::Running => ("badge", "…"),
        RunStatus::Succeeded => ("badge good", "✓"),
        RunStatus::Retrying => ("badge warn", "↻"),
        RunStatus::Failed => ("badge bad", "✕"),
        RunStatus::Ended => ("badge", "■"),
    };
    html! { span class=(class) { (sign) " " (scene.say(texts::status(status))) } }
}

/// What a step is called.
fn name(scene: &Scene<'_>, name: &str) -> Markup {
    let known = STEPS.iter().find(|(own, _)| *own == name).map(|(_, zh)| *zh);
    html! {
        @match (scene.language(), known) {
            (Language::Zh, Some(zh)) => { (zh) " " span.soft lang="en" { (name) } }
            _ => { span lang="en" { (name) } }
        }
    }
}

/// The Chinese names of what flows do most.
const STEPS: [(&str, &str); 37] = [
    ("read document", "读取单据"),
    ("read approval request", "读取审批请求"),
    ("map to form", "映射到表单"),
    ("map", "映射"),
    ("create instance", "创建审批单"),
    ("look for instance", "查找审批单"),
    ("mark document", "标记单据"),
    ("read instance", "读取审批单"),
    ("compare document", "比较单据"),
    ("decide approval request", "回写审批结果"),
    ("add draft", "草稿转正式单据"),
    ("carry file", "传送附件"),
    ("write result", "回写结果"),
    ("write special price", "写入特殊价格"),
    ("create document", "创建单据"),
    ("look for document", "查找单据"),
    ("read record", "读取记录"),
    ("save row", "保存行"),
    ("mark record", "标记记录"),
    ("retry by operator", "操作员重试"),
    ("poll", "查找单据"),
    ("read order", "读取订单"),
    ("create work order", "创建工单"),
    ("post receipt", "过账收货"),
    ("look for row", "查找行"),
    ("look up", "查找"),
    ("read item", "读取物料"),
    ("import material", "导入物料"),
    ("find material", "查找物料"),
    ("mark order", "标记订单"),
    ("look for work order", "查找工单"),
    ("read work order", "读取工单"),
    ("edit work order", "修改工单"),
    ("close work order", "关闭工单"),
    ("read report", "读取报工"),
    ("look for receipt", "查找收货"),
    ("read feeding", "读取投料"),
];

#[cfg(test)]
mod tests {
    use super::super::tests::scene;
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
            neighbours: Neighbours { previous: None, next },
            erp_link: Some("https://erp.example/16"),
            oa_link: None,
            on_hold: false,
            goes_on: Some(GoesOn::Step { step: "mark document", done: &["create instance"], looks_first: true }),
            correctable: false,
        };
        super::run(&scene(Language::En, may_change), &view).into_string()
    }

    #[test]
    fn a_failed_run_tells_its_attempts_its_times_and_the_remedy_of_the_reference() {
        let page = shown(RunStatus::Failed, None, true);
        assert!(page.contains("Attempt 1") && page.contains("↻ Attempt 2"), "{page}");
        assert!(page.contains("retried by an operator") && page.contains("250 ms"), "{page}");
        assert!(
            page.contains(&super::super::remedy("flow.mapping", Language::En).unwrap().mend.replace('`', "")[..12]),
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
        let chinese = goes_on(
            &scene(Language::Zh, true),
            Some(GoesOn::Step { step: "look for instance", done: &[], looks_first: false }),
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
