//! `tenon dead-letters`: messages that were given up; putting one back, or dropping it.

use super::{elsewhere, follow_up, refused};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration};
use crate::remote::{Remote, segment};
use clap::Subcommand;
use serde_json::{Value, json};
use tenon_model::TenantId;
use tenon_operations::{At, dead_letters};
use tenon_platform::audit::Actor;

const AFTER: &str = "\
Looking hides the letters from others for some seconds. A message is put back as if it came for the first time: mend \
its cause first. A run is continued by `tenon retry`, which needs no letter; drop the letter then.

Example:
  tenon dead-letters
  tenon dead-letters list --queue approvals-submit
  tenon dead-letters put-back approvals-submit MESSAGE
  tenon dead-letters drop approvals-submit MESSAGE

Next:
  tenon runs    how the work fares";

/// Shows messages that were given up, puts one back or drops it.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct DeadLettersArgs {
    #[command(subcommand)]
    what: Option<What>,
}

/// What is done.
#[derive(Subcommand, Clone, Debug)]
pub enum What {
    /// Show them: why, for how long, what to do. What is done without a word.
    #[command(after_help = AFTER)]
    List {
        /// Only those of this queue.
        #[arg(long, value_name = "QUEUE")]
        queue: Option<String>,
    },
    /// Put one back on its queue, to be tried anew.
    #[command(after_help = AFTER)]
    PutBack {
        /// Its queue.
        #[arg(value_name = "QUEUE")]
        queue: String,
        /// Its id.
        #[arg(value_name = "MESSAGE")]
        id: String,
    },
    /// Drop one for good.
    #[command(after_help = AFTER)]
    Drop {
        /// Its queue.
        #[arg(value_name = "QUEUE")]
        queue: String,
        /// Its id.
        #[arg(value_name = "MESSAGE")]
        id: String,
    },
}

impl DeadLettersArgs {
    /// This.
    pub fn of(what: What) -> Self {
        Self { what: Some(what) }
    }

    fn what(&self) -> What {
        self.what.clone().unwrap_or(What::List { queue: None })
    }
}

/// The command.
///
/// # Errors
/// Not found for a letter that is not there; usage for a queue that is none, or a letter that nobody can read; those of
/// the queues.
pub async fn dead_letters(args: &DeadLettersArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let (ctx, tenant, by) = (&environment.ctx, TenantId::operator(), Actor::command());
    let at = At { ctx, tenant: &tenant, by: &by };
    match args.what() {
        What::List { queue } => {
            let found = dead_letters::list(ctx, queue.as_deref()).await.map_err(refused)?;
            shown(&json!(found), out);
        }
        What::PutBack { queue, id } => {
            dead_letters::put_back(&at, &queue, &id).await.map_err(refused)?;
            let worked_by = follow_up(&environment, place, out).await?;
            put_back(&queue, &id, worked_by, out);
        }
        What::Drop { queue, id } => {
            dead_letters::drop(&at, &queue, &id).await.map_err(refused)?;
            dropped(&queue, &id, out);
        }
    }
    Ok(())
}

/// The same through the API.
///
/// # Errors
/// As [`dead_letters`]; what the API says.
pub async fn remote(args: &DeadLettersArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    let of = |queue: &str, id: &str| format!("/admin/v1/dead-letters/{}/{}", segment(queue), segment(id));
    match args.what() {
        What::List { queue } => {
            let query: Vec<_> = queue.into_iter().map(|queue| ("queue", queue)).collect();
            shown(&remote.get("/admin/v1/dead-letters", &query).await?, out);
        }
        What::PutBack { queue, id } => {
            let _: Value = remote.post(&format!("{}/put-back", of(&queue, &id)), &json!({})).await?;
            put_back(&queue, &id, elsewhere(out), out);
        }
        What::Drop { queue, id } => {
            let _: Value = remote.delete(&of(&queue, &id)).await?;
            dropped(&queue, &id, out);
        }
    }
    Ok(())
}

fn put_back(queue: &str, id: &str, worked_by: &'static str, out: &Out) {
    out.result(
        || json!({ "queue": queue, "id": id, "result": "put-back", "worked_by": worked_by }),
        || format!("{id} is back on {queue}"),
    );
}

fn dropped(queue: &str, id: &str, out: &Out) {
    out.result(|| json!({ "queue": queue, "id": id, "result": "dropped" }), || format!("{id} of {queue} is dropped"));
}

fn list<'v>(found: &'v Value, name: &str) -> &'v [Value] {
    found.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn shown(found: &Value, out: &Out) {
    let letters = list(found, "letters");
    for unseen in list(found, "unseen") {
        let text = |name: &str| unseen.get(name).and_then(Value::as_str).unwrap_or_default();
        out.note(&format!("{}: not looked at: {}", text("queue"), text("error")));
    }
    if letters.is_empty() {
        out.note("nothing was given up");
    }
    out.result(|| found.clone(), || if letters.is_empty() { String::new() } else { render(letters) });
}

fn render(letters: &[Value]) -> String {
    let mut table = Table::new(&["QUEUE", "MESSAGE", "JOB", "TENANT", "TRIED", "FOR", "CODE", "REASON"]);
    for letter in letters {
        let text = |name: &str| letter.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let number = |name: &str| letter.get(name).and_then(Value::as_i64).unwrap_or_default();
        table.row([
            text("queue"),
            text("id"),
            text("job"),
            text("tenant"),
            number("attempts").to_string(),
            duration(number("age_ms")),
            text("code"),
            text("reason"),
        ]);
    }
    let mut remedies: Vec<&str> = letters.iter().filter_map(|letter| letter.get("remedy")?.as_str()).collect();
    remedies.dedup();
    format!("{}{}\n", table.text(0), remedies.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_is_a_row_and_its_remedy_follows() {
        let letter = |id: &str| {
            json!({ "queue": "approvals-submit", "id": id, "job": "submit", "tenant": "default", "code": "b1.refused",
                "reason": "B1 refused", "age_ms": 7_200_000, "attempts": 54, "remedy": "Retry the run." })
        };
        let text = render(&[letter("m-1"), letter("m-2")]);
        let row = text.lines().nth(1).unwrap();
        assert_eq!(row, "approvals-submit  m-1      submit  default  54     2 h 0 min  b1.refused  B1 refused");
        assert_eq!(text.lines().nth(3), Some("Retry the run."));
    }
}
