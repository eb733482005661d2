//! A flow that is written on a page: chosen, matched, tried on a real document, stored, changed, removed.

mod needed_fields;

use crate::fixture::{Fixture, Form, HOME, Page, Visitor};
use crate::vendors::{ORDER, order_form};
use serde_json::json;
use std::time::Duration;
use tenon_model::config::{ApprovalFlow, Flow};
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_platform::audit;
use tenon_platform::config_store::Changed;
use tenon_sandbox::WecomControl;

const NEW: &str = "/system/integrations/new-flow";
const ID: &str = "purchase-orders-wecom-main";
const SECOND: Duration = Duration::from_secs(1);

fn field(table: Option<&str>, control: &str) -> String {
    let key: Vec<&str> = table.into_iter().chain([control]).collect();
    format!("map:{}", json!(key))
}

/// The mapping's form.
async fn matched(operator: &Visitor<'_>) -> Page {
    let first = operator.page(NEW).await;
    let page =
        operator.send(&first.form("/new-flow/mapping").with("object", "PurchaseOrders").with("template", ORDER)).await;
    assert_eq!(page.status, 200, "{}", page.body);
    page
}

async fn stored(site: &Fixture, id: &str) -> Option<ApprovalFlow> {
    site.ctx.config.forget();
    let loaded = site.ctx.config.load(&TenantId::operator()).await.unwrap();
    match loaded.flow(&FlowId::new(id)) {
        Ok(Flow::Approval(flow)) => Some(flow.clone()),
        _ => None,
    }
}

async fn noted(site: &Fixture) -> Vec<String> {
    let log = audit::list(&site.ctx, &TenantId::operator(), None, 50).await.unwrap();
    log.entries.into_iter().map(|entry| entry.did).collect()
}

fn value<'f>(form: &'f Form, name: &str) -> &'f str {
    form.fields.iter().find(|(own, _)| own == name).map_or("-", |(_, value)| value)
}

fn pairs(flow: &ApprovalFlow) -> Vec<(&str, &str)> {
    flow.form.fields.iter().map(|field| (field.from.as_str(), field.to.as_str())).collect()
}

