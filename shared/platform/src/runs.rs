//! Run history: the record of a run and its steps, written together at the end of each piece of
//! work.

mod feed;

pub use feed::{Feed, Lists, Newest, Position, Span};

use crate::clock::Clock;
use crate::context::Context;
use crate::error::{Error, Result};
use crate::kept;
use crate::table::{Expect, Key, Merged, Range, StoredIn, Write};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use tenon_model::run::{Run, RunStatus, Step};
use tenon_model::{FlowId, RunId, TenantId};

/// How long runs are kept, in seconds.
const KEEP_S: i64 = 90 * 86_400;
/// Longest input or output kept of a step, in bytes of JSON.
const STEP_LIMIT: usize = 16 * 1024;
/// Steps of a run that are read, at most.
const STEPS: usize = 1_000;
/// Bytes of steps that are kept in one record, or about so; DynamoDB takes 400 KB.
const TOGETHER: usize = 128 * 1024;

/// Steps as they are kept: those of one piece of work together, in their order.
#[derive(Debug, Serialize, Deserialize)]
#[serde(try_from = "Value")]
pub(crate) struct Kept {
    steps: Vec<Step>,
}

impl TryFrom<Value> for Kept {
    type Error = serde_json::Error;

    fn try_from(mut data: Value) -> serde_json::Result<Self> {
        Ok(match data.get_mut("steps") {
            Some(steps) => Self { steps: serde_json::from_value(steps.take())? },
            // The version before kept each by itself.
            None => Self { steps: vec![serde_json::from_value(data)?] },
        })
    }
}

/// Collects the steps of one piece of work.
#[derive(Debug)]
pub struct Recorder {
    clock: Clock,
    run: RunId,
    steps: Vec<Step>,
    /// Errors whose text is longer than what their steps show.
    long: Vec<Error>,
}

impl Recorder {
    /// Begins with no steps.
    pub fn new(ctx: &Context, run: RunId) -> Self {
        Self { clock: ctx.clock.clone(), run, steps: Vec::new(), long: Vec::new() }
    }

    /// The run.
    pub fn run(&self) -> &RunId {
        &self.run
    }

    /// Does one step and notes its input, its output or its error, and how long it took. The work
    /// returns its value and what to note of it.
    pub async fn step<T>(
        &mut self,
        name: &str,
        input: Value,
        work: impl Future<Output = Result<(T, Value)>>,
    ) -> Result<T> {
        let started_ms = self.clock.now_ms();
        let done = work.await;
        let (value, output, error) = match done {
            Ok((value, output)) => (Ok(value), output, None),
            Err(error) => {
                let text = error.to_string();
                if error.whole.is_some() {
                    self.long.push(error.clone());
                }
                (Err(error), Value::Null, Some(text))
            }
        };
        self.steps.push(Step {
            run: self.run.clone(),
            name: name.to_owned(),
            started_ms,
            duration_ms: self.clock.now_ms() - started_ms,
            input: keep(input),
            output: keep(output),
            error,
        });
        value
    }

    /// Notes a step that took no time.
    pub fn note(&mut self, name: &str, output: Value) {
        let now = self.clock.now_ms();
        self.steps.push(Step {
            run: self.run.clone(),
            name: name.to_owned(),
            started_ms: now,
            duration_ms: 0,
            input: Value::Null,
            output: keep(output),
            error: None,
        });
    }

    /// Ends the run with these words if an operator has tried it again and nothing was left to do; any other
    /// run stays as it is told.
    pub async fn end_retried(&mut self, ctx: &Context, tenant: &TenantId, why: &str) -> Result<()> {
        let Some(mut run) = get(ctx, tenant, &self.run).await?.filter(|run| run.status == RunStatus::Retrying) else {
            return Ok(());
        };
        run.status = RunStatus::Ended;
        run.ended_ms = Some(ctx.now_ms());
        run.message = why.to_owned();
        run.code = None;
        self.save(ctx, tenant, &run).await
    }

