//! `tenon keys`: the keys that stored secrets are sealed with.

mod master;

pub use master::MasterArgs;

use super::note;
use crate::environment::{Environment, Place};
use crate::output::{Failure, Out, Table, duration, local, zone};
use serde_json::json;
use tenon_platform::clock::millis;
use tenon_platform::keys::{self, Entry, Finder, Rotated, Rotation, State, Step};
use tenon_platform::{Context, Error};

const AFTER: &str = "\
A rotation makes a new key, which seals everything from then on, and seals everything stored anew. The former key goes \
on reading until it is retired. A rotation that was broken off goes on when it is asked for again; functions and a \
`tenon up` that run know the new key by themselves.

Example:
  tenon keys rotate
  tenon keys list
  tenon keys retire 1f0c6a2e
  tenon keys master     change the master key itself

Next:
  tenon check           see whether every connection opens
Exit code 4 when records do not open: they were unusable before, and are named.";

/// Make a new key for stored secrets, seal everything anew, and end former keys.
#[derive(clap::Args, Clone, Debug)]
#[command(after_help = AFTER)]
pub struct KeysArgs {
    #[command(subcommand)]
    action: Action,
}

#[derive(clap::Subcommand, Clone, Debug)]
enum Action {
    /// Make a new key and seal everything stored anew, or go on with a rotation that was broken off.
    #[command(after_help = AFTER)]
    Rotate,
    /// Show every key there is or was, never the keys themselves.
    #[command(after_help = AFTER)]
    List,
    /// End a former key: what it sealed opens no more.
    #[command(after_help = AFTER)]
    Retire {
        /// The key's id, from `tenon keys list`.
        #[arg(value_name = "ID")]
        id: String,
        /// End it although records still have texts of it; these are lost.
        #[arg(long)]
        lose: bool,
    },
    /// Change the master key, which opens the ring of keys, or go on with a change that was broken off.
    #[command(after_help = master::AFTER)]
    Master(master::MasterArgs),
}

/// Who knows which records have sealed texts.
pub const FINDERS: [Finder; 4] =
    [keys::sealed_texts, tenon_connectors::sealed_texts, tenon_tenants::sealed_texts, tenon_sso::sealed_texts];

/// The command.
///
/// # Errors
/// Partly when records do not open; not found for an unknown key; usage for one that cannot be retired; what the table
/// refuses.
pub async fn keys(args: &KeysArgs, place: &Place, out: &Out) -> Result<(), Failure> {
    let environment = Environment::open(place).await?;
    let ctx = &environment.ctx;
    match &args.action {
        Action::Rotate => rotate(ctx, !environment.served, out).await,
        Action::List => list(ctx, out).await,
        Action::Retire { id, lose } => retire(ctx, id, *lose, out).await,
        Action::Master(args) => master::change(args, &environment, out).await,
    }
}

async fn rotate(ctx: &Context, alone: bool, out: &Out) -> Result<(), Failure> {
    let mut report = |step| match step {
        Step::Made(id) => out.note(&format!("key {id} is made and seals from now on")),
        Step::GoesOn(id) => out.note(&format!("the rotation to key {id} goes on")),
        Step::Page(looked_at, renewed) if looked_at % 10_000 < 100 => {
            out.note(&format!("records looked at: {looked_at}; texts sealed anew: {renewed}"));
        }
        Step::Page(..) => {}
        Step::Waits(wait) => out.note(&format!(
            "waiting {} until every process that runs seals with the new key; the last look follows",
            duration(millis(wait))
        )),
    };
    note::change(ctx, ("rotate-keys", "keys"), json!({})).await?;
    let rotation = Rotation { finders: &FINDERS, alone, page: keys::PAGE };
    let rotated = keys::rotate(ctx, rotation, &mut report).await.map_err(refused)?;
    out.result(|| json!(rotated), || render(&rotated));
    match rotated.unopened.len() {
        0 => Ok(()),
        closed => Err(Failure::partly(format!("records that do not open: {closed}")).with_hint(
            "they did not open before either; apply the configuration anew, or reset the app's secret, then retire the \
             former key",
        )),
    }
}

fn render(rotated: &Rotated) -> String {
    let Rotated { current, former, renewed, looked_at, unopened } = rotated;
    let mut text = format!("current key {current}: {renewed} texts sealed anew in {looked_at} records looked at\n");
    for lost in unopened {
        text.push_str(&format!("does not open: {} / {}\n", lost.partition, lost.sort));
    }
    for id in former {
        text.push_str(&format!("key {id} still reads; end it with `tenon keys retire {id}`\n"));
    }
    text
}

async fn list(ctx: &Context, out: &Out) -> Result<(), Failure> {
    let (entries, rotating) = keys::list(ctx).await?;
    let document = || {
        let of = |e: &Entry| json!({ "id": e.id, "state": e.state, "made_ms": e.made_ms, "retired_ms": e.retired_ms });
        json!({ "keys": entries.iter().map(of).collect::<Vec<_>>(), "rotating": rotating })
    };
    let lines = || {
        let mut table = Table::new(&["key", "state", "made", "retired"]);
        for entry in &entries {
            let at = |ms: Option<i64>, or: &str| ms.map_or_else(|| or.to_owned(), |ms| local(ms, &zone()));
            let made = at(entry.made_ms, "from the master key");
            table.row([entry.id.clone(), entry.state.word().to_owned(), made, at(entry.retired_ms, "")]);
        }
        let mut text = table.text(0);
        if rotating {
            text.push_str("a rotation was begun and is not done: `tenon keys rotate` goes on with it\n");
        } else if entries.iter().any(|entry| entry.state == State::Former) {
            text.push_str("former keys still read; `tenon keys retire ID` ends one\n");
        }
        text
    };
    out.result(document, lines);
    Ok(())
}

async fn retire(ctx: &Context, id: &str, lose: bool, out: &Out) -> Result<(), Failure> {
    note::change(ctx, ("retire-key", id), json!({ "lose": lose })).await?;
    keys::retire(ctx, &FINDERS, id, lose).await.map_err(refused)?;
    out.result(|| json!({ "retired": id }), || format!("key {id} is retired: it opens nothing any more\n"));
    Ok(())
}

fn refused(error: Error) -> Failure {
    match error.code {
        "keys.unknown" => Failure::not_found(error.message),
        "keys.current" | "keys.rotating" | "keys.in-use" | "keys.master" => Failure::usage(error.message),
        _ => error.into(),
    }
}