#[tokio::test]
async fn a_flow_is_matched_previewed_and_stored_once_switched_off_and_is_turned_on_and_finds_its_documents() {
    let (site, sandbox) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let list = operator.page(HOME).await;
    assert!(list.links().contains(&NEW.to_owned()), "{}", list.body);
    let first = operator.page(NEW).await;
    for part in ["草稿：采购申请 (PurchaseRequests)", "采购订单 (PurchaseOrders)", "b1-main (b1)", "wecom-main (wecom)"]
    {
        assert!(first.has(part), "{part}: {}", first.body);
    }
    let page = matched(&operator).await;
    let form = page.form("/new-flow/preview");
    // What is sure is filled in, with its score and why; what is not is proposed.
    assert_eq!(value(&form, &field(None, "Text-1")), "DocEntry");
    assert_eq!(value(&form, &field(None, "Text-2")), "CardName");
    assert_eq!(value(&form, &field(Some("Table-8"), "Number-12")), "Quantity");
    assert_eq!((value(&form, "table:Table-8"), value(&form, &field(None, "Date-3"))), ("DocumentLines", ""));
    assert!(
        page.has("0.97 · 同义词") && page.has("✓ 确定") && page.has("? 待确认") && page.has("采用建议"),
        "{}",
        page.body
    );
    assert!(page.has("<li>审批级别</li>") && page.has("U_ISSYN") && page.has("缺少，需创建"), "{}", page.body);
    let english = operator.send(&Form { action: format!("{NEW}/mapping?lang=en"), ..form.clone() }).await;
    assert!(english.has("0.97 · synonym") && english.has("Smart mapping"), "{}", english.body);
    operator.get(&format!("{HOME}?lang=zh")).await;
    // A person takes what is proposed, and fills in what must be.
    let due = page.body.split("name=\"take:").skip(1).map(|rest| rest.split("value=\"").nth(1).unwrap());
    let due: Vec<&str> = due.map(|rest| rest.split('"').next().unwrap()).collect();
    assert!(due.contains(&"DocDueDate"), "{due:?}");
    let form = form.with(&field(None, "Text-6"), "Comments");
    let form = form.with(&field(None, "Date-3").replace("map:", "take:"), "DocDueDate");
    let tried = operator.send(&form).await;
    assert_eq!(tried.status, 200, "{}", tried.body);
    // The newest document, as people would see it.
    for part in
        ["PurchaseOrders 12", "供应商&lt;12&gt;", "2026-12-01", "zhangsan", "data-name=\"数量\">3.5", "（空，必填）"]
    {
        assert!(tried.has(part), "{part}: {}", tried.body);
    }
    let other = operator.send(&form.clone().with("document", "11")).await;
    assert!(other.has("PurchaseOrders 11") && other.has("供应商&lt;11&gt;"), "{}", other.body);
    let none = operator.send(&form.clone().with("document", "99")).await;
    assert!(none.has("没有可预览的内容") && none.has("flow.document"), "{}", none.body);
    assert!(stored(&site, ID).await.is_none() && noted(&site).await.is_empty(), "nothing is written");
    assert!(sandbox.snapshot().wecom.instances.is_empty());

    let save = tried.form(NEW);
    let done = operator.send(&save).await;
    assert_eq!((done.status, done.location()), (303, &*format!("{HOME}/flows/{ID}?done=stored")), "{}", done.body);
    assert_eq!(operator.send(&save).await.location(), done.location(), "pressed twice, it is one");
    // And sent by another page of the same.
    assert_eq!(operator.send(&save.clone().with("_once", "another")).await.location(), done.location());
    assert_eq!(noted(&site).await, ["store-flow"]);
    let flow = stored(&site, ID).await.unwrap();
    assert!(!flow.enabled && flow.form.seen.is_some());
    assert_eq!(
        pairs(&flow),
        [
            ("DocEntry", "Text-1"),
            ("CardName", "Text-2"),
            ("DocDueDate", "Date-3"),
            ("DocTotal", "Money-4"),
            ("Comments", "Text-6")
        ]
    );
    let own = operator.page(done.location()).await;
    assert!(own.has("流已保存，尚未开启") && own.has("○ 已关闭") && own.has("由页面保存"), "{}", own.body);
    let on = operator.send(&own.form("/on")).await;
    let on = operator.page(on.location()).await;
    let run = operator.send(&on.form("/run")).await;
    assert_eq!(run.location(), format!("{HOME}/flows/{ID}?done=run"), "{}", run.body);
    // Another flow of the same id is not written over.
    let again = matched(&operator).await;
    let tried = operator.send(&again.form("/new-flow/preview")).await;
    let taken = operator.send(&tried.form(NEW)).await;
    assert!(taken.status == 400 && taken.has("已有同编号的流"), "{}", taken.body);
    assert_eq!(pairs(&stored(&site, ID).await.unwrap()).len(), 5);
}

#[tokio::test]
async fn what_changed_between_the_preview_and_the_press_is_noticed_and_what_does_not_fit_is_marked() {
    let (site, sandbox) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let form = matched(&operator).await.form("/new-flow/preview");
    let wrong = operator
        .send(&form.clone().with(&field(None, "Money-4"), "CardName").with(&field(None, "Text-2"), "Nope"))
        .await;
    assert!(wrong.status == 400 && wrong.has("role=\"alert\""), "{}", wrong.body);
    assert!(wrong.has("CardName: 该字段的类型不能填入此控件") && wrong.has("Nope: ERP没有这个字段"), "{}", wrong.body);
    let save = operator.send(&form).await.form(NEW);
    let mut changed = order_form();
    changed.controls.push(WecomControl::new("Text", "Text-20", "合同编号"));
    sandbox.wecom().set_template(ORDER, changed);
    let refused = operator.send(&save).await;
    assert!(
        refused.status == 409 && refused.has("表单在预览之后有变化") && refused.has("合同编号"),
        "{}",
        refused.body
    );
    let save = operator.send(&refused.form("/new-flow/preview")).await.form(NEW);
    sandbox.b1().add_user_field("OPOR", "ProjectCode", "项目编号", "db_Alpha", &[]);
    let refused = operator.send(&save).await;
    assert!(refused.status == 409 && refused.has("ERP字段在预览之后有变化"), "{}", refused.body);
    assert!(stored(&site, ID).await.is_none());
    let done = operator.send(&operator.send(&refused.form("/new-flow/preview")).await.form(NEW)).await;
    assert_eq!(done.status, 303, "{}", done.body);
    // What is not there to be read is told where it was asked for.
    let first = operator.page(NEW).await.form("/new-flow/mapping");
    for (name, value, status) in
        [("template", "3TmNone", 502), ("custom", "NoSuchSet", 502), ("id", "a b", 400), ("template", "", 400)]
    {
        let refused = operator
            .send(&first.clone().with("object", "PurchaseOrders").with("template", ORDER).with(name, value))
            .await;
        assert!(
            refused.status == status && refused.has("role=\"alert\""),
            "{name}: {} {}",
            refused.status,
            refused.body
        );
        assert!(!refused.form("/new-flow/mapping").fields.is_empty());
    }
}

