//! `tenon demo`: the main job on the sandbox, start to end, each step shown and checked.

mod barcode;
mod erp;
mod mes;
mod oa;
mod people;
mod plm;
mod process;
mod sso;
mod stage;
mod stories;
mod tables;
mod weaver;
mod wecom;

use crate::environment::make_private_dir;
use crate::output::{Failure, Out};
use stage::Stage;
use std::fs::File;
use std::path::PathBuf;

/// Shows the main job on the sandbox and ends with 0 only if all of it happened.
#[derive(clap::Args, Debug, Clone)]
pub struct DemoArgs {
    /// Keep the data in this directory instead of a temporary one, to look at it afterwards with
    /// `tenon runs` and `tenon show`.
    #[arg(long, value_name = "DIRECTORY")]
    pub keep: Option<PathBuf>,
    /// Plays the stories of one system alone.
    #[arg(long, value_enum)]
    pub story: Option<Story>,
    /// Where the log goes; set by [`open_log`](Self::open_log).
    #[arg(skip)]
    pub log: Option<PathBuf>,
}

/// What is played.
#[derive(clap::ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    /// Approvals and a price in DingTalk.
    Dingtalk,
    /// An approval in WeCom.
    Wecom,
    /// An approval in Weaver's E-cology, answered with the ERP's result.
    Weaver,
    /// A receipt from a barcode application, with its components.
    Barcode,
    /// An assembly released in a PLM: items, bills of materials, a routing.
    Plm,
    /// Items, an order, finished goods and material fed, between B1 and the factory's MES.
    Mes,
    /// A person who signs in at the company's Odoo.
    Sso,
    /// People of DingTalk and Odoo as directories, and a buyer who is told of a task.
    People,
    /// A purchase as a process, with approvals and a service task to Odoo.
    Process,
    /// Forms of Kingdee and B1 as tables of a SQL database.
    DataSync,
    /// A token for a user of the OA, out of its own database.
    Oa,
}

impl DemoArgs {
    /// Makes the file of the log: in the directory that is kept, else among the temporary ones.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open_log(&mut self) -> Result<File, Failure> {
        let refused = |e: std::io::Error| Failure::usage(format!("the log file cannot be made: {e}"));
        let (file, path) = match &self.keep {
            Some(directory) => {
                make_private_dir(directory).map_err(refused)?;
                let path = directory.join("demo.log");
                (File::create(&path).map_err(refused)?, path)
            }
            None => {
                let made = tempfile::Builder::new().prefix("tenon-demo-").suffix(".log").tempfile().map_err(refused)?;
                made.keep().map_err(|e| refused(e.error))?
            }
        };
        self.log = Some(path);
        Ok(file)
    }
}

/// Plays the demo.
pub async fn demo(args: DemoArgs, out: &Out) -> Result<(), Failure> {
    let mut stage = Stage::set_up(args.keep.clone(), out).await?;
    let result = play(&stage, args.story).await;
    stage.tear_down().await;
    out.line("");
    if result.is_ok() {
        out.line(match args.story {
            None => "all of it happened: an approval, a refusal, a withdrawal, a duplicate callback, an outage of B1, a price, an approval in WeCom, one in Weaver, a scanned receipt with its components, an assembly of a PLM, an order's way through the factory, a person signed in at Odoo, one told of a task in DingTalk, a process from its launch to its end, forms of the ERP as tables, and a token for a user of the OA",
            Some(Story::Dingtalk) => "all of it happened: an approval, a refusal, a withdrawal, a duplicate callback, an outage of B1, and a price",
            Some(Story::Wecom) => "all of it happened: an approval in WeCom, and a repeated event",
            Some(Story::Barcode) => "all of it happened: a query, a receipt with its components, its repeat, a lost answer, and a hostile query refused",
            Some(Story::Plm) => "all of it happened: items, bills of materials and a routing of a PLM are in B1, and what was wrong was told",
            Some(Story::Mes) => "all of it happened: items and an order went to the MES, finished goods came back, material fed was issued once, and what a person has to see to is told",
            Some(Story::Sso) => "all of it happened: a person signed in at Odoo, came back to the page, stayed and left",
            Some(Story::People) => "all of it happened: DingTalk's people were read, Odoo's were pushed, and a buyer was told once of a task",
            Some(Story::Process) => "all of it happened: a definition refused and mended, a launch, two approvals, a service that failed twice, the end",
            Some(Story::DataSync) => "all of it happened: forms of Kingdee and B1 are tables, updated, and a column of the boards' own was left alone",
            Some(Story::Oa) => "all of it happened: a token for a user of the OA, what is known of the user, and everybody else refused",
            Some(Story::Weaver) => "all of it happened: an approval in Weaver, answered by B1's result, and its repeat",
        });
    }
    if let Some(log) = &args.log {
        out.line(&format!("the log, warnings of the outage included, is in {}", log.display()));
    }
    result
}

async fn play(stage: &Stage<'_>, story: Option<Story>) -> Result<(), Failure> {
    let plays = |one: Story| story.is_none_or(|story| story == one);
    if plays(Story::Dingtalk) {
        stories::play(stage).await?;
    }
    if plays(Story::Wecom) {
        wecom::play(stage).await?;
    }
    if plays(Story::Weaver) {
        weaver::play(stage).await?;
    }
    if plays(Story::Barcode) {
        barcode::play(stage).await?;
    }
    if plays(Story::Plm) {
        plm::play(stage).await?;
    }
    if plays(Story::Mes) {
        mes::play(stage).await?;
    }
    if plays(Story::Sso) {
        sso::play(stage).await?;
    }
    if plays(Story::People) {
        people::play(stage).await?;
    }
    if plays(Story::Process) {
        process::play(stage).await?;
    }
    if plays(Story::DataSync) {
        tables::play(stage).await?;
    }
    if plays(Story::Oa) {
        oa::play(stage).await?;
    }
    Ok(())
}
