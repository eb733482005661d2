//! Every command that changes something leaves an entry in the audit log that says who did. The table has every command
//! with everything it may be told; one that is added, or an option of one, without a line fails here. `tests/it/audit.rs`
//! has the same of the routes.

use super::TestApp;
use clap::{Command, CommandFactory};
use std::collections::BTreeSet;
use tenon::commands::{apply, dead_letters, flows, kept, keys, oa, process, token};
use tenon::environment::Environment;
use tenon::output::ExitKind;
use tenon_model::TenantId;
use tenon_platform::audit::{self, Via};
use tenon_platform::kept::Kind;
use tenon_platform::queue::APPROVALS_SUBMIT;

/// A command, what it may be told, and the words of the entries that it leaves; `-` where it changes nothing.
const COMMANDS: &[(&str, &str, &str)] = &[
    ("apply", "config dry_run new_key prune", "apply-configuration take-master-key"),
    ("callback open", "*", "-"),
    ("callback seal", "*", "-"),
    ("calls", "app failed limit", "-"),
    ("check", "connection", "check-connection check-login-server check-database check-oa-integration"),
    ("correct", "run set yes", "correct-run"),
    ("data-sync run", "create dry_run form", "run-data-sync"),
    ("dead-letters", "", "-"),
    ("dead-letters drop", "id queue", "drop-dead-letter"),
    ("dead-letters list", "queue", "-"),
    ("dead-letters put-back", "id queue", "put-back-dead-letter"),
    ("demo", "*", "-"),
    ("flows", "off on remove", "switch-flow-on switch-flow-off remove-flow"),
    ("kept", "forget id", "forget-kept"),
    ("keys list", "", "-"),
    ("keys master", "cancel to", "begin-master-key finish-master-key cancel-master-key"),
    ("keys retire", "id lose", "retire-key"),
    ("keys rotate", "", "rotate-keys"),
    ("login", "tenant url", "issue-login"),
    (
        "new flow",
        "choices config create_fields draft_of dry_run enabled erp id oa object preview template",
        "create-erp-field",
    ),
    ("notify", "enterprise person text", "send-test-notice"),
    ("oa bind", "assistant user", "put-oa-record"),
    ("oa calls", "app most", "-"),
    ("oa import", "dry_run file kind", "import-oa-users"),
    ("oa unbind", "assistant", "remove-oa-record"),
    ("person", "department enterprise tenant who", "-"),
    ("preview", "body document flow", "-"),
    ("process check", "file form", "-"),
    ("process retry", "number tenant", "retry-process"),
    ("process show", "number tenant", "-"),
    ("retry", "accept_change by run", "retry-run"),
    ("run", "flow", "run-flow"),
    ("runs", "flow limit", "-"),
    ("show", "run", "-"),
    ("sign aiflow", "*", "-"),
    ("sign openapi", "*", "-"),
    ("sign webhook", "*", "-"),
    ("token create", "days name role scopes tenant", "issue-token"),
    ("token list", "", "-"),
    ("token revoke", "id", "revoke-token"),
    // A configuration that it is started with is applied: apply-configuration.
    ("up", "*", "apply-configuration"),
];

/// Commands that are carried out by themselves, with what they may be told.
fn leaves(command: &Command, path: &str, found: &mut Vec<(String, BTreeSet<String>)>) {
    let below: Vec<&Command> = command.get_subcommands().filter(|own| own.get_name() != "help").collect();
    if (below.is_empty() || !command.is_subcommand_required_set()) && !path.is_empty() {
        let own = command.get_arguments().filter(|arg| !arg.is_global_set()).map(|arg| arg.get_id().to_string());
        found.push((path.to_owned(), own.filter(|id| id != "help" && id != "version").collect()));
    }
    for command in below {
        leaves(command, format!("{path} {}", command.get_name()).trim(), found);
    }
}

