use super::*;
use crate::output::ExitKind;
use async_trait::async_trait;
use std::collections::BTreeSet;
use tenon_model::config::Connection;

const SOUND: &str = r#"
[[connections]]
id = "b1-main"
kind = "b1"
base_url = "https://b1.example.com:50000"
company_db = "SBODEMOCN"
username = "manager"
password = "env:B1_PASSWORD"

[[connections]]
id = "ding-main"
kind = "dingtalk"
app_key = "dingabc"
app_secret = "secret:ding"
token = "tok"
aes_key = "env:AES"

[[flows]]
id = "purchase-request"
kind = "approval"
every = "1m"
erp = "b1-main"
oa = "ding-main"
[flows.source]
filter = "U_ISSYN eq 'N'"
page_size = 20
[flows.form]
template = "PROC-1"
fields = [ { from = "DocEntry", to = "来源单号" } ]
"#;

/// The sound file with one line changed.
fn with(line: &str, instead: &str) -> String {
    assert!(SOUND.contains(line), "{line}");
    SOUND.replacen(line, instead, 1)
}

fn complaint(text: &str) -> String {
    let failure = parse("tenon.toml", text).unwrap_err();
    assert_eq!(failure.exit, ExitKind::Usage);
    failure.message
}

#[test]
fn a_sound_file_is_read_and_sound() {
    let config = parse("tenon.toml", SOUND).unwrap();
    assert_eq!((config.connections.len(), config.flows.len()), (2, 1));
    assert_eq!(tenon_model::config::check(&config), []);
    assert_eq!(parse("tenon.toml", &format!("\u{feff}{SOUND}")).unwrap(), config);
}

#[test]
fn an_unknown_key_is_named_with_its_line_and_the_nearest_key() {
    let flow = complaint(&with("filter =", "filer ="));
    assert!(
        flow.starts_with("tenon.toml:25: flows[purchase-request]: unknown key `filer`; did you mean `filter`?"),
        "{flow}"
    );
    assert!(flow.contains("25 | filer = …"), "{flow}");
    let connection = complaint(&with("base_url =", "baseurl ="));
    assert!(
        connection.contains("tenon.toml:5: connections[b1-main]: unknown key `baseurl`; did you mean `base_url`?"),
        "{connection}"
    );
    let top = complaint(&with("[[flows]]", "[[flow]]").replace("[flows.", "[flow."));
    assert!(top.contains("unknown key `flow`; did you mean `flows`?"), "{top}");
    let field = complaint(&with("from = \"DocEntry\"", "form = \"DocEntry\""));
    assert!(field.contains("unknown key `form`; did you mean `from`?"), "{field}");
}

#[test]
fn each_kind_of_flow_names_its_own_keys() {
    let price = with("kind = \"approval\"", "kind = \"price\"");
    let shown = complaint(&price);
    assert!(shown.starts_with("tenon.toml:24: flows[purchase-request]: unknown key `source`."), "{shown}");
    assert!(shown.contains("Known keys here: `id`, `name`") && !shown.contains("`watch`"), "{shown}");
    let shown = complaint(&with("every = \"1m\"", "evry = \"1m\""));
    assert!(
        shown.starts_with("tenon.toml:21: flows[purchase-request]: unknown key `evry`; did you mean `every`?"),
        "{shown}"
    );
    let without = with("[flows.source]\nfilter = \"U_ISSYN eq 'N'\"\npage_size = 20\n", "");
    assert!(complaint(&without).contains("flows[purchase-request]: missing key `source`"));
}

#[test]
fn a_key_that_is_like_no_other_gets_the_list_alone() {
    let shown = complaint(&with("page_size = 20", "zzz = 20"));
    assert!(shown.contains("unknown key `zzz`. Known keys here: `document`, `object`"), "{shown}");
}

#[test]
fn a_wrong_type_says_what_is_wanted() {
    let text = complaint(&with("page_size = 20", "page_size = \"20\""));
    assert!(
        text.contains("tenon.toml:26: flows[purchase-request]: must be a whole number, and is the text \"20\""),
        "{text}"
    );
    let list = complaint("[connections]\nid = \"x\"\n");
    assert!(list.contains("`connections` is a list: begin each element with [[connections]]"), "{list}");
}

