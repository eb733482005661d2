//! `tenon-bench`: measurements of the whole product on one machine: how fast a function starts, how fast a callback
//! is acknowledged, how many documents a B1 server lets through, what a poll costs, how fast a signed call
//! is answered, and how fast events reach the tenants' endpoints.
//!
//! One measurement a subcommand, each printing rows of the table; `scripts/bench.sh` runs them all.
#![expect(clippy::print_stdout, reason = "the rows are what it is for")]

mod measure;

use clap::{Parser, Subcommand};
use measure::{
    aiflow, approvals, barcode, base_data, blacklake, callbacks, criterion, data_sync, mapping, oa, openapi, plm,
    polls, process, receipts, runs, sign_in, size, start, weaver, webhooks, wecom_event,
};
use std::process::ExitCode;
use tenon_bench::Result;
use tenon_bench::report::Row;

/// As the measured program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[derive(Debug, Parser)]
#[command(name = "tenon-bench", version, about = "Measures Tenon; prints rows of a Markdown table.")]
struct Cli {
    #[command(subcommand)]
    measurement: Measurement,
}

#[derive(Debug, Subcommand)]
enum Measurement {
    /// Cold starts of release bootstraps: time, memory, and one real event.
    Start(start::StartArgs),
    /// Callbacks at a constant rate to a `tenon up` of its own.
    Callbacks(callbacks::CallbackArgs),
    /// Feeding events of Black Lake at a constant rate to a `tenon up` of its own.
    BlacklakeEvents(blacklake::FeedingArgs),
    /// Verifying, decrypting and reading an event of WeCom's.
    WecomEvent(wecom_event::EventArgs),
    /// Drafts through the whole approval against a slow B1.
    Approvals(approvals::ApprovalArgs),
    /// Weaver's results: how long an answer takes beside B1's own calls.
    WeaverAnswer(weaver::AnswerArgs),
    /// Saves of a barcode application beside B1's own calls, and the check of SQL.
    Barcode(barcode::BarcodeArgs),
    /// Records of base data from a slow B1 to a slow OA.
    BaseData(base_data::BaseDataArgs),
    /// Pushes of people, orders at a constant rate, and the check of a signature, of aiflow's interface.
    Aiflow(aiflow::AiflowArgs),
    /// The OA integration: check of a token, questions at a constant rate; a tree of DingTalk's departments.
    Oa(oa::OaArgs),
    /// One push of a PLM with many items.
    Plm(plm::PlmArgs),
    /// A new table of many rows of an ERP's form.
    DataSync(data_sync::DataSyncArgs),
    /// Reports of a factory's MES as receipts of a slow B1.
    Receipts(receipts::ReceiptArgs),
    /// The check of a process's file, launches and audits.
    Process(process::ProcessArgs),
    /// How many pairs of fields and labels the mapper finds, of those it was not made from.
    Mapping(mapping::MappingArgs),
    /// One poll beside few and many documents that are done.
    Polls(polls::PollArgs),
    /// The list of runs among many, with its filters.
    Runs(runs::RunArgs),
    /// Signing in beside the login server's calls; the task list of a person with thousands of tasks.
    SignIn(sign_in::SignInArgs),
    /// Signed calls at a constant rate to a `tenon up` of its own, and in process.
    Openapi(openapi::OpenapiArgs),
    /// Events to the endpoints of a tenant: deliveries a second, processor time, memory.
    Webhooks(webhooks::WebhookArgs),
    /// A criterion estimate as a row.
    Estimate(criterion::EstimateArgs),
    /// A zip's size as a row.
    Size(size::SizeArgs),
}

fn main() -> ExitCode {
    tenon::commands::start_log(tenon::commands::Log::Command);
    match measure(Cli::parse()) {
        Ok(rows) => {
            for row in rows {
                println!("{row}");
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("tenon-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(cli: Cli) -> Result<Vec<Row>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match cli.measurement {
            Measurement::Start(args) => start::run(args).await,
            Measurement::Callbacks(args) => callbacks::run(args).await,
            Measurement::BlacklakeEvents(args) => blacklake::run(args).await,
            Measurement::WecomEvent(args) => wecom_event::run(args).await,
            Measurement::Approvals(args) => approvals::run(args).await,
            Measurement::WeaverAnswer(args) => weaver::run(args).await,
            Measurement::Aiflow(args) => aiflow::run(args).await,
            Measurement::Barcode(args) => barcode::run(args).await,
            Measurement::BaseData(args) => base_data::run(args).await,
            Measurement::Oa(args) => oa::run(args).await,
            Measurement::Plm(args) => plm::run(args).await,
            Measurement::DataSync(args) => data_sync::run(args).await,
            Measurement::Receipts(args) => receipts::run(args).await,
            Measurement::Process(args) => process::run(args).await,
            Measurement::Mapping(args) => mapping::run(&args),
            Measurement::Runs(args) => runs::run(args).await,
            Measurement::Polls(args) => polls::run(args).await,
            Measurement::SignIn(args) => sign_in::run(args).await,
            Measurement::Openapi(args) => openapi::run(args).await,
            Measurement::Webhooks(args) => webhooks::run(args).await,
            Measurement::Estimate(args) => criterion::run(args),
            Measurement::Size(args) => size::run(args),
        }
    })
}
