//! What is looked at.

use crate::fixture::{Fixture, HOME};
use std::collections::BTreeSet;
use std::time::Instant;
use tenon_model::run::RunStatus;

#[tokio::test]
async fn where_nothing_is_the_pages_say_what_to_do_and_a_filter_that_hides_all_says_so() {
    let fixture = Fixture::empty().await;
    let operator = fixture.visitor(None, &[]).await;
    let first = operator.page(HOME).await;
    assert!(first.has("开始使用") && first.has("tenon apply --config tenon.toml"), "{}", first.body);
    let runs = operator.page(&format!("{HOME}/runs")).await;
    assert!(runs.has("还没有运行记录") && !runs.has("筛选条件下没有"), "{}", runs.body);
    for (page, text) in [
        ("dead-letters", "没有死信"),
        ("alarms", "当前没有告警"),
        ("connections", "还没有配置连接"),
        ("data-sync", "还没有数据同步任务"),
        ("audit", "还没有操作记录"),
        ("processes", "请填写流程编码"),
    ] {
        assert!(operator.page(&format!("{HOME}/{page}")).await.has(text), "{page}");
    }
    fixture.add(1, RunStatus::Failed).await;
    let hidden = operator.page(&format!("{HOME}/runs?q=nothing-has-this")).await;
    assert!(hidden.has("当前筛选条件下没有记录") && hidden.has("since=28d"), "{}", hidden.body);
    for (target, status) in [("runs/r-none", 404), ("jobs/bk-none", 404), ("processes/none", 404), ("flows/none", 404)]
    {
        assert_eq!(operator.get(&format!("{HOME}/{target}")).await.status, status, "{target}");
    }
}

/// `TENON_RUNS=100000 cargo test --release -p tenon-integrations --test it fifty -- --nocapture` tells how long a list takes.
#[tokio::test]
async fn a_list_shows_fifty_its_counts_and_the_way_to_the_next_and_each_status_shows_its_own_alone() {
    let count: i64 = std::env::var("TENON_RUNS").ok().and_then(|text| text.parse().ok()).unwrap_or(320);
    let fixture = Fixture::with(count).await;
    let operator = fixture.visitor(None, &[]).await;
    let month = format!("{HOME}/runs?since=custom&from=2026-01-01T00:00");
    let mut took = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(operator.page(&month).await.rows(), 50);
        took.push(began.elapsed());
    }
    took.sort();
    println!("a list of 50 among {count} runs: {:?} in the middle of five", took[2]);
    let mut seen = BTreeSet::new();
    let mut next = Some(month.clone());
    for _ in 0..4 {
        let page = operator.page(&next.unwrap()).await;
        let mut runs = page.links().into_iter().filter(|link| link.starts_with("/system/integrations/runs/r-"));
        assert!(runs.all(|link| seen.insert(link)), "a run stands on two pages");
        next = page.next();
    }
    assert_eq!(seen.len(), 200);
    for status in ["failed", "succeeded", "running", "retrying", "ended"] {
        let page = operator.page(&format!("{month}&status={status}")).await;
        let badges = ["✕ 失败", "✓ 成功", "… 进行中", "↻ 重试中", "■ 已结束"];
        let own = badges.iter().filter(|badge| page.has(badge)).count();
        assert!(own == 1 && page.rows() == 50, "{status}: {own} {}", page.rows());
    }
    for (filter, rows) in
        [("document=1000007", 1), ("q=message+9+", 11), ("flow=sales&status=failed&code=flow.mapping", 22)]
    {
        let page = operator.page(&format!("{month}&{filter}")).await;
        assert!(count != 320 || page.rows() == rows, "{filter}: {}", page.rows());
    }
    assert_eq!(operator.page(&format!("{month}&connection=none")).await.rows(), 0);
}

#[tokio::test]
async fn a_run_shows_its_steps_without_secrets_its_remedy_and_where_document_and_form_are() {
    let fixture = Fixture::with(6).await;
    let operator = fixture.visitor(None, &[]).await;
    let failed = operator.page(&format!("{HOME}/runs/r-0000005")).await;
    assert!(failed.has("flow.mapping") && failed.has("更正单据或流的字段映射"), "{}", failed.body);
    assert!(failed.has("重试从此步骤继续") && !failed.has("/correct\""), "{}", failed.body);
    assert!(failed.has("[redacted]") && !failed.has("p@ss") && !failed.has("<script>"), "{}", failed.body);
    assert!(failed.has("href=\"https://erp.example/Drafts/1000005\"") && failed.has("1250 ms"), "{}", failed.body);
    let done = operator.page(&format!("{HOME}/runs/r-0000001")).await;
    assert!(done.has("href=\"https://oa.example/inst%2F1\"") && !done.has("/retry\""), "{}", done.body);
    let english = operator.page(&format!("{HOME}/runs/r-0000005?lang=en")).await;
    assert!(english.has("<html lang=\"en\">") && english.has("Retry from the failed step"), "{}", english.body);
    assert!(english.has("correct the document or the flow") && !english.has("更正单据"), "{}", english.body);
    assert!(operator.page(HOME).await.has("采购 &lt;申请&gt;"));
}

#[tokio::test]
async fn what_is_new_is_told_under_the_same_filter_and_nothing_else_moves() {
    let fixture = Fixture::with(5).await;
    let operator = fixture.visitor(None, &[]).await;
    let list = operator.page(&format!("{HOME}/runs?status=failed")).await;
    let address = list.body.split("hx-get=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert!(address.starts_with("/system/integrations/runs/new?status=failed&than="), "{address}");
    assert!(operator.page(&address).await.has("每5秒自动检查新记录"));
    fixture.add(-1, RunStatus::Succeeded).await;
    assert!(operator.page(&address).await.has("每5秒自动检查新记录"));
    fixture.add(-2, RunStatus::Failed).await;
    fixture.add(-3, RunStatus::Failed).await;
    let polled = operator.page(&address).await;
    assert!(
        polled.has("2 条新记录") && !polled.has("<table") && polled.has("hx-trigger=\"every 5s\""),
        "{}",
        polled.body
    );
}
