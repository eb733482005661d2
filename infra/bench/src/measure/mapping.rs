//! How good the mapper of `tenon new flow` is.

use std::time::Instant;
use tenon_bench::Result;
use tenon_bench::report::{Row, Times, ms};
use tenon_mapping::measure::{Captions, Found, Half, measure};

const RECALL: f64 = 0.9;
const PRECISION: f64 = 0.98;

/// Measures the mapper on pairs of fields and labels, by halves: the table of synonyms may be made from one of them.
#[derive(clap::Args, Debug)]
pub struct MappingArgs {
    /// Tell the pairs that were not found, of the half that the table is made from.
    #[arg(long)]
    misses: bool,
    /// The same of the held-out half. Whoever looks at them holds out nothing any more.
    #[arg(long)]
    held_out_misses: bool,
}

/// The rows.
pub fn run(args: &MappingArgs) -> Result<Vec<Row>> {
    let start = Instant::now();
    let (held_out, misses) = measure(Half::HeldOut, Captions::Known, true);
    let took = Times::new(vec![start.elapsed()]);
    if args.held_out_misses {
        misses.iter().for_each(|miss| eprintln!("{miss:?}"));
    }
    let (table, misses) = measure(Half::Table, Captions::Known, true);
    if args.misses {
        misses.iter().for_each(|miss| eprintln!("{miss:?}"));
    }
    let (own, _) = measure(Half::HeldOut, Captions::Known, false);
    let (unnamed, _) = measure(Half::HeldOut, Captions::Unknown, true);
    let (others, _) = measure(Half::Configurations, Captions::Known, true);
    let mut rows = Vec::from(judged("held-out half", held_out));
    rows.extend(judged("held-out half, B1's own fields", own));
    rows.extend(judged("other configurations", others));
    rows.extend(plain("held-out half, user-defined fields without their descriptions", unnamed));
    rows.extend(plain("half of the table", table));
    rows.push(Row::plain("Mapping: all forms of the held-out half", ms(took.max())));
    Ok(rows)
}

fn judged(what: &str, found: Found) -> [Row; 2] {
    let (recall, precision) = (found.recall(), found.precision());
    [
        Row::judged(
            format!("Mapping, {what}: recall of {} pairs", found.pairs),
            shown(recall),
            format!("≥ {RECALL}"),
            recall >= RECALL,
        ),
        Row::judged(
            format!("Mapping, {what}: precision"),
            shown(precision),
            format!("≥ {PRECISION}"),
            precision >= PRECISION,
        ),
    ]
}

fn plain(what: &str, found: Found) -> [Row; 2] {
    [
        Row::plain(format!("Mapping, {what}: recall of {} pairs", found.pairs), shown(found.recall())),
        Row::plain(format!("Mapping, {what}: precision"), shown(found.precision())),
    ]
}

fn shown(share: f64) -> String {
    format!("{share:.3}")
}