#[test]
fn every_command_says_which_entry_it_leaves() {
    let mut found = Vec::new();
    leaves(&tenon::cli::Cli::command(), "", &mut found);
    let (mut wrong, mut named) = (Vec::new(), BTreeSet::new());
    for (path, audited) in &found {
        named.insert(path.as_str());
        match COMMANDS.iter().find(|(command, ..)| command == path) {
            None => wrong.push(format!("{path} {audited:?}: has no line")),
            Some((_, "*", _)) => {}
            Some((_, known, _)) => {
                let known: BTreeSet<String> = known.split_whitespace().map(str::to_owned).collect();
                if known != *audited {
                    wrong.push(format!("{path}: may be told {audited:?}; does any of it change something?"));
                }
            }
        }
    }
    wrong.extend(COMMANDS.iter().filter(|(own, ..)| !named.contains(own)).map(|(own, ..)| format!("{own}: is none")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_word_of_the_commands_is_explained_to_operators() {
    for page in ["ADMIN-API.md", "ADMIN-API.zh.md"] {
        let text = std::fs::read_to_string(format!("{}/../../../docs/{page}", env!("CARGO_MANIFEST_DIR"))).unwrap();
        for word in COMMANDS.iter().flat_map(|(_, _, words)| words.split(' ')).filter(|word| *word != "-") {
            assert!(text.contains(&format!("`{word}`")), "docs/{page} lacks `{word}`");
        }
    }
}

/// The words of the log, newest first.
async fn noted(test_app: &TestApp) -> Vec<String> {
    let environment = Environment::open(&test_app.place).await.unwrap();
    let all = audit::list(&environment.ctx, &TenantId::operator(), None, 100).await.unwrap().entries;
    assert!(all.iter().all(|entry| entry.via == Via::Command && !entry.by.is_empty()), "{all:?}");
    all.into_iter().map(|entry| entry.did).collect()
}

/// Commands as they are written.
pub fn read<T: clap::Args>(line: &str) -> T {
    let command = T::augment_args(Command::new("tenon"));
    let found = command.try_get_matches_from(line.split_whitespace()).unwrap();
    T::from_arg_matches(&found).unwrap()
}

#[tokio::test]
async fn what_commands_change_is_in_the_log() {
    let test_app = TestApp::open().await;
    output!(apply::apply, test_app.write(&test_app.config()), test_app).0.unwrap();
    let (id, letter) = {
        let environment = Environment::open(&test_app.place).await.unwrap();
        let (ctx, tenant) = (&environment.ctx, TenantId::operator());
        let entry = tenon_platform::kept::keep(ctx, &tenant, Kind::Entry, "ding", "why", b"{}").await.unwrap();
        let dead = APPROVALS_SUBMIT.dead_letters();
        ctx.queue.send(&dead, "{}".to_owned(), std::time::Duration::ZERO).await.unwrap();
        let found = tenon_operations::dead_letters::list(ctx, None).await.unwrap();
        (entry.id, found.letters[0].id.clone())
    };
    output!(flows::flows, read::<flows::FlowsArgs>("flows --off purchase-request"), test_app).0.unwrap();
    output!(kept::kept, read::<kept::KeptArgs>(&format!("kept {id} --forget")), test_app).0.unwrap();
    output!(keys::keys, read::<keys::KeysArgs>("keys rotate"), test_app).0.unwrap();
    output!(oa::oa, read::<oa::OaArgs>("oa bind U001 1"), test_app).0.unwrap();
    output!(oa::oa, read::<oa::OaArgs>("oa unbind U001"), test_app).0.unwrap();
    output!(token::token, read::<token::TokenArgs>("token create --role operator"), test_app).0.unwrap();
    let drop = format!("dead-letters drop approvals-submit {letter}");
    output!(dead_letters::dead_letters, read::<dead_letters::DeadLettersArgs>(&drop), test_app).0.unwrap();
    // What does not exist is not changed, and leaves nothing.
    let (done, _) = output!(process::process, read::<process::ProcessArgs>("process retry none"), test_app);
    assert_eq!(done, Err(ExitKind::NotFound));
    let words = noted(&test_app).await;
    let wanted = [
        "drop-dead-letter",
        "issue-token",
        "remove-oa-record",
        "put-oa-record",
        "rotate-keys",
        "forget-kept",
        "switch-flow-off",
        "apply-configuration",
    ];
    assert_eq!(words, wanted);

    // The file counts from the moment it is applied, says what it overrules, and the switch is gone.
    let (done, applied) = output!(apply::apply, test_app.write(&test_app.config()), test_app);
    done.unwrap();
    let warnings = applied["result"]["warnings"].to_string();
    assert!(warnings.contains("purchase-request: was switched off by"), "{applied}");
    let environment = Environment::open(&test_app.place).await.unwrap();
    let loaded = environment.ctx.config.load(&TenantId::operator()).await.unwrap();
    let flow = tenon_model::FlowId::new("purchase-request");
    assert!(loaded.flow(&flow).unwrap().is_enabled() && loaded.flow_switch(&flow).is_none());
    let versions = environment.ctx.config.flow_versions(&TenantId::operator(), &flow, None, 10).await.unwrap();
    let did: Vec<String> = versions.iter().map(|version| format!("{:?}", version.did)).collect();
    assert_eq!(did, ["On", "Off", "Created"]);
}
