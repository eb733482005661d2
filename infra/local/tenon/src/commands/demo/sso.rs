//! A buyer signs in at the company's Odoo, and comes back to the page that was asked for.

use super::erp;
use super::stage::Stage;
use crate::output::Failure;
use http::header::{ACCEPT, CONTENT_TYPE, COOKIE, HeaderValue, LOCATION, SET_COOKIE};
use http::{HeaderName, Method};
use serde_json::json;
use std::collections::BTreeMap;
use tenon_platform::http::{Answer, Call, Http};
use tenon_platform::http_client::HttpClient;

const WANTED: &str = "/aflow/tasks?list=todo";

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("11. A buyer signs in at the company's Odoo and comes back to the page that was asked for");
    let mut browser = Browser { client: HttpClient::new(), own: BTreeMap::new(), odoo: BTreeMap::new() };
    let address = format!("{}/aflow/login?return={}", stage.url, "%2Faflow%2Ftasks%3Flist%3Dtodo");
    let authorize = browser.led(stage, &address).await?;
    stage.insist(
        &format!("the way led to {authorize}"),
        authorize.contains("/odoo/api/oauth2/authorize?") && authorize.contains("code_challenge_method=S256"),
    )?;
    stage.report(
        "Browser   asks for its tasks, is not signed in, and is led to Odoo's authorise address, with state and PKCE",
    );
    let callback = browser.agree(stage, &authorize).await?;
    stage.insist("Odoo sent the browser elsewhere", callback.starts_with(&stage.url))?;
    stage.report(
        "Odoo      shows its login page; zhangsan types a password and agrees; the browser is sent back with a code",
    );
    let back = browser.led(stage, &callback).await?;
    stage.insist(&format!("the browser was led to {back}"), back == WANTED)?;
    stage.report(&format!(
        "Tenon     exchanges the code, asks who it is, finds 张三 by the phone number, and leads back to {back}"
    ));
    tasks(stage, &mut browser).await?;
    let again = browser.get(stage, &callback).await?;
    stage.insist("the same answer counted twice", again.status == 400)?;
    stage.report("Tenon     refuses the same answer a second time: sso.state");
    let renewed = browser.post(stage, "/aflow/api/oauth2/refresh").await?;
    stage.insist(&format!("the session was not renewed: {}", renewed.status), renewed.status == 200)?;
    stage.report("Tenon     renews the session; the refresh token before it counts no more");
    let out = browser.post(stage, "/aflow/logout").await?;
    stage.insist("the session did not end", out.status == 200 && !browser.own.contains_key("__Host-aflow"))?;
    stage.report("Browser   signs out, and the session is over for whoever had it");
    Ok(())
}

/// The ERP pushes a flow and an order with a task; the task centre shows it, and leads to the ERP's page.
async fn tasks(stage: &Stage<'_>, browser: &mut Browser) -> Result<(), Failure> {
    erp::pushed(stage, "/aflow/api/flow/create_third_party", &erp::flow("PO", "采购订单审批")).await?;
    erp::pushed(stage, "/aflow/api/flow/online_third_party", &json!({ "flowCode": "PO", "flowVersion": 1 })).await?;
    let order = json!({
        "orderId": 1, "orderStatus": "ing", "orderResult": "ing", "initiator": "E1002", "thirdFlowCode": "PO",
        "businessKey": "PO-2026-00001", "createTime": "2026-11-20 09:00:00", "updateTime": "2026-11-20 09:00:00",
        "tasks": [{ "taskId": "T1", "taskName": "部门经理审批", "assigneeUserCode": ["E1001"], "taskStatus": "ing",
                    "taskResult": "new", "deadLine": "2026-11-21 18:00:00", "nodeType": "audit", "showPc": true, "showMobile": true }]
    });
    erp::pushed(stage, "/aflow/api/order/sync/task", &order).await?;
    stage.report("ERP       pushes its flow 采购订单审批, and an order whose task 部门经理审批 waits for E1001");
    let page = browser.get(stage, &format!("{}{WANTED}", stage.url)).await?;
    let shown = String::from_utf8_lossy(&page.body).into_owned();
    let link = "https://erp.example.com/order?orderId=1&amp;taskId=T1&amp;businessKey=PO-2026-00001";
    stage.insist(
        "the task centre does not show the task",
        page.status == 200 && shown.contains("部门经理审批") && shown.contains("已超期") && shown.contains(link),
    )?;
    stage.report("Browser   sees the task, overdue, in its task centre, with a link to the ERP's page for it");
    Ok(())
}

