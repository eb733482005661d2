//! `tenon demo`: the main job on the sandbox, start to end, each step shown and checked.

mod stage;
mod stories;

use crate::output::{Failure, Out};
use stage::Stage;

/// Shows the main job on the sandbox and ends with 0 only if all of it happened.
#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// Keep the data in this directory instead of a temporary one, to look at it afterwards with
    /// `tenon runs` and `tenon show`.
    #[arg(long, value_name = "DIRECTORY")]
    pub keep: Option<std::path::PathBuf>,
}

/// Plays the demo.
pub async fn demo(args: DemoArgs, out: &Out) -> Result<(), Failure> {
    let mut stage = Stage::set_up(args.keep, out).await?;
    let result = stories::play(&mut stage).await;
    stage.tear_down().await;
    match result {
        Ok(()) => {
            out.line("");
            out.line("all of it happened: an approval, a refusal, a withdrawal, a duplicate callback, an outage of B1, and a price");
            Ok(())
        }
        Err(failure) => Err(failure),
    }
}
