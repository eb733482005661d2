//! What the documents promise: the example and every flow shown can be applied, links lead
//! somewhere, and the lists of functions and of error codes are whole.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use tenon_model::ConnectionId;
use tenon_model::config::{Config, check};

const EXAMPLE: &str = "examples/tenon.toml";
/// The words error codes begin with. Those of the `tenon` command's own are not among them.
const FAMILIES: &[&str] = &[
    "kingdee.",
    "data-sync.",
    "database.",
    "oa-integration.",
    "aiflow.",
    "directory.",
    "feishu.",
    "odoo.",
    "b1.",
    "blacklake.",
    "dingtalk.",
    "di-api.",
    "barcode.",
    "sql.",
    "weaver.",
    "flow.",
    "process.",
    "plm.",
    "platform.",
    "config.",
    "run.",
    "sso.",
    "engine.",
    "tenants.",
    "trade.",
    "webhook.",
];

pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn text(path: &str) -> String {
    std::fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// `README.md` and everything in `docs/`.
fn documents() -> Vec<String> {
    let mut found = vec!["README.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs")).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        if name.ends_with(".md") {
            found.push(format!("docs/{name}"));
        }
    }
    found.sort();
    found
}

fn mistakes(config: &Config) -> Vec<String> {
    check(config).into_iter().filter(|problem| !problem.warning).map(|problem| problem.to_string()).collect()
}

fn example() -> Config {
    toml::from_str(&text(EXAMPLE)).unwrap_or_else(|error| panic!("{EXAMPLE}: {error}"))
}

#[test]
fn the_example_can_be_applied_as_it_is() {
    let config = example();
    assert_eq!(check(&config), [], "{EXAMPLE}");
    assert_eq!((config.connections.len(), config.flows.len()), (3, 9));
}

#[test]
fn the_examples_secrets_are_references() {
    for mut connection in example().connections {
        for (key, secret) in connection.secrets_mut() {
            assert!(secret.expose().starts_with("env:"), "{key} is a literal");
        }
    }
}

/// What stands between the backticks of the block after each `<!-- flow -->`.
fn whole_flows(document: &str) -> Vec<String> {
    document
        .split("<!-- flow -->")
        .skip(1)
        .map(|rest| {
            let block = rest.trim_start().strip_prefix("```toml\n").expect("a toml block follows <!-- flow -->");
            block.split_once("\n```").expect("the block ends").0.to_owned()
        })
        .collect()
}

#[test]
fn every_whole_flow_shown_can_be_applied_beside_the_examples_connections() {
    for (path, least) in [("docs/FLOWS.md", 7), ("docs/FLOWS.zh.md", 5)] {
        let flows = whole_flows(&text(path));
        assert!(flows.len() >= least, "{path} shows {} flows", flows.len());
        for flow in flows {
            let shown: Config = toml::from_str(&flow).unwrap_or_else(|error| panic!("{path}: {error}\n{flow}"));
            assert!(!shown.flows.is_empty(), "{path} shows no flow in\n{flow}");
            let example = example();
            let is_shown = |id: &ConnectionId| shown.connections.iter().any(|own| own.id() == id);
            let others = example.connections.into_iter().filter(|connection| !is_shown(connection.id()));
            let connections = others.chain(shown.connections.clone()).collect();
            let apps = example.apps.into_iter().chain(shown.apps).collect();
            let config = Config { connections, apps, ..shown };
            assert_eq!(mistakes(&config), Vec::<String>::new(), "{path}:\n{flow}");
        }
    }
}

/// Every key of the configuration that serialises, so that the references can be held against it.
fn keys(config: &Config) -> BTreeSet<String> {
    fn walk(value: &serde_json::Value, found: &mut BTreeSet<String>) {
        match value {
            serde_json::Value::Object(fields) => {
                for (name, value) in fields {
                    // The names inside a value table are the user's.
                    if name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_') {
                        found.insert(name.clone());
                        walk(value, found);
                    }
                }
            }
            serde_json::Value::Array(items) => items.iter().for_each(|item| walk(item, found)),
            _ => {}
        }
    }
    let mut found = BTreeSet::new();
    walk(&serde_json::to_value(config).unwrap(), &mut found);
    found
}

/// By its name alone, or below the table of a flow that it is in.
fn described(document: &str, key: &str) -> bool {
    ["", "form.", "source.", "marks."].iter().any(|table| document.contains(&format!("`{table}{key}`")))
}