/// What a page lists of what the configuration's rules say.
fn said(page: &Page) -> Vec<&str> {
    let lines = page.body.split("<li class=\"message\">").skip(1);
    lines.filter_map(|rest| rest.split("</li>").next()).filter(|line| line.starts_with("flows[")).collect()
}

#[tokio::test]
async fn what_the_rules_say_of_a_flow_is_said_in_the_language_of_the_page() {
    let (site, _) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let first = operator.page(NEW).await.form("/new-flow/mapping");
    let first = first.with("object", "PurchaseOrders").with("template", ORDER).with("id", "barcode-orders");
    let form = operator.send(&first).await.form("/new-flow/preview").with(&field(None, "Text-1"), "");
    let chinese = [
        "flows[barcode-orders].form: 没有控件存放单据的键",
        "flows[barcode-orders].id: 以barcode-开头，这是条码应用运行记录的名称，请另取一个",
    ];
    let english = [
        "flows[barcode-orders].form: no control carries the document's key",
        "flows[barcode-orders].id: begins with barcode-, under which the runs of barcode applications stand",
    ];
    for (language, own, other) in [("zh", chinese, english), ("en", english, chinese)] {
        operator.get(&format!("{HOME}?lang={language}")).await;
        let again = Form { action: format!("{NEW}/mapping"), ..form.clone() };
        let (mapped, tried) = (operator.send(&again).await, operator.send(&form).await);
        let refused = operator.send(&Form { action: NEW.to_owned(), ..form.clone() }).await;
        assert_eq!((mapped.status, tried.status, refused.status), (200, 200, 400), "{}", refused.body);
        for page in [&mapped, &tried, &refused] {
            let said = said(page);
            assert_eq!(said.len(), own.len(), "{said:?}");
            for (own, other) in own.iter().zip(other) {
                assert!(said.iter().any(|line| line.starts_with(own)), "{own}: {said:?}");
                assert!(!page.has(other), "{other}: {said:?}");
            }
            let words = |line: &&str| line.split_once(": ").unwrap().1.is_ascii();
            assert!(said.iter().all(|line| words(line) == (language == "en")), "{said:?}");
        }
    }
    assert!(stored(&site, "barcode-orders").await.is_none());
}