/// Each in our own words from beginning to end, whatever the library that reads the file says.
#[test]
fn every_kind_of_mistake_is_told_in_the_words_of_the_configuration() {
    let shown = |line: &str, instead: &str| {
        let shown = complaint(&with(line, instead));
        shown.lines().next().unwrap().split_once(": flows[purchase-request]: ").unwrap().1.to_owned()
    };
    for (line, instead, wanted) in [
        ("page_size = 20", "page_size = 20.5", "must be a whole number, and is 20.5"),
        ("page_size = 20", "page_size = -1", "must be a whole number from 0 to 4294967295, and is -1"),
        ("page_size = 20", "page_size = true", "must be a whole number, and is true"),
        ("every = \"1m\"", "enabled = \"no\"", "must be true or false, and is the text \"no\""),
        ("filter = \"U_ISSYN eq 'N'\"", "filter = 7", "must be a text in quotes, and is 7"),
        ("filter = \"U_ISSYN eq 'N'\"", "filter = [\"a\"]", "must be a text in quotes, and is a list"),
        (
            "fields = [ { from = \"DocEntry\", to = \"来源单号\" } ]",
            "fields = \"DocEntry\"",
            "must be a list in [ ], and is the text \"DocEntry\"",
        ),
        (
            "fields = [ { from = \"DocEntry\", to = \"来源单号\" } ]",
            "fields = [ 1979-05-27 ]",
            "must be a table, and is 1979-05-27",
        ),
        ("template = \"PROC-1\"", "", "missing key `template`"),
    ] {
        assert_eq!(shown(line, instead), wanted, "{instead}");
    }
}

#[test]
fn a_missing_key_is_named_with_its_connection() {
    let shown = complaint(&with("company_db = \"SBODEMOCN\"\n", ""));
    assert!(shown.contains("connections[b1-main]: missing key `company_db`"), "{shown}");
    let kind = complaint(&with("kind = \"b1\"\n", ""));
    assert!(kind.contains("connections[b1-main]: missing key `kind`, which is one of `b1`, `dingtalk`"), "{kind}");
    let flow = complaint(&with("kind = \"approval\"\n", ""));
    assert!(
        flow.contains("flows[purchase-request]: missing key `kind`, which is one of `approval`, `price`"),
        "{flow}"
    );
}

#[test]
fn a_bad_duration_shows_good_ones() {
    let shown = complaint(&with("every = \"1m\"", "every = \"1 minute\""));
    assert!(
        shown.contains(":21: ") && shown.contains("`1 minute` is not a duration") && shown.contains("30s, 1m"),
        "{shown}"
    );
}

#[test]
fn an_unknown_kind_lists_the_kinds() {
    let shown = complaint(&with("kind = \"dingtalk\"", "kind = \"dingding\""));
    assert!(shown.contains(":12: connections[ding-main]: `dingding` is not allowed here"), "{shown}");
    assert!(shown.contains("did you mean `dingtalk`?") && shown.contains("Allowed: `b1`, `dingtalk`"), "{shown}");
    let flow = complaint(&with("kind = \"approval\"", "kind = \"wages\""));
    assert!(flow.contains("`wages` is not allowed here. Allowed: `approval`, `price`"), "{flow}");
}

