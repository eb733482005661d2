//! What a tenant and an operator do with the pages.

use crate::browser::{Browser, Fixture, Page};
use std::time::Duration;
use tenon_model::call::{CallRecord, CallResult, Direction};
use tenon_model::{AppId, Module, TenantId};
use tenon_tenants::call_log;

const DAY: Duration = Duration::from_secs(86_400);
const ORDER_SYNC: &str = "/system/app-store/ORDER_SYNC";

async fn trial(browser: &mut Browser<'_>) -> Page {
    let page = browser.page(ORDER_SYNC).await;
    let button = page.body.find("开通试用").unwrap();
    for rule in ["仅限试用一次", "每日100次", "到期自动失效", "密钥只显示一次"] {
        assert!(page.body.find(rule).unwrap() < button, "{rule} stands before the button");
    }
    let form = page.form("/system/app-store/ORDER_SYNC/trial");
    let made = browser.send(&form).await;
    assert_eq!(made.status, 200, "{}", made.body);
    // Pressed twice, it is one trial, and both show its key.
    let again = browser.send(&form).await;
    assert_eq!((again.status, again.text_of("value-appsecret")), (200, made.text_of("value-appsecret")));
    assert!(again.headers.contains_key("content-security-policy"));
    made
}

/// The page of the only app.
async fn app_of(browser: &mut Browser<'_>) -> String {
    let list = browser.page("/system/tenant-management?tab=apps").await;
    let link = list.links().into_iter().find(|link| link.starts_with("/system/tenant-management/apps/app-"));
    link.unwrap_or_else(|| panic!("no app: {}", list.body))
}

#[tokio::test]
async fn a_tenant_tries_a_module_and_sees_its_key_once() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    let store = browser.page("/system/app-store").await;
    for price in ["¥999", "¥799"] {
        assert!(store.has(price), "{}", store.body);
    }
    assert_eq!(store.body.matches("<li data-row").count(), 4);
    let made = trial(&mut browser).await;
    let (key, secret) = (made.text_of("value-appkey"), made.text_of("value-appsecret"));
    assert!(key.starts_with("os_") && secret.len() == 43 && made.location().is_empty());
    let stored = made.forms().into_iter().find(|form| form.method == "get").unwrap();
    assert!(
        made.has("name=\"stored\" value=\"true\" required") && stored.action.contains("/apps/app-"),
        "{}",
        made.body
    );
    for target in ["/system/app-store", ORDER_SYNC, "/system/tenant-management?tab=apps", &stored.action] {
        let page = browser.page(target).await;
        assert!(!page.has(&secret), "{target}");
    }
    let after = browser.page(ORDER_SYNC).await;
    assert!(after.has("剩余7天") && !after.forms().iter().any(|form| form.action.ends_with("/trial")));
    // What ends is told seven days before, and more plainly on the last.
    fixture.pass(DAY * 6 + DAY / 2);
    let mut browser = fixture.signed_in(Some("t-1")).await;
    let last = browser.page("/system/app-store").await;
    assert!(last.has("24小时内到期") && last.has("剩余12小时"), "{}", last.body);
    fixture.pass(DAY);
    let mut browser = fixture.signed_in(Some("t-1")).await;
    assert!(browser.page("/system/app-store").await.has("已到期"));
}

#[tokio::test]
async fn an_order_is_placed_with_its_invoice_marked_paid_and_renewed() {
    let fixture = Fixture::new().await;
    let mut tenant = fixture.signed_in(Some("t-1")).await;
    let mut operator = fixture.signed_in(None).await;
    let form = tenant.page(ORDER_SYNC).await.form("/system/app-store/ORDER_SYNC/order");
    let filled = form.with("contactName", "王小明").with("contactPhone", "none").with("invoiceRequired", "true");
    let wrong = tenant.send(&filled).await;
    assert!(wrong.status == 400 && wrong.has("不是有效的电话号码") && wrong.has("value=\"王小明\""), "{}", wrong.body);
    let form = wrong.form("/system/app-store/ORDER_SYNC/order").with("contactPhone", "13800000000");
    let form = form.with("invoiceTitle", "某某服饰有限公司").with("invoiceTaxNo", "91310000MA1K00000X");
    let orders = tenant.through(&form).await;
    assert!(orders.has("待付款") && orders.has("某某服饰有限公司 91310000MA1K00000X"), "{}", orders.body);
    assert!(!orders.forms().iter().any(|form| form.action.contains("activate")), "a tenant marks nothing paid");
    // Pressed twice, it is one order.
    let repeated = tenant.send(&form).await;
    assert_eq!(repeated.status, 303);
    assert_eq!(tenant.page("/system/app-store/orders").await.body.matches("<tr data-row").count(), 1);

    let list = operator.page("/system/app-store/orders?status=PENDING").await;
    let pay = list.forms().into_iter().find(|form| form.action.ends_with("/activate")).unwrap();
    let paid = operator.send(&pay).await;
    assert!(paid.has("请将以下凭证交给租户") && paid.text_of("value-appkey").starts_with("os_"), "{}", paid.body);
    assert!(tenant.page("/system/app-store").await.has("已开通"));
    // Seven days before its end a month's subscription asks to be renewed.
    fixture.pass(DAY * 24);
    let mut tenant = fixture.signed_in(Some("t-1")).await;
    assert!(tenant.page("/system/tenant-management").await.has("即将到期"));
}