#[tokio::test]
async fn a_stored_flow_is_mapped_anew_and_removed_once_nothing_of_it_is_under_way() {
    let (site, _) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let tried = operator.send(&matched(&operator).await.form("/new-flow/preview")).await;
    operator.send(&tried.form(NEW)).await;
    let own = format!("{HOME}/flows/{ID}");
    site.installation.pass(SECOND);
    operator.send(&operator.page(&own).await.form("/on")).await;
    site.installation.pass(SECOND);
    assert!(operator.page(&own).await.links().contains(&format!("{own}/mapping")));
    let page = operator.page(&format!("{own}/mapping")).await;
    let form = page.form("/mapping/preview");
    assert_eq!(value(&form, &field(None, "Text-2")), "CardName");
    let form = form.with(&field(None, "Text-2"), "CardCode").with("table:Table-8", "");
    let again = operator.send(&Form { action: format!("{own}/mapping/again"), ..form.clone() }).await;
    assert!(
        again.has("不填此明细表") && value(&again.form("/mapping/preview"), &field(None, "Text-2")) == "CardCode",
        "{}",
        again.body
    );
    let save = operator.send(&form).await.form(&format!("{own}/mapping"));
    // Somebody else was quicker.
    let other = operator.send(&page.form("/mapping/preview").with(&field(None, "Date-3"), "TaxDate")).await;
    let quicker = operator.send(&other.form(&format!("{own}/mapping"))).await;
    assert_eq!(quicker.location(), format!("{own}?done=mapped"), "{}", quicker.body);
    site.installation.pass(SECOND);
    let refused = operator.send(&save).await;
    assert!(refused.status == 409 && refused.has("该流已被他人修改"), "{}", refused.body);
    let save = operator.send(&refused.form("/mapping/preview")).await.form(&format!("{own}/mapping"));
    let done = operator.send(&save).await;
    assert_eq!(done.location(), format!("{own}?done=mapped"), "{}", done.body);
    assert_eq!(operator.send(&save.with("_once", "another")).await.location(), done.location());
    let flow = stored(&site, ID).await.unwrap();
    assert!(flow.enabled, "how it is switched stays");
    assert!(pairs(&flow).contains(&("CardCode", "Text-2")) && flow.form.lines.is_empty(), "{flow:?}");
    let versions = site.ctx.config.flow_versions(&TenantId::operator(), &FlowId::new(ID), None, 10).await.unwrap();
    let did: Vec<Changed> = versions.iter().map(|version| version.did).collect();
    assert_eq!(did, [Changed::Changed, Changed::Changed, Changed::On, Changed::Created]);

    // A run of it is under way.
    let leave = format!("{own}/remove");
    let ready = operator.page(&leave).await.form("/remove");
    site.add_run(1, ID, RunStatus::Running).await;
    let leave_page = operator.page(&leave).await;
    assert!(leave_page.has("1 个运行未结束") && leave_page.forms().is_empty(), "{}", leave_page.body);
    let refused = operator.send(&ready).await;
    assert!(refused.status == 400 && refused.has("还有未结束的运行"), "{}", refused.body);
    site.add_run(1, ID, RunStatus::Succeeded).await;
    site.installation.pass(SECOND);
    let form = operator.page(&leave).await.form("/remove");
    let gone = operator.send(&form).await;
    assert_eq!(gone.location(), format!("{HOME}?done=removed"), "{}", gone.body);
    assert_eq!(operator.send(&form).await.location(), gone.location());
    assert!(stored(&site, ID).await.is_none() && operator.page(gone.location()).await.has("流已移除"));
    assert_eq!(noted(&site).await[0], "remove-flow");
    assert_eq!(operator.get(&leave).await.status, 404);
}

#[tokio::test]
async fn who_may_only_look_does_not_see_it_and_is_refused_and_a_flow_of_the_file_is_not_mapped_here() {
    let (site, _) = Fixture::with_vendors().await;
    let operator = site.visitor(None, &[]).await;
    let looker = site.visitor(None, &["MENU_TENANT_APP_VIEW"]).await;
    let tenant = site.visitor(Some("t-1"), &[]).await;
    assert!(!looker.page(HOME).await.has("new-flow"));
    let matched = matched(&operator).await.form("/new-flow/preview");
    let save = operator.send(&matched).await.form(NEW);
    for visitor in [&looker, &tenant] {
        assert_eq!(visitor.get(NEW).await.status, 403);
        assert_eq!(visitor.send(&matched).await.status, 403);
        assert_eq!(visitor.send(&save).await.status, 403);
    }
    // Sent by a page of another session.
    assert_eq!(operator.send(&save.clone().with("_csrf", "AAAA")).await.status, 403);
    operator.send(&save).await;
    let own = format!("{HOME}/flows/{ID}");
    let seen = looker.page(&own).await;
    assert!(!seen.has("/mapping\"") && !seen.has("/remove\"") && seen.has("由页面保存"), "{}", seen.body);
    for part in ["mapping", "remove"] {
        assert_eq!(looker.get(&format!("{own}/{part}")).await.status, 403, "{part}");
    }
    let site = Fixture::with(0).await;
    let operator = site.visitor(None, &[]).await;
    let own = format!("{HOME}/flows/purchase");
    let page = operator.page(&own).await;
    assert!(page.has("来自配置文件") && !page.has("/mapping\"") && !page.has("/remove\""), "{}", page.body);
    for part in ["mapping", "remove"] {
        assert_eq!(operator.get(&format!("{own}/{part}")).await.status, 404, "{part}");
    }
    // No flow is written while nothing is connected.
    let empty = Fixture::empty().await;
    assert!(empty.visitor(None, &[]).await.page(NEW).await.has("需要先在 tenon.toml 中配置"));
}