    /// The writes that store the run as it stands now, with the steps collected so far: for a transaction with what
    /// the run tells of.
    ///
    /// # Errors
    /// When they cannot be written as records.
    pub fn writes(&self, ctx: &Context, tenant: &TenantId, run: &Run) -> Result<Vec<Write>> {
        let partition = [run.id.as_str()];
        let expires = Some(run.started_ms / 1000 + KEEP_S);
        let position = Position::of(run).to_string();
        // A record stands in one list of the index; a run is looked for by its flow, among all, and by its document.
        let listed = |sort: &str, list: String| -> Result<Write> {
            let write = Write::put(Key::new(tenant, "RUN", &partition, sort), run, Expect::Anything)?;
            Ok(write.indexed(list, position.clone()).expiring(expires))
        };
        let mut writes = vec![
            listed("run", feed::of_flow(tenant, &run.flow, run.status))?,
            listed("listed", feed::all(tenant, run.status))?,
        ];
        if let Some(of) = run.document.as_ref().map(ToString::to_string).or_else(|| run.instance.clone()) {
            writes.push(listed("document", feed::of_document(tenant, &of))?);
        }
        if let Some(code) = &run.code {
            writes.push(listed("code", feed::of_code(tenant, code))?);
        }
        let batch = ctx.entropy.id("", ctx.now_ms())?;
        for (number, steps) in portions(&self.steps).into_iter().enumerate() {
            let begun_ms = steps.first().map_or(run.started_ms, |step| step.started_ms);
            let key = Key::new(tenant, "RUN", &partition, format!("step#{begun_ms:013}#{batch}#{number:03}"));
            writes.push(Write::put(key, &Kept { steps }, Expect::Anything)?.expiring(expires));
        }
        Ok(writes)
    }

    /// Stores the run as it stands now, with the steps collected so far.
    pub async fn save(&mut self, ctx: &Context, tenant: &TenantId, run: &Run) -> Result<()> {
        ctx.table.put_many(self.writes(ctx, tenant, run)?).await?;
        self.saved(ctx, tenant).await
    }

    /// What is written is stored; the texts that were too long for their steps follow.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn saved(&mut self, ctx: &Context, tenant: &TenantId) -> Result<()> {
        self.steps.clear();
        for error in std::mem::take(&mut self.long) {
            kept::keep_words(ctx, tenant, &error).await?;
        }
        Ok(())
    }
}