/// A browser without a screen: cookies by site, redirects one by one.
struct Browser {
    client: HttpClient,
    own: BTreeMap<String, String>,
    odoo: BTreeMap<String, String>,
}

impl Browser {
    async fn get(&mut self, stage: &Stage<'_>, url: &str) -> Result<Answer, Failure> {
        self.send(stage, Call::new(Method::GET, url)).await
    }

    /// Posts from a page of ours.
    async fn post(&mut self, stage: &Stage<'_>, path: &str) -> Result<Answer, Failure> {
        let mut call = Call::new(Method::POST, format!("{}{path}", stage.url));
        call.headers.insert(HeaderName::from_static("sec-fetch-site"), HeaderValue::from_static("same-origin"));
        self.send(stage, call).await
    }

    /// Where an address leads.
    async fn led(&mut self, stage: &Stage<'_>, url: &str) -> Result<String, Failure> {
        let answer = self.get(stage, url).await?;
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        location
            .map(str::to_owned)
            .ok_or_else(|| Failure::outside(format!("the demo went wrong: {url} was answered {}", answer.status)))
    }

    /// Odoo's login page, and the question behind it.
    async fn agree(&mut self, stage: &Stage<'_>, authorize: &str) -> Result<String, Failure> {
        let odoo = authorize.split("/odoo/").next().unwrap_or_default().to_owned();
        let login = self.led(stage, authorize).await?;
        let page = self.get(stage, &format!("{odoo}{login}")).await?;
        let shown = String::from_utf8_lossy(&page.body).contains("type=\"password\"");
        stage.insist("Odoo showed no login page", page.status == 200 && shown)?;
        let redirect = login.split_once("redirect=").map(|(_, redirect)| redirect).unwrap_or_default();
        let form = format!("login=zhangsan&password=zhangsan&redirect={redirect}");
        let address = self.submitted(stage, &format!("{odoo}/odoo/web/login"), form).await?;
        self.get(stage, &format!("{odoo}{address}")).await?;
        let proof = self.odoo.get("session_id").cloned().unwrap_or_default();
        self.submitted(stage, &format!("{odoo}{address}"), format!("proof={proof}&answer=allow")).await
    }

    async fn submitted(&mut self, stage: &Stage<'_>, url: &str, form: String) -> Result<String, Failure> {
        let mut call = Call::new(Method::POST, url);
        call.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"));
        call.body = form.into();
        let answer = self.send(stage, call).await?;
        let location = answer.headers.get(LOCATION).and_then(|value| value.to_str().ok());
        let wrong = || Failure::outside(format!("the demo went wrong: the form was answered {}", answer.status));
        location.map(str::to_owned).ok_or_else(wrong)
    }

    async fn send(&mut self, stage: &Stage<'_>, mut call: Call) -> Result<Answer, Failure> {
        let jar = if call.url.starts_with(&stage.url) { &mut self.own } else { &mut self.odoo };
        let line = jar.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ");
        if let Ok(value) = HeaderValue::from_str(&line) {
            call.headers.insert(COOKIE, value);
        }
        call.headers.insert(ACCEPT, HeaderValue::from_static("text/html"));
        let sent = self.client.call(call).await;
        let answer = sent.map_err(|failure| Failure::outside(failure.message().to_owned()))?;
        for set in answer.headers.get_all(SET_COOKIE).iter().filter_map(|value| value.to_str().ok()) {
            let Some((name, value)) = set.split(';').next().and_then(|pair| pair.split_once('=')) else { continue };
            match set.contains("Max-Age=0") {
                true => drop(jar.remove(name)),
                false => drop(jar.insert(name.to_owned(), value.to_owned())),
            }
        }
        Ok(answer)
    }
}
