//! `tenon keys master`: another master key for the same data.

use super::refused;
use crate::commands::note;
use crate::environment::{Environment, read_key_file, write_private};
use crate::output::{Failure, Out};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use std::path::{Path, PathBuf};
use tenon_crypto::secrets::MasterKey;
use tenon_platform::{Context, keys};

pub(super) const AFTER: &str = "\
The master key opens the ring of keys, and these everything else. A change makes a new master key in a file, and seals \
the ring under it as well: from then on both open it. Then the new one takes the place of the former, and the same command, \
run with the new one, ends the former. On local data that no `tenon up` serves, and whose key lies in `master.key`, one \
run does all of it; elsewhere it says what to do between the two. A change that was broken off goes on when it is asked for \
again.

Example:
  tenon keys master                           local data, all at once
  tenon --deployed keys master --to new.key   then the secret's value and a deployment, then
  tenon --deployed keys master                with the new key in TENON_MASTER_KEY

Next:
  tenon keys rotate     what the former master key made is sealed anew; then retire it";

/// What is asked of the change.
#[derive(clap::Args, Clone, Debug)]
pub struct MasterArgs {
    /// The file for the new master key; `master.key.new` beside a local `master.key`.
    #[arg(long, value_name = "FILE")]
    pub to: Option<PathBuf>,
    /// Give up a change whose new key is in use nowhere.
    #[arg(long, conflicts_with = "to")]
    pub cancel: bool,
}

pub(super) async fn change(args: &MasterArgs, environment: &Environment, out: &Out) -> Result<(), Failure> {
    let ctx = &environment.ctx;
    if args.cancel {
        note::change(ctx, ("cancel-master-key", "data"), json!({})).await?;
        keys::cancel_change(ctx).await.map_err(refused)?;
        print(out, "canceled", "no other master key opens this data");
        return Ok(());
    }
    let under_way = keys::change(ctx).await.map_err(refused)?;
    if under_way.as_ref().is_some_and(|change| change.is_ours) {
        return finish(ctx, out).await;
    }
    let own = environment.key_file();
    let file = match (&args.to, &own) {
        (Some(file), _) => file.clone(),
        (None, Some(own)) => own.with_extension("key.new"),
        (None, None) => {
            return Err(Failure::usage("a new master key needs a file: --to FILE").with_hint(
                "the key of this data lies in TENON_MASTER_KEY, or a `tenon up` serves it: this makes the new one, and says \
                 what to do with it",
            ));
        }
    };
    let next = new_key(&file)?;
    note::change(ctx, ("begin-master-key", "data"), json!({})).await?;
    keys::begin_change(ctx, &next).await.map_err(refused)?;
    match own.filter(|_| args.to.is_none()) {
        Some(own) => {
            std::fs::rename(&file, &own)
                .map_err(|e| Failure::usage(format!("{} cannot take the place of the key: {e}", file.display())))?;
            let now = environment.with_master_key(next)?;
            finish(&now, out).await
        }
        None => {
            let text = format!(
                "both master keys open this data now. Put the content of {} where the former key is, start everything that \
                 runs anew with it, then run `tenon keys master` with it: that ends the former key",
                file.display()
            );
            print(out, "both", &text);
            Ok(())
        }
    }
}

async fn finish(ctx: &Context, out: &Out) -> Result<(), Failure> {
    note::change(ctx, ("finish-master-key", "data"), json!({})).await?;
    keys::finish_change(ctx).await.map_err(refused)?;
    let text = "the former master key opens nothing any more but what it made itself: `tenon keys rotate` seals that anew, \
                and `tenon keys retire` ends it. Keep the new key with your backups";
    print(out, "changed", text);
    Ok(())
}

/// The new key, which a change that was broken off has made already.
fn new_key(file: &Path) -> Result<MasterKey, Failure> {
    if !file.exists() {
        let key = STANDARD.encode(tenon_platform::Entropy::system().bytes::<32>()?);
        // Under its name it is whole.
        let part = file.with_extension("part");
        write_private(&part, key.as_bytes())
            .and_then(|()| std::fs::rename(&part, file))
            .map_err(|e| Failure::usage(format!("{} cannot be written: {e}", file.display())))?;
    }
    read_key_file(file)
}

fn print(out: &Out, state: &str, text: &str) {
    out.result(|| json!({ "master_key": state, "told": text }), || format!("{text}\n"));
}
