//! A goods issue that is approved in WeCom.

use super::stage::Stage;
use super::stories::{moved, text};
use crate::output::Failure;
use serde_json::{Value, json};
use tenon_model::run::RunStatus;
use tenon_sandbox::NewDraft;

const FLOW: &str = "goods-issue";

pub async fn play(stage: &Stage<'_>) -> Result<(), Failure> {
    stage.chapter("6. A goods issue is approved in WeCom, and its event comes twice");
    let draft = NewDraft::new("60")
        .field("U_ISSYN", "N")
        .field("U_UserID", "zhangsan")
        .field("Comments", "三号线报废")
        .line(json!({ "ItemCode": "11028", "Quantity": 5.0 }));
    let (entry, _) = moved(stage.sandbox.b1().create_draft(stage.now(), draft))?;
    stage.report(&format!("B1        goods issue draft {entry} is added, and waits for approval"));
    let number = stage
        .until("the submission", async |s: &Stage<'_>| {
            let number = text(&s.draft(entry), "U_SPNO").to_owned();
            (!number.is_empty() && text(&s.draft(entry), "U_ISSYN") == "Y").then_some(number)
        })
        .await?;
    stage.report(&format!("WeCom     approval {number} is handed in"));
    stage.report(&format!("B1        draft {entry} is marked: U_ISSYN = Y, U_SPNO = {number}"));
    moved(stage.sandbox.wecom().approve(stage.now(), &number, "", "同意报废"))?;
    stage.report("WeCom     felix agrees; a sealed event is on its way");
    let (status, remarks) =
        stage.until("the write-back", async |s: &Stage<'_>| s.decisions(entry).into_iter().next()).await?;
    stage.insist(&format!("draft {entry} is {status}"), status == "ardApproved")?;
    stage.report(&format!("B1        draft {entry} is {status}: {remarks}"));
    stage
        .until("the end of the run", async |s: &Stage<'_>| {
            s.run_of(FLOW, entry).await.filter(|r| r.status == RunStatus::Succeeded)
        })
        .await?;
    stage.sandbox.wecom().replay_last_callback(stage.now());
    stage
        .until("the second delivery", async |s: &Stage<'_>| s.sandbox.wecom().callbacks_are_settled().then_some(()))
        .await?;
    let delivered = stage.sandbox.wecom().callbacks().iter().all(|c| c.state == "delivered");
    stage.insist("an event was not taken", delivered)?;
    stage.insist("the repeated event decided a second time", stage.decisions(entry).len() == 1)?;
    let approvals: Vec<Value> = stage.sandbox.wecom().instances();
    stage.insist("there is more than one approval", approvals.len() == 1)?;
    stage.report("Tenon     acknowledged the repeated event and wrote nothing a second time");
    Ok(())
}
