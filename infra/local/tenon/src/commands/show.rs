//! `tenon show`: one run with its steps.

use super::runs::by;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration, local, zone};
use crate::remote::{Remote, segment};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tenon_model::run::{Run, RunStatus, Step};
use tenon_model::{RunId, TenantId};
use tenon_platform::runs;

const AFTER: &str = "\
Steps are in the order they were done. Secrets are never kept; personal data is masked.

Example:
  tenon show r-0199…

Next:
  tenon retry RUN      continue it, once the cause is mended
  tenon correct RUN    put right what of a form or a pushed body could not be mapped";

/// Shows one run with its steps.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct ShowArgs {
    /// The run's id, from `tenon runs`.
    #[arg(value_name = "RUN")]
    pub run: String,
}

/// The command.
///
/// # Errors
/// Not found for an unknown run.
pub async fn show(args: &ShowArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let (tenant, id) = (TenantId::operator(), RunId::new(args.run.as_str()));
    let run = runs::get(&environment.ctx, &tenant, &id).await?.ok_or_else(|| {
        Failure::not_found(format!("there is no run {id}")).with_hint("`tenon runs` lists the newest")
    })?;
    let steps = runs::steps(&environment.ctx, &tenant, &id).await?;
    shown(&run, &steps, out);
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// Not found for an unknown run; what the API says.
pub async fn remote(args: &ShowArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    #[derive(serde::Deserialize)]
    struct Found {
        run: Run,
        steps: Vec<Step>,
    }
    let found: Found = remote.get(&format!("/admin/v1/runs/{}", segment(&args.run)), &[]).await?;
    shown(&found.run, &found.steps, out);
    Ok(())
}

fn shown(run: &Run, steps: &[Step], out: &Out) {
    out.result(|| json!({ "run": run, "steps": steps }), || render(run, steps, &zone()));
    if run.status == RunStatus::Failed {
        out.note(&format!("when the cause is mended: tenon retry {}", run.id));
        // Of a document of the ERP there is none, whose input counts as it stands there.
        if run.code.as_deref() == Some("flow.mapping") && run.document.is_none() {
            out.note(&format!("what of its form or pushed body may be put right: tenon correct {}", run.id));
        }
    }
}

fn render(run: &Run, steps: &[Step], zone: &TimeZone) -> String {
    let mut head = Table::bare();
    let mut row = |name: &str, value: String| head.row([name.to_owned(), value]);
    row("run", run.id.to_string());
    row("flow", run.flow.to_string());
    if let Some(document) = &run.document {
        row("document", document.to_string());
    }
    if let Some(instance) = &run.instance {
        row("instance", instance.clone());
    }
    row("status", run.status.word().to_owned());
    row("message", run.message.clone());
    if let Some(code) = &run.code {
        row("code", code.clone());
    }
    row("started", format!("{} by {}", local(run.started_ms, zone), by(run.trigger)));
    if let Some(ended) = run.ended_ms {
        row("ended", format!("{}, after {}", local(ended, zone), duration(ended - run.started_ms)));
    }
    for (name, count) in &run.counts {
        row(name, count.to_string());
    }
    let mut text = head.text(0);
    for (index, step) in steps.iter().enumerate() {
        text.push_str(&format!(
            "\n{}. {}  ({}, {})\n",
            index + 1,
            step.name,
            local(step.started_ms, zone),
            duration(step.duration_ms)
        ));
        part(&mut text, "in", &step.input);
        part(&mut text, "out", &step.output);
        if let Some(error) = &step.error {
            text.push_str(&format!("   error: {}\n", error.replace('\n', "\n          ")));
        }
    }
    text
}

fn part(text: &mut String, name: &str, value: &Value) {
    if value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty) {
        return;
    }
    let pretty = format!("{value:#}").replace('\n', "\n   ");
    text.push_str(&format!("   {name}: {pretty}\n"));
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::run::Trigger;
    use tenon_model::{DocumentKey, FlowId};

    #[test]
    fn shows_where_it_failed_and_what_went_in() {
        let run = Run {
            id: RunId::new("r-1"),
            flow: FlowId::new("f"),
            document: Some(DocumentKey::Number(16)),
            instance: None,
            trigger: Trigger::Operator,
            status: RunStatus::Failed,
            started_ms: 0,
            ended_ms: Some(61_000),
            message: "B1 refused it".to_owned(),
            code: Some("b1.refused".to_owned()),
            counts: [("found".to_owned(), 3)].into(),
        };
        let step = Step {
            run: run.id.clone(),
            name: "mark document".to_owned(),
            started_ms: 1_000,
            duration_ms: 250,
            input: json!({ "DocEntry": 16 }),
            output: Value::Null,
            error: Some("b1 PATCH Drafts(16): refused".to_owned()),
        };
        let text = render(&run, &[step], &TimeZone::UTC);
        assert!(text.contains("status    failed\n") && text.contains("code      b1.refused\n"), "{text}");
        assert!(text.contains("ended     1970-01-01 00:01:01, after 1 min 1 s\nfound     3\n"), "{text}");
        let steps = "\n1. mark document  (1970-01-01 00:00:01, 250 ms)\n   in: {\n     \"DocEntry\": 16\n   }\n   error: b1 PATCH Drafts(16): refused\n";
        assert!(text.ends_with(steps), "{text}");
    }
}