#[tokio::test]
async fn an_operator_changes_a_price_and_what_is_offered() {
    let fixture = Fixture::new().await;
    let mut operator = fixture.signed_in(None).await;
    let page = operator.page("/system/app-store/PAYMENT_SYNC").await;
    let form = page.form("/system/app-store/PAYMENT_SYNC/edit");
    let changed = operator.through(&form.clone().with("monthlyPrice", "1088.50").with("enabled", "false")).await;
    assert!(changed.has("¥1088.50") && changed.has("¥10885"), "{}", changed.body);
    let late = operator.send(&form.with("monthlyPrice", "1").with("_once", "another")).await;
    assert!(late.status == 400 && late.has("被修改"), "{}", late.body);
    let mut tenant = fixture.signed_in(Some("t-1")).await;
    assert_eq!(tenant.page("/system/app-store").await.body.matches("<li data-row").count(), 3);
}

#[tokio::test]
async fn an_app_is_set_up_rotated_switched_off_and_deleted() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    let first = trial(&mut browser).await.text_of("value-appsecret");
    let app = app_of(&mut browser).await;
    let form = browser.page(&app).await.form(&app);
    let bad = browser.send(&form.clone().with("allowIps", "not-an-address")).await;
    assert!(bad.status == 400 && bad.has("aria-invalid=\"true\"") && bad.has(">not-an-address<"), "{}", bad.body);
    let filled = form.with("callbackUrl", "http://127.0.0.1:9/hook").with("allowIps", "203.0.113.0/24\n198.51.100.7");
    let made = browser.send(&filled.with("appName", "ERP A").with("externalApiUrl", "http://127.0.0.1:9/api")).await;
    assert!(made.text_of("value-callbacksecret").starts_with("whsec_"), "{}", made.body);
    let page = browser.page(&app).await;
    assert!(page.has("203.0.113.0/24\n198.51.100.7") && page.has("ERP A") && !page.has("dailyQuota"), "{}", page.body);

    let rotate = page.form(&format!("{app}/secret")).with("overlapHours", "24");
    let second = browser.send(&rotate).await;
    assert!(second.text_of("value-appsecret") != first && second.has("旧密钥有效至"), "{}", second.body);
    assert!(browser.page(&app).await.has("旧密钥有效至"));
    let off = browser.page(&app).await.form(&format!("{app}/switch"));
    assert!(browser.through(&off).await.has("停用"));
    let delete = browser.page(&app).await.form(&format!("{app}/delete"));
    assert_eq!(browser.send(&delete).await.status, 400, "not without the tick");
    let list = browser.through(&delete.with("sure", "true").with("_once", "sure")).await;
    assert!(list.has("应用已删除") && !list.has("ERP A"), "{}", list.body);
    // Who changed what is noted, and no secret with it.
    let noted = tenon_platform::audit::list(&fixture.ctx, &TenantId::new("t-1"), None, 20).await.unwrap().entries;
    let mut did: Vec<&str> = noted.iter().map(|entry| entry.did.as_str()).collect();
    // The clock stands still, so their order says nothing.
    did.sort_unstable();
    assert_eq!(did, ["delete-app", "edit-app", "edit-app", "reset-secret", "start-trial", "switch-app-off"]);
    assert!(noted.iter().all(|entry| entry.by.contains("(tok-") && entry.detail.is_null()), "{noted:?}");
}

