//! Fields that a flow needs in the ERP, made from its mapping's page.

use super::{ID, NEW, field, matched, noted, value};
use crate::fixture::{Fixture, Form, HOME};
use serde_json::json;
use tenon_model::TenantId;
use tenon_platform::audit;
use tenon_sandbox::{Fault, FaultKind, Sandbox, UserFieldRight};

fn made(sandbox: &Sandbox) -> Vec<String> {
    let all = sandbox.b1().user_fields("OPOR");
    all.iter().map(|own| own["Name"].as_str().unwrap().to_owned()).collect()
}

/// Answers of the next calls that make a field: after so many, this.
fn at_a_field(sandbox: &Sandbox, skip: u32, kind: FaultKind) {
    let path = Some("/b1s/v1/UserFieldsMD".to_owned());
    sandbox.inject(Fault { method: Some("POST".to_owned()), path, skip, ..Fault::new(kind) });
}

/// The form of the mapping, sent to where fields are reviewed.
fn to_review(form: &Form) -> Form {
    let action = form.action.replace("/preview", "/fields");
    Form { action, ..form.clone() }
}

#[tokio::test]
async fn fields_that_the_erp_lacks_are_reviewed_made_once_answered_for_and_matched_again() {
    let (site, sandbox) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let page = matched(&operator).await;
    for part in [
        "formaction=\"/system/integrations/new-flow/fields\"",
        "OA同步状态",
        "字母数字；可选值 Y、N；默认值 N",
        ">100<",
    ] {
        assert!(page.has(part), "{part}: {}", page.body);
    }
    let form = page.form("/new-flow/preview").with(&field(None, "Text-6"), "Comments");
    let english = operator.send(&Form { action: format!("{NEW}/fields?lang=en"), ..form.clone() }).await;
    assert!(
        english.has("Create fields in the ERP: review") && english.has("Alphanumeric; values Y, N"),
        "{}",
        english.body
    );
    operator.get(&format!("{HOME}?lang=zh")).await;
    // Three of the four, named with the connection they would be made in.
    let mut three = to_review(&form);
    three.fields.retain(|(name, value)| name != "create" || !value.contains("U_SUCCESS"));
    let review = operator.send(&three).await;
    assert_eq!(review.status, 200, "{}", review.body);
    for part in ["<strong>b1-main</strong>", "U_ISSYN", "U_SPNO", "U_UserID", "确认创建 (3)"] {
        assert!(review.has(part), "{part}: {}", review.body);
    }
    assert!(!review.has("U_SUCCESS") && made(&sandbox).is_empty() && noted(&site).await.is_empty());
    let create = review.form("/fields/create");
    // One is refused, and is named; the others are made.
    let refusal = r#"{"error":{"code":-5002,"message":{"lang":"en-us","value":"table <OPOR> is locked"}}}"#;
    at_a_field(&sandbox, 1, FaultKind::Status(400, refusal.to_owned()));
    let done = operator.send(&create).await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert!(done.has("未创建的字段数： 1") && done.has("table &lt;OPOR&gt; is locked"), "{}", done.body);
    assert_eq!(
        (done.body.matches("已创建").count(), made(&sandbox)),
        (2, vec!["ISSYN".to_owned(), "UserID".to_owned()])
    );
    // Pressed twice it is one press; sent by another page the one that is left is made, and no other.
    assert!(operator.send(&create).await.has("未创建的字段数： 1"));
    assert_eq!(made(&sandbox).len(), 2);
    let again = operator.send(&create.clone().with("_once", "another")).await;
    assert!(again.has("所选字段均已在ERP中") && again.body.matches("已有，保持原样").count() == 2, "{}", again.body);
    assert_eq!(made(&sandbox), ["ISSYN", "UserID", "SPNO"]);
    let of = audit::list(&site.ctx, &TenantId::operator(), None, 50).await.unwrap().entries;
    let mut entries: Vec<(&str, &str)> = of.iter().map(|entry| (&*entry.did, &*entry.of)).collect();
    entries.sort_unstable();
    let entry = |of| ("create-erp-field", of);
    assert_eq!(entries, ["OPOR.U_ISSYN", "OPOR.U_SPNO", "OPOR.U_SPNO", "OPOR.U_UserID"].map(entry));
    assert!(of[0].by.starts_with("tok-") && of[0].via == audit::Via::Page, "{:?}", of[0]);
    assert_eq!((&of[0].detail["erp"], &of[0].detail["flow"]), (&json!("b1-main"), &json!(ID)));
    // The mapping is proposed again, as it was chosen, with one field left.
    let page = operator.send(&again.form("/new-flow/mapping")).await;
    let form = page.form("/new-flow/preview");
    assert_eq!(value(&form, &field(None, "Text-6")), "Comments");
    let left: Vec<&str> = form.fields.iter().filter(|(name, _)| name == "create").map(|(_, value)| &**value).collect();
    assert!(left.len() == 1 && left[0].contains("U_SUCCESS"), "{left:?}");
    assert!(page.has("<option value=\"U_UserID\">OA用户</option>"), "the new field can be chosen: {}", page.body);
    // And what is stored holds with the fields that are there now.
    let tried = operator.send(&form).await;
    assert_eq!(operator.send(&tried.form(NEW)).await.status, 303);
    // Of the flow that is stored the rest is made in the same way.
    let own = format!("{HOME}/flows/{ID}");
    let form = operator.page(&format!("{own}/mapping")).await.form("/mapping/preview");
    let review = operator.send(&to_review(&form)).await;
    assert!(review.has("确认创建 (1)"), "{}", review.body);
    let done = operator.send(&review.form(&format!("{own}/mapping/fields/create"))).await;
    assert!(done.has("已创建") && made(&sandbox).len() == 4, "{}", done.body);
    let page = operator.send(&done.form("/mapping/again")).await;
    assert!(page.status == 200 && !page.has("name=\"create\"") && page.has("已有"), "{}", page.body);
}

