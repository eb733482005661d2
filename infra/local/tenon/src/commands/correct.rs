//! `tenon correct`: put right what could not be mapped of a run's input, and have the run go on with it.

use super::preview::fields_of_document;
use super::{elsewhere, follow_up, refused};
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table};
use crate::remote::{Remote, segment};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{BufRead, IsTerminal};
use tenon_flows::documents::{Input, Review};
use tenon_flows::map::Wrong;
use tenon_model::{RunId, TenantId};
use tenon_operations::{At, runs as operations};
use tenon_platform::audit::Actor;
use tenon_platform::runs;

const AFTER: &str = "\
Without --set it shows the values of a form or of a pushed body that could not be mapped, with their places. With --set it \
shows what a correction would change and what would be created, and asks; --yes goes on without asking, and without a \
terminal nothing is changed unless it is given. A correction holds for what is shown: if the form, the body, the flow \
or the run is another when you agree, nothing is changed.

What can be mapped is what people approved, and is not to be corrected. What comes from the ERP, the MES or the PLM counts \
as it stands there: mend it there, then `tenon retry`.

Example:
  tenon correct r-0199…
  tenon correct r-0199… --set rq=2026-12-01 --set '明细[1].数量=24'
  tenon correct r-0199… --set rq=2026-12-01 --yes

Next:
  tenon show RUN    see how it went";

/// Shows what of a run's input could not be mapped, or has the run go on with it put right.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct CorrectArgs {
    /// The run's id, from `tenon runs`.
    #[arg(value_name = "RUN")]
    pub run: String,
    /// What counts at a place instead of what stands there; may be given for each place.
    #[arg(long, value_name = "PLACE=VALUE")]
    pub set: Vec<String>,
    /// Go on with the correction without asking.
    #[arg(long, requires = "set")]
    pub yes: bool,
}

type Values = BTreeMap<String, String>;

/// Where the run is.
enum Reach<'a> {
    Here(At<'a>),
    There(&'a Remote),
}

impl Reach<'_> {
    async fn input(&self, id: &RunId) -> Result<Input, Failure> {
        match self {
            Self::Here(at) => operations::input(at.ctx, at.tenant, id).await.map_err(refused),
            Self::There(remote) => remote.get(&format!("{}/input", path(id)), &[]).await,
        }
    }

    async fn review(&self, id: &RunId, shown: &str, values: &Values) -> Result<Review, Failure> {
        match self {
            Self::Here(at) => operations::review(at.ctx, at.tenant, id, shown, values).await.map_err(refused),
            Self::There(remote) => {
                let asked = json!({ "revision": shown, "values": values });
                remote.post(&format!("{}/correct/review", path(id)), &asked).await
            }
        }
    }

    /// Says what was done.
    async fn correct(&self, id: &RunId, revisions: (&str, &str), values: &Values) -> Result<String, Failure> {
        #[derive(serde::Deserialize)]
        struct Answer {
            result: String,
        }
        match self {
            Self::Here(at) => operations::correct(at, id, revisions, values).await.map_err(refused),
            Self::There(remote) => {
                let own = json!({ "revision": revisions.0, "confirmed": revisions.1, "values": values });
                let answer: Answer = remote.post(&format!("{}/correct", path(id)), &own).await?;
                Ok(answer.result)
            }
        }
    }
}

fn path(id: &RunId) -> String {
    format!("/admin/v1/runs/{}", segment(id.as_str()))
}

/// What came of a command that went on.
struct Corrected {
    said: String,
    review: Review,
}

/// The command.
///
/// # Errors
/// Not found for an unknown run; usage where nothing is to be corrected, or not so; what the OA or the table refuse.
pub async fn correct(args: &CorrectArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let (tenant, by, id) = (TenantId::operator(), Actor::command(), RunId::new(args.run.as_str()));
    if runs::get(&environment.ctx, &tenant, &id).await?.is_none() {
        return Err(Failure::not_found(format!("there is no run {id}")).with_hint("`tenon runs` lists the newest"));
    }
    let at = At { ctx: &environment.ctx, tenant: &tenant, by: &by };
    if let Some(corrected) = work(&Reach::Here(at), args, out).await? {
        let worked_by = follow_up(&environment, place, out).await?;
        ended(args, &corrected, worked_by, out);
    }
    Ok(())
}

/// The same through the API. Who corrects it is who holds the token.
///
/// # Errors
/// As [`correct`]; what the API says.
pub async fn remote(args: &CorrectArgs, remote: &Remote, out: &Out) -> Result<(), Failure> {
    if let Some(corrected) = work(&Reach::There(remote), args, out).await? {
        let worked_by = elsewhere(out);
        ended(args, &corrected, worked_by, out);
    }
    Ok(())
}

/// Shows what there is to see, and goes on if that is agreed to.
async fn work(reach: &Reach<'_>, args: &CorrectArgs, out: &Out) -> Result<Option<Corrected>, Failure> {
    let id = RunId::new(args.run.as_str());
    let shown = reach.input(&id).await?;
    if args.set.is_empty() {
        out.result(|| json!({ "run": id, "revision": shown.revision, "wrong": shown.wrong }), || input_text(&shown));
        out.note(&format!("to put them right: tenon correct {id} --set PLACE=VALUE …"));
        return Ok(None);
    }
    let values = values(&args.set, &shown.wrong)?;
    let review = reach.review(&id, &shown.revision, &values).await?;
    if !out.is_json() {
        out.line(review_text(&review).trim_end_matches('\n'));
    }
    if !(args.yes || agreed(out)?) {
        if out.is_json() {
            out.result(|| json!({ "run": id, "changes": review.changes, "fields": review.fields }), String::new);
        }
        out.note("nothing was changed; the same with --yes goes on with it");
        return Ok(None);
    }
    let said = reach.correct(&id, (&shown.revision, &review.revision), &values).await?;
    if !out.is_json() {
        out.line(&said);
    }
    Ok(Some(Corrected { said, review }))
}

