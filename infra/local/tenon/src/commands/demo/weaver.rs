//! An inventory transfer that is approved in Weaver's E-cology, which is answered with B1's result.

use super::stage::Stage;
use super::stories::{moved, text};
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::{NewDraft, WeaverPushed};

const FLOW: &str = "inventory-transfer";

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("7. An inventory transfer is approved in Weaver, which is answered with B1's result");
    let draft = NewDraft::new("67")
        .field("U_ISSYN", "N")
        .field("U_UserID", "66")
        .field("RequesterName", "销售经理：张涛")
        .field("Comments", "调拨至二号仓")
        .line(json!({ "ItemCode": "11028", "Quantity": 12.0 }));
    let (entry, _) = moved(stage.sandbox.b1().create_draft(stage.now(), draft))?;
    stage.report(&format!("B1        transfer draft {entry} is added, and waits for approval"));
    let request = stage
        .until("the submission", async |s: &Stage<'_>| {
            let request = text(&s.draft(entry), "U_REQUESTID").to_owned();
            (!request.is_empty() && text(&s.draft(entry), "U_ISSYN") == "Y").then_some(request)
        })
        .await?;
    stage.report(&format!("Weaver    request {request}, 库存转储 {entry}, is made as OA user 66"));
    stage.report(&format!("B1        draft {entry} is marked: U_ISSYN = Y, U_REQUESTID = {request}"));
    moved(stage.sandbox.weaver().approve(stage.now(), &request, "李总", "同意调拨"))?;
    stage.report("Weaver    李总 agrees; its outgoing action posts the result and waits for the answer");
    let answer = answered(stage, 1).await?;
    stage.report(&format!("Tenon     answers {answer}"));
    let (status, remarks) =
        stage.until("the decision", async |s: &Stage<'_>| s.decisions(entry).into_iter().next()).await?;
    stage.insist(&format!("draft {entry} is {status}"), status == "ardApproved")?;
    stage.report(&format!("B1        draft {entry} was {status} before that: {remarks}"));
    stage
        .until("the end of the run", async |s: &Stage<'_>| {
            s.run_of(FLOW, entry).await.filter(|r| r.status == RunStatus::Succeeded)
        })
        .await?;
    stage.sandbox.weaver().push_again(stage.now());
    let answer = answered(stage, 2).await?;
    stage.insist("the repeated result decided a second time", stage.decisions(entry).len() == 1)?;
    stage.insist("there is more than one request", stage.sandbox.weaver().request_count() == 1)?;
    stage.report(&format!("Tenon     answers the repeated result {answer} and writes nothing a second time"));
    Ok(())
}

/// The answer to the latest of so many pushes.
async fn answered(stage: &Stage<'_>, pushes: usize) -> Result<Value, Failure> {
    let done = |push: &WeaverPushed| push.state == "delivered";
    stage
        .until("the answer", async |s: &Stage<'_>| {
            let all = s.sandbox.weaver().pushes();
            (all.len() == pushes && all.iter().all(done)).then(|| all.last().map(|push| push.answer.clone()))?
        })
        .await
}
