//! What `tenon check` says of the settings.

use crate::common::{Fixture, settings};
use serde_json::{Value, json};
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_sso::check::{Findings, look};

async fn found(fixture: &Fixture, change: impl FnOnce(&mut Value)) -> Findings {
    let mut sso = settings();
    change(&mut sso);
    fixture.apply(sso).await;
    look(&fixture.ctx, &tenon_sso::settings(&fixture.ctx).await.unwrap()).await
}

#[tokio::test]
async fn a_sound_server_is_called_without_a_secret_and_nothing_is_wrong() {
    let fixture = Fixture::new().await;
    let sound = found(&fixture, |_| ()).await;
    assert_eq!((sound.problems, sound.warnings), (Vec::<String>::new(), Vec::<String>::new()));
    assert_eq!(sound.tried.len(), 3, "{:?}", sound.tried);
    assert_eq!(fixture.sandbox.snapshot().odoo.sign_ins, 0);
    let off = found(&fixture, |sso| sso["enabled"] = json!(false)).await;
    assert_eq!(off.tried, ["off; people are led to https://beta.aiflow.fan/login"]);
}

#[tokio::test]
async fn what_is_wrong_is_said_with_what_to_do() {
    let fixture = Fixture::new().await;
    let plain =
        found(&fixture, |sso| sso["redirect_uri"] = json!("http://odoo.example/odoo/api/oauth2/authorize")).await;
    assert!(plain.problems[0].contains("not https") && plain.problems[0].contains("use https"), "{:?}", plain.problems);
    for (key, address) in [
        ("token_url", "https://odoo.example/odoo/nothing"),
        ("userinfo_url", "https://odoo.example/odoo/nothing"),
        ("redirect_uri", "https://odoo.example/odoo/nothing"),
    ] {
        let wrong = found(&fixture, |sso| sso[key] = json!(address)).await;
        let is_named = wrong.problems.iter().any(|problem| problem.starts_with(key) && problem.contains("404"));
        assert!(is_named, "{key}: {:?}", wrong.problems);
    }
    fixture.sandbox.inject(Fault::new(FaultKind::DropBeforeCommit).vendor(Vendor::Odoo).always());
    let away = found(&fixture, |_| ()).await;
    assert_eq!(away.problems.len(), 3, "{:?}", away.problems);
    assert!(away.problems[0].contains("cannot be reached"), "{:?}", away.problems);
    fixture.sandbox.clear_faults();
    fixture.sandbox.inject(Fault::new(FaultKind::Html(502)).vendor(Vendor::Odoo).always());
    let sick = found(&fixture, |_| ()).await;
    assert!(sick.problems.iter().all(|problem| problem.contains("answers 502")), "{:?}", sick.problems);
}