fn ended(args: &CorrectArgs, corrected: &Corrected, worked_by: &str, out: &Out) {
    if out.is_json() {
        let Corrected { said, review } = corrected;
        let document = json!({ "run": args.run, "changes": review.changes, "fields": review.fields, "result": said,
            "worked_by": worked_by });
        out.result(|| document, String::new);
    }
}

/// Whether the person at the terminal agrees; where there is none, nobody does.
fn agreed(out: &Out) -> Result<bool, Failure> {
    let stdin = std::io::stdin();
    if out.is_json() || !stdin.is_terminal() {
        return Ok(false);
    }
    out.note("go on with this correction? [y/N]");
    answered(&mut stdin.lock())
}

fn answered(from: &mut impl BufRead) -> Result<bool, Failure> {
    let mut line = String::new();
    from.read_line(&mut line).map_err(|e| Failure::outside(format!("the answer cannot be read: {e}")))?;
    Ok(["y", "yes"].contains(&line.trim().to_ascii_lowercase().as_str()))
}

/// The values by their places. A place may have a `=` of its own.
fn values(set: &[String], wrong: &[Wrong]) -> Result<Values, Failure> {
    let mut values = Values::new();
    for own in set {
        let at = |wrong: &Wrong| Some((wrong.path.clone(), own.strip_prefix(&wrong.path)?.strip_prefix('=')?.trim()));
        let found = wrong.iter().filter_map(at).max_by_key(|(path, _)| path.len());
        let Some((path, value)) = found else {
            let known: Vec<&str> = wrong.iter().map(|wrong| wrong.path.as_str()).collect();
            let message =
                format!("--set {own}: there is no such place; what could not be mapped is {}", known.join(", "));
            return Err(Failure::usage(message).with_hint("write it as PLACE=VALUE"));
        };
        if value.is_empty() {
            return Err(Failure::usage(format!("--set {own}: it has no value")));
        }
        if values.insert(path, value.to_owned()).is_some() {
            return Err(Failure::usage(format!("--set {own}: its place is given twice")));
        }
    }
    Ok(values)
}

fn input_text(shown: &Input) -> String {
    let mut table = Table::new(&["PLACE", "VALUE", "WHY"]);
    for wrong in &shown.wrong {
        let value = wrong.value.clone().unwrap_or_else(|| "(nothing)".to_owned());
        table.row([wrong.path.clone(), value, wrong.message.clone()]);
    }
    table.text(0)
}

fn review_text(review: &Review) -> String {
    let mut table = Table::new(&["PLACE", "BEFORE", "AFTER"]);
    for (path, value) in &review.changes {
        let was = value.was.clone().unwrap_or_else(|| "(nothing)".to_owned());
        table.row([path.clone(), was, value.is.clone()]);
    }
    format!("{}would create in the ERP:\n{}", table.text(0), fields_of_document(&review.fields))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_model::json;

    fn wrong(paths: &[&str]) -> Vec<Wrong> {
        let one =
            |path: &&str| Wrong { path: (*path).to_owned(), value: None, message: "must be filled in".to_owned() };
        paths.iter().map(one).collect()
    }

    fn read(set: &[&str], places: &[&str]) -> Result<Vec<(String, String)>, String> {
        let set: Vec<String> = set.iter().map(|own| (*own).to_owned()).collect();
        values(&set, &wrong(places)).map(|all| all.into_iter().collect()).map_err(|failure| failure.message)
    }

    #[test]
    fn a_value_goes_to_the_place_that_is_named_whatever_signs_either_has() {
        let own = |path: &str, value: &str| (path.to_owned(), value.to_owned());
        assert_eq!(read(&["明细[1].数量= 24 "], &["明细[1].数量"]), Ok(vec![own("明细[1].数量", "24")]));
        assert_eq!(read(&["a=b=c"], &["a"]), Ok(vec![own("a", "b=c")]));
        assert_eq!(read(&["a=b=c"], &["a", "a=b"]), Ok(vec![own("a=b", "c")]));
        for (set, told) in [
            (&["b=1"][..], "what could not be mapped is a, a1"),
            (&["a"], "there is no such place"),
            (&["a="], "it has no value"),
            (&["a=1", "a=2"], "its place is given twice"),
        ] {
            let refused = read(set, &["a", "a1"]).unwrap_err();
            assert!(refused.contains(told), "{refused}");
        }
    }

    #[test]
    fn only_a_yes_is_one() {
        let said = |text: &str| answered(&mut text.as_bytes()).unwrap();
        assert!(said("y\n") && said(" YES \n"));
        assert!(!said("\n") && !said("") && !said("n\n") && !said("yy\n"));
    }

    #[test]
    fn shows_the_difference_and_every_digit_of_what_would_be_created() {
        let text = r#"{"revision":"r","changes":{"rq":{"was":"明天","is":"2026-12-01"},"kh":{"is":"C1"}},
            "fields":{"CardCode":"C1","DocTotal":1234567890123.4500000001,
                      "DocumentLines":[{"ItemCode":"A-001","Quantity":5}]}}"#;
        let review: Review = serde_json::from_value(json::from_str(text).unwrap()).unwrap();
        let told = review_text(&review);
        assert_eq!(
            told,
            "PLACE  BEFORE     AFTER\nkh     (nothing)  C1\nrq     明天       2026-12-01\nwould create in the ERP:\n  \
             CardCode  C1\n  DocTotal  1234567890123.4500000001\n  DocumentLines:\n    \
             {\"ItemCode\":\"A-001\",\"Quantity\":5}\n"
        );
    }
}
