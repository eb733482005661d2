//! The command line.

use crate::commands::{
    self, Log, apply, callback, calls, check, correct, data_sync, dead_letters, demo, flows, kept, keys, login, new,
    notify, oa, person, preview, process, retry, run, runs, show, sign, token, up,
};
use crate::environment::Place;
use crate::output::{Failure, Out};
use crate::remote::Remote;
use clap::{Parser, Subcommand};
use std::path::PathBuf;
use std::process::ExitCode;

const AFTER: &str = "\
First steps:
  tenon demo                        see the whole job done on simulated systems
  tenon up --sandbox                the same, to play with
  tenon apply --config tenon.toml   store your own connections and flows
  tenon check                       see whether the connections work
  tenon preview FLOW                see what a flow would write, writing nothing
  tenon up                          serve

Exit codes:
  0  done
  1  something outside failed: a vendor, the table, the disk; trying again may help
  2  the command line or the configuration is wrong
  3  what was named does not exist
  4  partly failed, such as a check that found a connection that does not work

RUST_LOG=debug shows more of what happens, on standard error.";

/// Carries documents between an ERP and the systems around it: SAP Business One documents go to
/// DingTalk for approval, and the decision comes back.
#[derive(Debug, Parser)]
#[command(name = "tenon", version, after_help = AFTER, disable_help_subcommand = true)]
pub struct Cli {
    /// Print the result as one JSON document on standard output, everything else on standard error.
    #[arg(long, global = true)]
    json: bool,
    /// Directory of the local data. A running `tenon up` on it is found and worked through.
    #[arg(long, global = true, value_name = "DIR", default_value = ".tenon", env = "TENON_DATA")]
    data: PathBuf,
    /// Work on the deployed table and queues instead of local data: needs AWS credentials, and
    /// TENON_TABLE, TENON_MASTER_KEY and TENON_QUEUE_… as the deployed functions have them.
    #[arg(long, global = true)]
    deployed: bool,
    /// Work through the operators' API of the installation at this address, with a token and without credentials of the
    /// cloud: check, correct, dead-letters, flows, kept, new, person, preview, process, retry, run, runs and show do.
    #[arg(long, global = true, value_name = "URL", env = "TENON_API", conflicts_with = "deployed")]
    api: Option<String>,
    /// The bearer token for --api. The environment is the better place: command lines can be seen by others.
    #[arg(long, global = true, value_name = "TOKEN", env = "TENON_TOKEN", hide_env_values = true)]
    token: Option<String>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Do the main job once on simulated systems, telling each step.
    Demo(demo::DemoArgs),
    /// Serve every function in one process, on data that survives restarts.
    Up(up::UpArgs),
    /// Check a configuration file and store its connections and flows.
    Apply(apply::ApplyArgs),
    /// Use each connection, and say what answered or what is wrong.
    Check(check::CheckArgs),
    /// Read and map one document, and show what would be written. Creates and marks nothing.
    Preview(preview::PreviewArgs),
    /// Write a flow: read the ERP's object and the OA's form, and map them.
    New(new::NewArgs),
    /// Look for documents of a flow now, whatever its schedule says.
    Run(run::RunArgs),
    /// Show messages that were given up, put one back or drop it.
    DeadLetters(dead_letters::DeadLettersArgs),
    /// Make the table of an ERP form in a SQL database, or update it.
    DataSync(data_sync::DataSyncArgs),
    /// Show how the flows stand, or switch one on or off.
    Flows(flows::FlowsArgs),
    /// Show the newest runs.
    Runs(runs::RunsArgs),
    /// Show one run with its steps.
    Show(show::ShowArgs),
    /// Continue a failed run from the step that failed.
    Retry(retry::RetryArgs),
    /// Put right what could not be mapped of a run's input, and have the run go on with it.
    Correct(correct::CorrectArgs),
    /// Show the newest calls of ERPs to aiflow's interface, and what they were answered.
    Calls(calls::CallsArgs),
    /// Show a person or department of the directory: its codes, its accounts, and who changed what.
    Person(person::PersonArgs),
    /// Check definitions of processes, show instances, have what stopped tried again.
    Process(process::ProcessArgs),
    /// Send one notice to a person, to try the channels.
    Notify(notify::NotifyArgs),
    /// Show what was kept for a person, and what reconciliation fails at.
    Kept(kept::KeptArgs),
    /// Make a new key for stored secrets, seal everything anew, and end former keys.
    Keys(keys::KeysArgs),
    /// Make, list and revoke bearer tokens for the app store and the management of tenants.
    Token(token::TokenArgs),
    /// Print a link that signs in to the console's pages, once, within a minute.
    Login(login::LoginArgs),
    /// Hand in users of the OA integration, and bind assistants' users to them.
    Oa(oa::OaArgs),
    /// Print the signature headers of a request body, to debug a client.
    Sign(sign::SignArgs),
    /// Open or seal vendors' callback envelopes, one JSON object a line.
    Callback(callback::CallbackArgs),
}

