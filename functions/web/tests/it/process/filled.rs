//! Fields of the form that the approver may change, on the page of the task.

use super::{BPMN, Works, person, press};
use serde_json::json;

#[tokio::test]
async fn who_decides_fills_in_what_the_node_lets_them_and_nothing_else() {
    let works = Works::new().await;
    let bpmn = BPMN
        .replace("tenon:dueDate=\"PT24H\"", "tenon:requiredFields=\"amount\"")
        .replace("tenon:remindBefore=\"PT2H\"", "");
    works.publish_as(&bpmn).await;
    let data_id = works.saved(json!(20_000.5)).await;
    let launched = works.launched(&data_id).await;
    let task = launched["tasks"][0]["taskId"].as_str().unwrap();
    let mut lisi = person(&works, "lisi").await;
    let page = lisi.look(&works.fixture, &format!("/aflow/tasks/{task}")).await;
    assert!(page.body.contains("name=\"f.amount\" value=\"20000.5\""), "{}", page.body);
    assert!(
        !page.body.contains("name=\"f.reason\"") && page.body.contains("name=\"saved\" value=\"1\""),
        "{}",
        page.body
    );
    // Wrong, empty, of another field: nothing is decided, and what was typed is still there.
    for (form, status, words) in [
        ("action=approve&saved=1&f.amount=many", 400, "金额：应为数字"),
        ("action=approve&saved=1&f.amount=", 400, "金额不能为空"),
        ("action=approve&saved=1&f.reason=x", 409, "不允许修改字段reason"),
        ("action=approve&saved=7&f.amount=5", 409, "表单已被他人修改"),
    ] {
        let pressed = press(&mut lisi, &works, task, form).await;
        assert!(
            pressed.status == status && pressed.body.contains(words),
            "{form}: {} {}",
            pressed.status,
            pressed.body
        );
    }
    let typed = press(&mut lisi, &works, task, "action=approve&saved=1&f.amount=many&comment=c").await;
    assert!(typed.body.contains("value=\"many\"") && typed.body.contains(">c</textarea>"), "{}", typed.body);
    let standing = works
        .done(&format!("/flow/urgent?flowRunningNumber={}", launched["flowRunningNumber"].as_str().unwrap()))
        .await;
    assert_eq!(standing["tasks"], launched["tasks"], "nothing was decided");
    // 9,000.75 is below what finance decides: the way goes by what was filled in.
    let pressed =
        press(&mut lisi, &works, task, "action=approve&saved=1&f.amount=9000.75&comment=%E9%99%8D%E4%BB%B7").await;
    assert_eq!(pressed.status, 303, "{}", pressed.body);
    let form = works.done(&format!("/flow/form/purchase/{data_id}")).await;
    assert_eq!((&form["formData"]["amount"], &form["saved"]), (&json!(9000.75), &json!(2)));
    let page = lisi.look(&works.fixture, &format!("/aflow/tasks/{}", launched["orderId"])).await;
    assert!(page.body.contains("金额: 20000.5 → 9000.75") && page.body.contains("降价"), "{}", page.body);
    works.work(10).await;
    let received = works.fixture.odoo().received();
    let log = received.iter().find(|sent| sent["call"] == "workflow/approval/log").unwrap();
    assert_eq!(log["body"]["logs"][0]["formData"]["amount"], json!(9000.75), "the ERP is told of it with the decision");
    assert!(works.received().contains(&"COMPLETE 采购申请".to_owned()), "{:?}", works.received());
}