#[tokio::test]
async fn an_answer_that_is_lost_is_looked_for_an_erp_that_is_away_stops_it_and_what_is_not_needed_is_not_made() {
    let (site, sandbox) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let form = to_review(&matched(&operator).await.form("/new-flow/preview"));
    let create = operator.send(&form).await.form("/fields/create");
    // Nothing is ticked.
    let mut none = form.clone();
    none.fields.retain(|(name, _)| name != "create");
    let refused = operator.send(&none).await;
    assert!(refused.status == 400 && refused.has("没有勾选要创建的字段"), "{}", refused.body);
    // What the flow does not need so.
    let forged = |form: &Form, from: &str, to: &str| {
        let mut forged = form.clone().with("_once", to);
        forged.fields.iter_mut().filter(|(name, _)| name == "create").for_each(|own| own.1 = own.1.replace(from, to));
        forged
    };
    for form in [&form, &create] {
        for (from, to, named) in
            [("U_SPNO", "U_Mine", "OPOR.U_Mine"), ("OPOR", "OCRD", "OCRD.U_ISSYN"), ("64", "65", "OPOR.U_UserID")]
        {
            let refused = operator.send(&forged(form, from, to)).await;
            assert!(
                refused.status == 409 && refused.has("未创建任何字段") && refused.has(named),
                "{named}: {}",
                refused.body
            );
        }
        assert_eq!(operator.send(&form.clone().with("create", "{")).await.status, 400);
    }
    assert!(made(&sandbox).is_empty() && noted(&site).await.is_empty());
    // The first is made and nobody says so; the second is not answered at all, nor whatever comes after.
    at_a_field(&sandbox, 0, FaultKind::DropAfterCommit);
    sandbox.inject(Fault {
        method: Some("POST".to_owned()),
        path: Some("/b1s/v1/UserFieldsMD".to_owned()),
        skip: 0,
        times: None,
        ..Fault::new(FaultKind::Status(503, "{}".to_owned()))
    });
    let done = operator.send(&create.clone().with("_once", "second")).await;
    assert!(done.has("未创建的字段数： 3") && done.body.matches("尚未执行").count() == 2, "{}", done.body);
    assert_eq!(made(&sandbox), ["ISSYN"]);
    assert_eq!(noted(&site).await.len(), 2, "what was not begun is not noted");
    // Without the right each is named.
    let (site, sandbox) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let create =
        operator.send(&to_review(&matched(&operator).await.form("/new-flow/preview"))).await.form("/fields/create");
    sandbox.configure(|options| options.b1.user_fields = UserFieldRight::Read);
    let done = operator.send(&create).await;
    assert!(done.has("未创建的字段数： 4") && done.body.matches("not permitted").count() >= 4, "{}", done.body);
    // Who may not store a flow may not make a field, nor may a page of another session.
    let looker = site.visitor(None, &["MENU_TENANT_APP_VIEW"]).await;
    let tenant = site.visitor(Some("t-1"), &[]).await;
    sandbox.configure(|options| options.b1.user_fields = UserFieldRight::Full);
    for visitor in [&looker, &tenant] {
        for action in ["fields", "fields/create"] {
            let form = Form { action: format!("{NEW}/{action}"), ..create.clone() };
            assert_eq!(visitor.send(&form).await.status, 403, "{action}");
        }
    }
    assert_eq!(operator.send(&create.clone().with("_csrf", "AAAA").with("_once", "x")).await.status, 403);
    // That none is chosen is not that all are there.
    let mut none = create.clone().with("_once", "none");
    none.fields.retain(|(name, _)| name != "create");
    let done = operator.send(&none).await;
    assert!(done.status == 400 && done.has("没有勾选要创建的字段。"), "{}", done.body);
    assert!(made(&sandbox).is_empty());
}