/// Reads the command line and does what it says.
pub fn main() -> ExitCode {
    let cli = Cli::parse();
    let out = Out::stdio(cli.json);
    let done = dispatch(cli, &out).and_then(|()| out.finish());
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            out.failure(&failure);
            failure.exit.into()
        }
    }
}

fn dispatch(cli: Cli, out: &Out) -> Result<(), Failure> {
    // These compute only: no runtime, no log, no data directory.
    match cli.command {
        Command::Sign(args) => return sign::sign(&args, out),
        Command::Callback(args) => return callback::callback(&args),
        Command::Process(process::ProcessArgs { what: process::What::Check { file, form } }) => {
            return process::check_file(&file, form.as_deref(), out);
        }
        _ => {}
    }
    let remote = cli.api.as_deref().map(|url| Remote::new(url, cli.token.clone())).transpose()?;
    let mut command = cli.command;
    commands::start_log(match &mut command {
        Command::Up(_) => Log::Server,
        Command::Demo(args) => Log::File(args.open_log()?),
        _ => Log::Command,
    });
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::outside(format!("the runtime cannot be started: {e}")))?;
    let place = Place { data: cli.data, deployed: cli.deployed };
    let done = match remote {
        Some(remote) => runtime.block_on(Box::pin(through_the_api(command, &remote, out))),
        None => runtime.block_on(Box::pin(work(command, place, out))),
    };
    // What hangs, a look-up of a name say, does not hold the end up.
    runtime.shutdown_background();
    done
}

/// What can be done through the operators' API.
async fn through_the_api(command: Command, remote: &Remote, out: &Out) -> Result<(), Failure> {
    match command {
        Command::Flows(args) => flows::remote(&args, remote, out).await,
        Command::Runs(args) => runs::remote(&args, remote, out).await,
        Command::Show(args) => show::remote(&args, remote, out).await,
        Command::Retry(args) => retry::remote(&args, remote, out).await,
        Command::Correct(args) => correct::remote(&args, remote, out).await,
        Command::New(args) => new::remote(&args, remote, out).await,
        Command::Run(args) => run::remote(&args, remote, out).await,
        Command::Preview(args) => preview::remote(&args, remote, out).await,
        Command::Check(args) => check::remote(&args, remote, out).await,
        Command::DeadLetters(args) => dead_letters::remote(&args, remote, out).await,
        Command::Kept(args) => kept::remote(&args, remote, out).await,
        Command::Person(args) => person::remote(&args, remote, out).await,
        Command::Process(args) => process::remote(&args, remote, out).await,
        other => {
            let (name, why) = needs_the_data(&other);
            let message = format!("tenon {name} does not work through {}: {why}", remote.url());
            Err(Failure::usage(message).with_hint("leave out --api and TENON_API where the data is, or use --deployed"))
        }
    }
}