#[test]
fn the_references_name_every_key() {
    // Optional keys that the example leaves out do not serialise.
    let optional = ["agent_id", "owner", "ca_file", "ca_pem", "select"];
    let mut wanted = keys(&example());
    wanted.extend(optional.map(str::to_owned));
    let base_data = ["look_first", "on_lost", "per_minute"].map(|key| format!("form.{key}"));
    let plm = [
        "receives",
        "records",
        "collections",
        "on_update",
        "constants",
        "line_quantity",
        "send_nulls",
        "skip_unchanged",
    ];
    wanted.extend(plm.map(str::to_owned));
    wanted.extend(["substitutes.members", "substitutes.on_found", "connections"].map(str::to_owned));
    wanted.extend(base_data.into_iter().chain(["form.look_up".to_owned(), "form.tables".to_owned()]));
    for path in ["docs/FLOWS.md", "docs/FLOWS.zh.md"] {
        let document = text(path);
        let missing: Vec<_> = wanted.iter().filter(|key| !described(&document, key)).collect();
        assert!(missing.is_empty(), "{path} does not describe {missing:?}");
    }
}

/// The targets of `[…](target)`, outside fenced blocks.
fn links(document: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut fenced = false;
    for line in document.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if !fenced {
            let targets = line.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
            found.extend(targets.map(|(target, _)| target.to_owned()));
        }
    }
    found
}

#[test]
fn every_relative_link_leads_to_a_file() {
    let mut followed = 0;
    for path in documents() {
        let folder = root().join(&path).parent().unwrap().to_path_buf();
        for link in links(&text(&path)).into_iter().filter(|link| !link.contains("://") && !link.starts_with('#')) {
            let target = folder.join(link.split('#').next().unwrap());
            assert!(target.exists(), "{path} links to {link}, which is not there");
            followed += 1;
        }
    }
    assert!(followed > 10, "only {followed} links");
}

#[test]
fn the_readme_is_short() {
    let readme = text("README.md");
    assert!(readme.lines().count() <= 120, "{} lines", readme.lines().count());
}

#[test]
fn the_readmes_commands_are_the_ones_ci_runs() {
    let readme = text("README.md");
    let first = readme.split("```sh\n").nth(1).expect("a block of commands");
    assert_eq!(first.split_once("\n```").unwrap().0, "cargo run -- demo");
    let tests = readme.split("<!-- test -->\n").nth(1).expect("the line that CI looks for");
    assert!(tests.starts_with("```sh\ncargo test --workspace\n```"));
}

/// The Rust files below a folder, without the folders of these names.
pub fn sources(folder: &Path, without: &[&str], found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !without.contains(&path.file_name().unwrap().to_str().unwrap()) {
                sources(&path, without, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// What stands between these marks and looks like a code.
fn codes(text: &str, mark: char) -> BTreeSet<String> {
    let is_code = |piece: &&str| {
        FAMILIES.iter().any(|family| piece.strip_prefix(family).is_some_and(|rest| !rest.is_empty()))
            && piece.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-')
    };
    text.lines().flat_map(|line| line.split(mark)).filter(is_code).map(str::to_owned).collect()
}

#[test]
fn the_error_reference_lists_every_code_and_no_other() {
    let mut files = Vec::new();
    for folder in ["shared", "functions", "infra/local/engine"] {
        // Suites of their own use codes that are none.
        sources(&root().join(folder), &["tests", "benches"], &mut files);
    }
    let used: BTreeSet<String> = files.iter().flat_map(|f| codes(&std::fs::read_to_string(f).unwrap(), '"')).collect();
    assert!(used.len() > 50, "only {} codes were found", used.len());
    let listed = codes(&text("docs/ERRORS.md"), '`');
    let missing: Vec<_> = used.difference(&listed).collect();
    let invented: Vec<_> = listed.difference(&used).collect();
    assert!(missing.is_empty() && invented.is_empty(), "docs/ERRORS.md lacks {missing:?} and invents {invented:?}");
}

#[test]
fn the_tests_named_by_the_checklists_exist() {
    let mut files = Vec::new();
    for folder in ["shared", "functions", "infra", "tests"] {
        sources(&root().join(folder), &["target"], &mut files);
    }
    let code: String = files.iter().map(|file| std::fs::read_to_string(file).unwrap()).collect();
    for path in ["docs/ADDING-A-FUNCTION.md", "docs/ADDING-A-CONNECTOR.md", "docs/ADDING-A-FLOW-KIND.md"] {
        let document = text(path);
        // A test's name has several words, which nothing else between backticks has here.
        let names: BTreeSet<&str> = document.lines().flat_map(|line| line.split('`').skip(1).step_by(2)).collect();
        let tests = names
            .into_iter()
            .filter(|name| name.matches('_').count() >= 4 && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let mut named = 0;
        for name in tests {
            assert!(code.contains(&format!("fn {name}()")), "{path} names the test {name}, which is not there");
            named += 1;
        }
        assert!(named >= 4, "{path} names {named} tests");
    }
}
