//! Crash points of pulls: a process dies at every boundary of a pull in which somebody came, somebody changed and somebody
//! left. In the end the directory is as the OA is, and each is there once.

use super::pull::{departments, everybody, newest, pulling};
use std::time::Duration;
use tenon_flows::operator;
use tenon_model::run::RunStatus;
use tenon_model::{FlowId, TenantId};
use tenon_sandbox::Person as DingPerson;
use tenon_tests::histories::{boundaries, play_all, run};
use tenon_tests::{Boundary, TestApp, TestAppOptions};

#[derive(Clone, Debug, Default)]
struct Plan {
    death: Option<Boundary>,
}

async fn play(plan: &Plan) -> Result<usize, String> {
    let mut app = TestApp::new(TestAppOptions { config: Some(pulling), ..TestAppOptions::default() }).await;
    app.step().await;
    app.clock.advance(Duration::from_secs(1));
    let dingtalk = app.sandbox.dingtalk();
    dingtalk.remove_person("lisi");
    dingtalk.remove_department(101);
    dingtalk.put_person(DingPerson::new("new", "新人", &[100, 300]).mobile("13800000009"));
    dingtalk.put_person(DingPerson::new("zhangsan", "张三丰", &[200]));
    app.restart(plan.death);
    let mut effects = None;
    for round in 0..140 {
        let crash_injector = app.crash_injector.clone();
        if round == 0 {
            let _ = operator::run_now(&app.ctx, &TenantId::operator(), &FlowId::new("people")).await;
        }
        app.step().await;
        effects.get_or_insert(crash_injector.effects());
        if round > 0 && verify(&app).await.is_ok() {
            break;
        }
        // The schedule begins what the operator's process did not.
        app.clock.advance(Duration::from_secs(if round > 100 { 3_600 } else { 10 }));
    }
    verify(&app).await.map(|()| effects.unwrap_or(0)).map_err(|why| format!("{why}; {plan:?}"))
}

async fn verify(app: &TestApp) -> Result<(), String> {
    let (people, tree, letters) = (everybody(app).await, departments(app).await, app.dead_letters().await);
    let active: Vec<&str> = people.values().filter(|p| p.active).map(|p| p.id.as_str()).collect();
    let sound = active == ["manager01", "new", "wangwu", "zhangsan"]
        && people.len() == 5
        && people["zhangsan"].real_name.as_deref() == Some("张三丰")
        && people["zhangsan"].departments == ["200"]
        && !tree["101"].active
        && letters.is_empty()
        && newest(app).await.status == RunStatus::Succeeded;
    if sound {
        Ok(())
    } else {
        Err(format!("{active:?}, {} people, {letters:?}, {:?}", people.len(), newest(app).await))
    }
}

#[test]
fn a_pull_survives_death_at_every_boundary() {
    let effects = run(play(&Plan::default())).unwrap();
    assert!(effects > 20, "only {effects} effects were counted");
    let deaths: Vec<Plan> = boundaries(effects, 1).map(|death| Plan { death: Some(death) }).collect();
    play_all(&deaths, play);
}
