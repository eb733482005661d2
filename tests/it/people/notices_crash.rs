//! Crash points of notices: a process dies at every boundary of telling a person, over each channel, also after an answer
//! was lost. In the end the person was told once.

use super::test_app::{app_with, config, reached, task};
use std::time::Duration;
use tenon_model::TenantId;
use tenon_notices::{Recipient, notify};
use tenon_platform::queue::NOTICES_SEND;
use tenon_sandbox::{Fault, FaultKind, Vendor};
use tenon_tests::Boundary;
use tenon_tests::histories::{boundaries, play_all, run};

/// Steps of ten seconds: a dead process's message comes again after minutes.
const LIMIT: usize = 120;

#[derive(Clone, Debug)]
struct Plan {
    id: &'static str,
    account: &'static str,
    vendor: Vendor,
    path: &'static str,
    lost: bool,
    death: Option<Boundary>,
}

const CHANNELS: [(&str, &str, Vendor, &str); 3] = [
    ("zhangsan", "zhangsan", Vendor::DingTalk, "/topapi/message/corpconversation/asyncsend_v2"),
    ("zhaoliu", "zhaoliu", Vendor::WeCom, "/cgi-bin/message/send"),
    ("ou", "ou_1", Vendor::Feishu, "/open-apis/im/v1/messages"),
];

fn plans(lost: bool) -> impl Iterator<Item = Plan> {
    CHANNELS.into_iter().map(move |(id, account, vendor, path)| Plan { id, account, vendor, path, lost, death: None })
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = app_with(0, config).await;
    notify(&app.ctx, &TenantId::operator(), &task(Recipient::person(plan.id), "task/1")).await.unwrap();
    if plan.lost {
        app.sandbox.inject(Fault::new(FaultKind::DropAfterCommit).vendor(plan.vendor).on("POST", plan.path));
    }
    app.restart(plan.death);
    let mut effects = None;
    for _ in 0..LIMIT {
        let crash_injector = app.crash_injector.clone();
        app.step().await;
        effects.get_or_insert(crash_injector.effects());
        if app.local.queue.next_visible_at(&NOTICES_SEND).await.unwrap().is_none() {
            break;
        }
        app.clock.advance(Duration::from_secs(10));
    }
    let (count, letters) = (reached(&app, plan.account).len(), app.dead_letters().await);
    match (count, letters.as_slice()) {
        (1, []) => Ok(effects.unwrap_or(0)),
        _ => Err(format!("told {count} times, dead letters {letters:?}; {plan:?}")),
    }
}

fn survive(lost: bool) {
    for plan in plans(lost) {
        let effects = run(play(&plan)).unwrap();
        assert!(effects > 6, "only {effects} effects were counted");
        let deaths: Vec<Plan> =
            boundaries(effects, 1).map(|death| Plan { death: Some(death), ..plan.clone() }).collect();
        play_all(&deaths, play);
    }
}

#[test]
fn a_person_is_told_once_wherever_the_process_dies() {
    survive(false);
}

#[test]
fn a_person_is_told_once_wherever_the_process_dies_after_an_answer_was_lost() {
    survive(true);
}