/// The name of a command that does not work through the API, and why not.
fn needs_the_data(command: &Command) -> (&'static str, &'static str) {
    match command {
        Command::Apply(_) => ("apply", "connections come with their secrets, which no function of the API may write"),
        Command::Calls(_) => ("calls", "the log of ERPs' calls is read where the data is"),
        Command::DataSync(_) => ("data-sync", "it watches the run in the table; `tenon --api … run FLOW` begins one"),
        Command::Demo(_) => ("demo", "it has an installation of its own"),
        Command::Keys(_) => ("keys", "keys are made and ended by whoever holds the master key"),
        Command::Login(_) => ("login", "a link stands for a token, and a token is at hand: sign in with it"),
        Command::Notify(_) => ("notify", "it calls the channels itself, to tell what each of them said"),
        Command::Oa(_) => ("oa", "it reads files of this machine; /admin/v1/oa takes the same"),
        Command::Token(_) => ("token", "the first is made where the data is; /admin/v1/tokens makes others"),
        Command::Up(_) => ("up", "it serves on this machine"),
        Command::Callback(_) => ("callback", "it computes only"),
        Command::Sign(_) => ("sign", "it computes only"),
        Command::Check(_)
        | Command::Correct(_)
        | Command::DeadLetters(_)
        | Command::Flows(_)
        | Command::Kept(_)
        | Command::New(_)
        | Command::Person(_)
        | Command::Preview(_)
        | Command::Process(_)
        | Command::Retry(_)
        | Command::Run(_)
        | Command::Runs(_)
        | Command::Show(_) => ("", "it does"),
    }
}

async fn work(command: Command, place: Place, out: &Out) -> Result<(), Failure> {
    match command {
        Command::Up(_) | Command::Demo(_) if place.deployed => {
            Err(Failure::usage("--deployed means nothing here: this command serves on this machine"))
        }
        Command::Demo(args) => demo::demo(args, out).await,
        Command::Up(args) => up::up(args, place.data, out).await,
        Command::Apply(args) => apply::apply(&args, &place, out).await,
        Command::Check(args) => check::check(&args, &place, out).await,
        Command::Preview(args) => preview::preview(&args, &place, out).await,
        Command::New(args) => new::new(&args, &place, out).await,
        Command::Run(args) => run::run(&args, &place, out).await,
        Command::Calls(args) => calls::calls(&args, &place, out).await,
        Command::Person(args) => person::person(&args, &place, out).await,
        Command::Process(args) => process::process(&args, &place, out).await,
        Command::DataSync(args) => data_sync::data_sync(&args, &place, out).await,
        Command::DeadLetters(args) => dead_letters::dead_letters(&args, &place, out).await,
        Command::Notify(args) => notify::notify(&args, &place, out).await,
        Command::Flows(args) => flows::flows(&args, &place, out).await,
        Command::Runs(args) => runs::runs(&args, &place, out).await,
        Command::Show(args) => show::show(&args, &place, out).await,
        Command::Retry(args) => retry::retry(&args, &place, out).await,
        Command::Correct(args) => correct::correct(&args, &place, out).await,
        Command::Kept(args) => kept::kept(&args, &place, out).await,
        Command::Keys(args) => keys::keys(&args, &place, out).await,
        Command::Token(args) => token::token(&args, &place, out).await,
        Command::Login(args) => login::login(&args, &place, out).await,
        Command::Oa(args) => oa::oa(&args, &place, out).await,
        Command::Sign(args) => sign::sign(&args, out),
        Command::Callback(args) => callback::callback(&args),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_definitions_are_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn every_command_has_an_example_and_says_what_to_do_next() {
        for command in Cli::command().get_subcommands().filter(|c| !["demo", "up"].contains(&c.get_name())) {
            let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
            assert!(help.contains("Example"), "{}", command.get_name());
            assert!(help.contains("Next"), "{}", command.get_name());
        }
    }

    #[test]
    fn global_options_are_taken_after_the_command() {
        let cli = Cli::try_parse_from(["tenon", "runs", "--json", "--data", "d", "--deployed"]).unwrap();
        assert!(cli.json && cli.deployed);
        assert_eq!(cli.data, PathBuf::from("d"));
    }
}
