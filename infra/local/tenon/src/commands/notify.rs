//! `tenon notify`: tell one person something, to try the channels.

use super::note;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out};
use serde_json::json;
use tenon_model::TenantId;
use tenon_notices::{Attempt, AttemptStatus, Notice, Recipient, Record, State, Text, send};

const AFTER: &str = "\
Sends one notice over the channels of [notices], as a task that waits is told, and says what came of each. \
PERSON is a person's id in the directory, or with --enterprise the code that an ERP has for the person. \
Each call is a notice of its own.

Example:
  tenon notify zhangsan
  tenon notify E-7 --enterprise COMPANY001 --text 测试

Next:
  tenon check    how many notices each channel carried today
Exit code 4 when the person was not told.";

/// Sends one notice to a person, to try the channels.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct NotifyArgs {
    /// The person.
    #[arg(value_name = "PERSON")]
    pub person: String,
    /// PERSON is the code of this enterprise's ERP.
    #[arg(long, value_name = "CODE")]
    pub enterprise: Option<String>,
    /// What is said.
    #[arg(long, value_name = "TEXT", default_value = "Tenon")]
    pub text: String,
}

/// The command.
///
/// # Errors
/// What a channel or the table refuse; partly when nobody was told.
pub async fn notify(args: &NotifyArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    let recipient = match &args.enterprise {
        Some(enterprise) => Recipient::external(enterprise.as_str(), args.person.as_str()),
        None => Recipient::person(args.person.as_str()),
    };
    let notice = Notice {
        recipient,
        title: Text::new("测试通知", "Test notice"),
        text: Text::same(args.text.as_str()),
        lines: Vec::new(),
        link: None,
        button: None,
        key: format!("test/{}", ctx.entropy.id("n-", ctx.now_ms())?),
    };
    note::change(ctx, ("send-test-notice", &args.person), json!({})).await?;
    let record = send(ctx, &TenantId::operator(), &notice).await?;
    let channels: Vec<_> = record.attempts.iter().map(document).collect();
    let document = json!({ "person": args.person, "state": record.state, "why": record.why, "channels": channels });
    out.result(|| document, || render(&record));
    match record.state {
        State::Told => Ok(()),
        _ => Err(Failure::partly(format!("{} was not told", args.person))),
    }
}

fn document(attempt: &Attempt) -> serde_json::Value {
    json!({ "connection": attempt.connection, "to": attempt.to, "state": attempt.stands, "message": attempt.message,
        "why": attempt.why })
}

fn render(record: &Record) -> String {
    let mut text =
        format!("{}{}\n", record.state.word(), record.why.as_ref().map_or_else(String::new, |why| format!(": {why}")));
    for attempt in &record.attempts {
        let word = match attempt.stands {
            AttemptStatus::Sent => "sent",
            AttemptStatus::Sending => "not answered yet",
            AttemptStatus::Absent | AttemptStatus::Refused | AttemptStatus::Unknown => "not told",
        };
        let why = attempt.why.as_deref().map_or_else(String::new, |why| format!(": {why}"));
        let to = attempt.to.as_deref().unwrap_or("-");
        text.push_str(&format!("  {} ({to}): {word}{why}\n", attempt.connection));
    }
    text
}