#[tokio::test]
async fn the_log_is_filtered_by_its_address_and_a_call_is_copied_without_its_secret() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    let key = trial(&mut browser).await.text_of("value-appkey");
    let app = app_of(&mut browser).await;
    let id = AppId::new(app.rsplit('/').next().unwrap());
    let records = (0..60).map(|n| CallRecord {
        id: format!("call-{n:03}"),
        app_id: id.clone(),
        module: Module::OrderSync,
        direction: Direction::Inbound,
        method: "POST".to_owned(),
        path: if n % 2 == 0 { "/openapi/v1/orders/create" } else { "/openapi/v1/orders/list" }.to_owned(),
        http_status: if n % 3 == 0 { 400 } else { 200 },
        result: if n % 3 == 0 { CallResult::Failed } else { CallResult::Success },
        reason: (n % 3 == 0).then(|| "request".to_owned()),
        error: (n % 3 == 0).then(|| "styleNo: 不能为空".to_owned()),
        at_ms: crate::browser::BEGINS_MS - n * 1000,
        duration_ms: n,
        request_id: "req_1".to_owned(),
        client_ip: "203.0.113.9".to_owned(),
        request_body: "{\"note\":\"it's <b>\"}".to_owned(),
        response_body: "{}".to_owned(),
        delivery_id: None,
        attempt: None,
        unsigned: None,
    });
    for record in records.collect::<Vec<_>>() {
        call_log::enter(&fixture.ctx, &TenantId::new("t-1"), vec![record]).await.unwrap();
    }
    let list = browser.page("/system/tenant-management?tab=logs").await;
    assert_eq!(list.body.matches("<tr data-row").count(), 50);
    let next = list.links().into_iter().find(|link| link.contains("cursor=")).unwrap();
    assert_eq!(browser.page(&next).await.body.matches("<tr data-row").count(), 10);
    let filters =
        "/system/tenant-management?tab=logs&status=FAILED&path=%2Fopenapi%2Fv1%2Forders%2Fcreate&httpStatus=400";
    let failed = browser.page(filters).await;
    assert_eq!(failed.body.matches("<tr data-row").count(), 10);
    assert!(
        failed.has("value=\"/openapi/v1/orders/create\"") && failed.has("value=\"FAILED\" selected"),
        "{}",
        failed.body
    );
    assert!(browser.page("/system/tenant-management?tab=logs&httpStatus=599").await.has("没有符合筛选条件的记录"));
    let wrong = browser.get("/system/tenant-management?tab=logs&startTime=yesterday").await;
    assert!(wrong.status == 400 && wrong.has("时间格式"), "{}", wrong.body);
    let call = failed.links().into_iter().find(|link| link.contains("/calls/")).unwrap();
    let page = browser.page(&call).await;
    assert!(page.has("it's &lt;b&gt;") && page.has("$APP_SECRET") && page.has(&key), "{}", page.body);
    assert!(page.has(r"it'\''s"), "{}", page.body);
    // Nobody else sees it, and there is no such call of another's.
    let mut other = fixture.signed_in(Some("t-2")).await;
    assert_eq!(other.get(&call).await.status, 404);
    let overview = browser.page("/system/tenant-management").await;
    assert!(overview.has("已连接") && overview.has("<svg") && overview.has("styleNo").eq(&false), "{}", overview.body);
}

#[tokio::test]
async fn a_test_is_pushed_and_a_range_is_sent_again() {
    let fixture = Fixture::new().await;
    let mut browser = fixture.signed_in(Some("t-1")).await;
    trial(&mut browser).await;
    let app = app_of(&mut browser).await;
    let webhook = format!("{app}/webhook");
    assert!(browser.page(&webhook).await.has("未配置回调URL"));
    let form = browser.page(&app).await.form(&app).with("callbackUrl", "http://127.0.0.1:9/hook");
    browser.send(&form).await;
    let page = browser.page(&webhook).await;
    assert!(page.has("正常") && page.has("ORDER_STATUS"), "{}", page.body);
    let one = browser.through(&page.form(&format!("{webhook}/test"))).await;
    assert!(
        one.has("测试推送已发出") && one.has("hx-trigger=\"every 5s\"") && one.has("这是一条测试推送"),
        "{}",
        one.body
    );
    let again = one.forms().into_iter().find(|form| form.action.ends_with("/resend")).unwrap();
    assert!(browser.through(&again).await.has("已加入推送队列"));
    let range = browser.page(&webhook).await.form(&format!("{webhook}/resend"));
    let bad = browser.send(&range.clone().with("from", "2026-11-23T00:00").with("to", "2026-11-22T00:00")).await;
    assert!(bad.status == 400 && bad.has("不能晚于"), "{}", bad.body);
    let job = browser.through(&range.with("from", "2026-11-22T00:00").with("_once", "range")).await;
    assert!(job.has("进行中"), "{}", job.body);
    let english = browser.page(&format!("{webhook}?lang=en")).await;
    assert!(english.has("<html lang=\"en\">") && english.has("Deliveries"), "{}", english.body);
    assert!(browser.page(&webhook).await.has("Deliveries"), "the language stays");
}