/// One run.
pub async fn get(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Option<Run>> {
    let key = Key::new(tenant, "RUN", &[id.as_str()], "run");
    Ok(ctx.table.get::<Run>(&key).await?.map(|s| s.data))
}

/// The newest steps of a run, in order, at most 1,000: a run that was retried for months has more.
pub async fn steps(ctx: &Context, tenant: &TenantId, id: &RunId) -> Result<Vec<Step>> {
    let partition = Key::partition_of(tenant, "RUN", &[id.as_str()]);
    let (from, up_to) = (Some("step#".to_owned()), Some("step#~".to_owned()));
    let limit = u32::try_from(STEPS).ok();
    let mut list =
        Merged::new(vec![partition], StoredIn::InTable, Range { from, up_to, limit, ..Range::default() }, None);
    let mut newest: Vec<Step> = Vec::new();
    while newest.len() < STEPS {
        let Some(kept) = list.next(&ctx.table).await? else { break };
        let Kept { steps } = kept.data;
        newest.extend(steps.into_iter().rev());
    }
    newest.truncate(STEPS);
    newest.reverse();
    Ok(newest)
}

/// Steps by what one record holds of them.
fn portions(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut portions: Vec<Vec<Step>> = Vec::new();
    let mut bytes = 0;
    for step in steps {
        let own = 256 + length(&step.input) + length(&step.output) + step.error.as_ref().map_or(0, String::len);
        bytes += own;
        match portions.last_mut().filter(|_| bytes <= TOGETHER) {
            Some(last) => last.push(step.clone()),
            None => {
                portions.push(vec![step.clone()]);
                bytes = own;
            }
        }
    }
    portions
}

/// About the length of a value as a record holds it.
fn length(value: &Value) -> usize {
    match value {
        Value::String(text) => text.len(),
        Value::Array(items) => items.iter().map(|item| 4 + length(item)).sum(),
        Value::Object(fields) => fields.iter().map(|(name, value)| 4 + name.len() + length(value)).sum(),
        _ => 24,
    }
}

/// The newest runs of a flow.
pub async fn newest(ctx: &Context, tenant: &TenantId, flow: &FlowId, limit: u32) -> Result<Vec<Run>> {
    let lists = Lists::OfFlows(vec![flow.clone()], RunStatus::ALL.to_vec());
    let mut feed = Feed::new(tenant, &lists, Span::default(), limit);
    let mut found = Vec::new();
    for _ in 0..limit {
        match feed.next(ctx).await? {
            Some(run) => found.push(run),
            None => break,
        }
    }
    Ok(found)
}

fn keep(value: Value) -> Value {
    let redacted = redact(value);
    let text = redacted.to_string();
    if text.len() <= STEP_LIMIT {
        return redacted;
    }
    let head: String = text.chars().take(STEP_LIMIT / 8).collect();
    json!({ "truncated": true, "bytes": text.len(), "head": head })
}

/// Names of fields that are never kept, by what they contain.
const SECRET_NAMES: [&str; 7] = ["password", "secret", "token", "aes_key", "aeskey", "cookie", "session"];
/// Names of fields that hold personal data, of which the last two characters are kept.
const PERSONAL_NAMES: [&str; 5] = ["mobile", "phone", "email", "e_mail", "idcard"];

/// Removes secrets and masks personal data by field name.
pub fn redact(value: Value) -> Value {
    match value {
        Value::Object(fields) => {
            let mut kept = Map::new();
            for (name, value) in fields {
                let lower = name.to_lowercase();
                // B1's AuthorizationStatus is no secret; the header is.
                let secret = lower == "authorization" || SECRET_NAMES.iter().any(|s| lower.contains(s));
                let value = if secret && !value.is_null() {
                    Value::from("[redacted]")
                } else if PERSONAL_NAMES.iter().any(|s| lower.contains(s)) {
                    mask(value)
                } else {
                    redact(value)
                };
                kept.insert(name, value);
            }
            Value::Object(kept)
        }
        Value::Array(items) => Value::Array(items.into_iter().map(redact).collect()),
        other => other,
    }
}

fn mask(value: Value) -> Value {
    match value {
        Value::String(text) if !text.is_empty() => {
            let count = text.chars().count();
            let tail: String = text.chars().skip(count.saturating_sub(2)).collect();
            Value::from(format!("***{tail}"))
        }
        Value::Null => Value::Null,
        Value::String(empty) => Value::String(empty),
        _ => Value::from("***"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_personal_data_do_not_reach_the_history() {
        let kept = redact(json!({
            "UserName": "manager", "Password": "p@ss", "access_token": "abc", "lines": [{"MobilePhone": "13800138000"}],
            "ApproverPassword": null, "Authorization": "Bearer abc", "AuthorizationStatus": "dasPending"
        }));
        assert_eq!(kept["Authorization"], "[redacted]");
        assert_eq!(kept["AuthorizationStatus"], "dasPending");
        assert_eq!(kept["Password"], "[redacted]");
        assert_eq!(kept["access_token"], "[redacted]");
        assert_eq!(kept["lines"][0]["MobilePhone"], "***00");
        assert_eq!(kept["UserName"], "manager");
        assert!(kept["ApproverPassword"].is_null());
    }

    #[test]
    fn the_steps_of_one_piece_of_work_are_one_record_unless_they_are_long() {
        let step = |length: usize| Step {
            run: RunId::new("r-1"),
            name: "read".to_owned(),
            started_ms: 1,
            duration_ms: 2,
            input: json!({ "text": "x".repeat(length) }),
            output: Value::Null,
            error: None,
        };
        let lengths = |lengths: &[usize]| {
            let steps: Vec<Step> = lengths.iter().map(|length| step(*length)).collect();
            let portions = portions(&steps);
            assert_eq!(portions.concat(), steps, "none is lost, and their order stays");
            portions.iter().map(Vec::len).collect::<Vec<_>>()
        };
        assert_eq!(lengths(&[]), Vec::<usize>::new());
        assert_eq!(lengths(&[10, 20, 30]), [3]);
        assert_eq!(lengths(&[100_000, 20_000, 20_000, 10]), [2, 2]);
        assert_eq!(lengths(&[200_000, 10]), [1, 1]);
    }

    #[test]
    fn a_step_that_the_version_before_kept_by_itself_is_read() {
        let step = json!({ "run": "r-1", "name": "map", "started_ms": 1, "duration_ms": 0, "output": 199.50 });
        let of = |data: &Value| serde_json::from_value::<Kept>(data.clone()).unwrap().steps;
        assert_eq!(of(&step), of(&json!({ "steps": [step] })));
        assert!(serde_json::from_value::<Kept>(json!({ "name": "map" })).is_err());
    }

    #[test]
    fn a_long_value_is_cut_and_says_so() {
        let kept = keep(json!({ "text": "长".repeat(20_000) }));
        assert_eq!(kept["truncated"], true);
        assert!(kept.to_string().len() < STEP_LIMIT);
    }
}