#[test]
fn the_kinds_listed_are_the_kinds_there_are() {
    let error = serde_json::from_str::<Connection>(r#"{"kind":"?"}"#).unwrap_err().to_string();
    // One kind may be written in two ways.
    let known: BTreeSet<&str> = error.split('`').skip(3).step_by(2).filter(|kind| *kind != "di-api").collect();
    assert_eq!(known, Connection::KINDS.iter().copied().collect());
}

#[test]
fn the_mistakes_of_all_elements_are_told_at_once() {
    let shown = complaint(&with("base_url =", "baseurl =").replace("filter =", "filer ="));
    assert!(shown.contains("`baseurl`") && shown.contains("`filer`"), "{shown}");
}

#[test]
fn broken_toml_is_told_with_its_line() {
    let shown = complaint(&with("id = \"ding-main\"", "id = ding main"));
    assert!(shown.starts_with("tenon.toml:11: "), "{shown}");
}

#[test]
fn a_secret_is_never_shown() {
    for wrong in [
        "password = 5318008",
        "password = p5318008",
        "\"password\" = [5318008]",
        "pasword = \"5318008\"",
        "pasword = 5318008x",
        "pasword = \"5318008",
        "pasword = 2026-11-5318008",
        "password = 5318008.5",
        "password = true # 5318008",
        "password = { of = 5318008 }",
    ] {
        let shown = complaint(&with("password = \"env:B1_PASSWORD\"", wrong));
        assert!(!shown.contains("5318008"), "{shown}");
    }
}

struct Known;

#[async_trait]
impl crate::secrets::Lookup for Known {
    fn env(&self, name: &str) -> Option<String> {
        match name {
            "B1_PASSWORD" => Some("p@ss\n".to_owned()),
            "AES" => Some("1234567890123456789012345678901234567890123".to_owned()),
            "SHORT" => Some("12".to_owned()),
            _ => None,
        }
    }

    async fn secret(&self, name: &str) -> Result<String, Failure> {
        Ok(format!("value of {name}"))
    }
}

async fn resolved(text: &str, literals: Literals) -> Result<Config, Failure> {
    let mut config = parse("tenon.toml", text).unwrap();
    resolve(&mut config, Path::new("."), literals, &Known).await.map(|()| config)
}

#[tokio::test]
async fn references_become_values() {
    let mut config = resolved(SOUND, Literals::Allowed).await.unwrap();
    let values: Vec<String> =
        config.connections.iter_mut().flat_map(|c| c.secrets_mut()).map(|(_, s)| s.expose().to_owned()).collect();
    assert_eq!(values, ["p@ss", "value of ding", "tok", "1234567890123456789012345678901234567890123"]);
}

#[tokio::test]
async fn every_reference_without_a_value_is_named() {
    let text = with("env:B1_PASSWORD", "env:NO_1").replace("env:AES", "env:NO_2");
    let failure = resolved(&text, Literals::Allowed).await.unwrap_err();
    assert!(failure.message.contains("connections[b1-main].password: the environment variable NO_1 is not set"));
    assert!(failure.message.contains("connections[ding-main].aes_key: the environment variable NO_2 is not set"));
}

#[tokio::test]
async fn a_literal_secret_does_not_reach_a_deployed_table() {
    let failure = resolved(SOUND, Literals::Refused).await.unwrap_err();
    assert!(
        failure.message.starts_with("connections[ding-main].token: a secret may not stand in the file"),
        "{failure}"
    );
    assert!(resolved(&with("\"tok\"", "\"secret:tok\""), Literals::Refused).await.is_ok());
}

#[tokio::test]
async fn what_only_the_values_show_is_checked() {
    let key = resolved(&with("env:AES", "env:SHORT"), Literals::Allowed).await.unwrap_err();
    assert!(key.message.starts_with("connections[ding-main].aes_key: the EncodingAESKey must be"), "{key}");
    let zone = with("username =", "time_zone = \"Mars/Olympus\"\nusername =");
    let zone = resolved(&zone, Literals::Allowed).await.unwrap_err();
    assert!(zone.message.starts_with("connections[b1-main].time_zone: Mars/Olympus"), "{zone}");
    let ca = with("username =", "ca_file = \"no-such-file.pem\"\nusername =");
    let ca = resolved(&ca, Literals::Allowed).await.unwrap_err();
    assert!(ca.message.contains("connections[b1-main].ca_file: ") && ca.message.contains("cannot be read"), "{ca}");
}

/// The sound file with a caller and a tenant app.
fn with_callers(code: &str, secret: &str) -> String {
    format!(
        "{SOUND}\n[[apps]]\nid = \"production\"\napp_code = \"{code}\"\nallow_ips = [\"10.0.0.0/8\"]\ntenant = \"t-1\"\n\
         [[openapi_apps]]\napp_key = \"os_demo\"\napp_secret = \"{secret}\"\ntenant = \"t-1\"\nmodule = \"ORDER_SYNC\"\n"
    )
}

#[tokio::test]
async fn codes_and_secrets_of_callers_are_resolved_and_long_enough() {
    let text = with_callers("secret:the-code", "a-secret-of-sixteen");
    let config = resolved(&text, Literals::Allowed).await.unwrap();
    assert_eq!(tenon_model::config::check(&config), []);
    assert_eq!(config.apps[0].app_code.as_ref().unwrap().expose(), "value of the-code");
    for (code, secret, wanted) in [
        ("short", "a-secret-of-sixteen", "apps[production].app_code: is shorter than 16 characters"),
        ("env:SHORT", "a-secret-of-sixteen", "apps[production].app_code: is shorter than 16 characters"),
        ("secret:the-code", "short", "openapi_apps[os_demo].app_secret: is shorter than 16 characters"),
        ("env:NO_1", "a-secret-of-sixteen", "apps[production].app_code: the environment variable NO_1 is not set"),
    ] {
        let failure = resolved(&with_callers(code, secret), Literals::Allowed).await.unwrap_err();
        assert_eq!(failure.message, wanted);
    }
    let twice = format!("{text}[[apps]]\nid = \"second\"\napp_code = \"secret:the-code\"\n");
    let failure = resolved(&twice, Literals::Allowed).await.unwrap_err();
    assert_eq!(failure.message, "apps: two of them have the same app_code; give each its own");
    let literal =
        with_callers("a-code-of-sixteen-characters", "secret:x").replace("token = \"tok\"", "token = \"secret:tok\"");
    let failure = resolved(&literal, Literals::Refused).await.unwrap_err();
    assert!(failure.message.starts_with("apps[production].app_code: a secret may not stand in the file"), "{failure}");
}
