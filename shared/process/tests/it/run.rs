//! Moves of an instance: who does what, where a decision leads, what is told.

use crate::build::{DAY, NOW, Played, definition, graph, none};
use serde_json::{Value, json};
use tenon_process::Words;
use tenon_process::run::{Decide, Effect, EntryKind, Event, State, Step, Target, TaskState};

fn opened(step: &Step) -> Vec<String> {
    let one = |effect: &Effect| match effect {
        Effect::TaskOpened { task } => Some(format!("{}:{}", task.node, task.assignees.join(","))),
        _ => None,
    };
    step.effects.iter().filter_map(one).collect()
}

fn closed(step: &Step) -> Vec<(String, TaskState)> {
    let one = |effect: &Effect| match effect {
        Effect::TaskClosed { task } => Some((task.assignees.join(","), task.state)),
        _ => None,
    };
    step.effects.iter().filter_map(one).collect()
}

fn did(step: &Step) -> Vec<EntryKind> {
    step.history.iter().map(|entry| entry.did).collect()
}

fn next(next: &str, managers: &[&str]) -> Event {
    let managers = managers.iter().map(|name| (*name).to_owned()).collect();
    Event::Decide(Decide { approve: true, by: "app".into(), next: Some(next.into()), managers, ..Decide::default() })
}

#[test]
fn an_approval_goes_from_launch_to_its_end() {
    let definition = definition(&graph(
        "s>a a>x x>b?amount_>_1000 x>v! b>v v>e",
        &[("a", "t:assignee=\"manager\""), ("b", "t:assignee=\"role:finance\" t:cc=\"initiator\"")],
    ));
    let (mut play, step) = Played::launch(&definition, json!({"amount": 1000.01}));
    assert_eq!((play.at().as_str(), opened(&step)), ("a", vec!["a:boss-HR".to_owned()]));
    assert_eq!(did(&step), [EntryKind::Launched, EntryKind::Entered]);
    let step = play.person("boss-HR", true).unwrap();
    assert_eq!((play.at().as_str(), opened(&step)), ("b", vec!["b:finance-1,finance-2,finance-3".to_owned()]));
    // One of three is enough, and no other can decide any more.
    let step = play.person("finance-2", true).unwrap();
    assert_eq!(play.at(), "v");
    assert!(step.effects.contains(&Effect::Copied { node: "b".into(), people: vec!["init".into()] }));
    let Some(Effect::Service { token, visit, key, request, .. }) = step.effects.last().cloned() else {
        panic!("{step:?}")
    };
    assert_eq!((key.as_str(), request.get("amount")), ("f_202602_0001/v/1", Some(&json!(1000.01))));
    // What comes twice, or late, changes nothing.
    let done = Event::ServiceDone { token, visit, result: Value::Null };
    let step = play.act(&done).unwrap();
    assert_eq!((play.at().as_str(), step.effects.last()), ("passed", Some(&Effect::Became { state: State::Passed })));
    assert!(!play.act(&done).unwrap().changed);
    assert_eq!(play.approve(), Err("process.over"));
    let (play, _) = Played::launch(&definition, json!({"amount": "1000"}));
    assert_eq!(play.clone().approve().map(|step| step.instance.tokens[0].node.clone()), Ok("v".to_owned()));
}

#[test]
fn all_of_several_have_to_agree_and_one_refusal_is_enough() {
    let all = graph("s>a a>e", &[("a", "t:assignee=\"u1,u2,u3\" t:rule=\"all\"")]);
    let (mut play, step) = Played::launch(&definition(&all), none());
    assert_eq!(opened(&step), ["a:u1", "a:u2", "a:u3"]);
    play.person("u2", true).unwrap();
    assert_eq!(play.person("u2", true).map(|s| s.changed), Err("process.unknown-task"));
    let mut other = play.clone();
    play.person("u1", true).unwrap();
    assert_eq!(play.at(), "a");
    play.person("u3", true).unwrap();
    assert_eq!(play.at(), "passed");
    let step = other.person("u1", false).unwrap();
    assert_eq!(closed(&step), [("u1".into(), TaskState::Rejected), ("u3".into(), TaskState::Cancelled)]);
    assert_eq!((other.at().as_str(), other.instance.state), ("rejected", State::Rejected));

    let some = "|<multiInstanceLoopCharacteristics t:collection=\"${approver}\"><completionCondition>${nrOfCompletedInstances / nrOfInstances >= 0.5}</completionCondition></multiInstanceLoopCharacteristics>";
    let (mut play, step) =
        Played::launch(&definition(&graph("s>a a>e", &[("a", some)])), json!({"approver": ["u1", "u2", "u3"]}));
    assert_eq!(opened(&step).len(), 3);
    play.person("u3", true).unwrap();
    assert_eq!(play.at(), "a");
    play.person("u1", true).unwrap();
    assert_eq!(play.at(), "passed");
}

#[test]
fn a_refusal_goes_where_the_node_says_and_a_relaunch_begins_a_round() {
    let xml = graph(
        "s>a a>b b>c c>x x>e?approved x>d! d>e",
        &[("b", "t:assignee=\"u\" t:rejectTo=\"a\""), ("c", "t:assignee=\"u\" t:rejectTo=\"continue\"")],
    );
    let definition = definition(&xml);
    let (mut play, _) = Played::launch(&definition, none());
    assert_eq!(play.act(&Event::Relaunch { by: "init".into() }), Err("process.not-relaunchable"));
    play.decide("a", true).unwrap();
    let step = play.decide("b", false).unwrap();
    assert_eq!(
        (play.at().as_str(), did(&step)),
        ("a", vec![EntryKind::Rejected, EntryKind::Jumped, EntryKind::Entered])
    );
    play.decide("a", true).unwrap();
    play.decide("b", true).unwrap();
    play.decide("c", false).unwrap();
    assert_eq!(play.at(), "d");
    play.decide("d", false).unwrap();
    assert_eq!(play.instance.state, State::Rejected);
    let seq = play.instance.seq;
    let step = play.act(&Event::Relaunch { by: "init".into() }).unwrap();
    assert_eq!((play.at().as_str(), play.instance.round, step.history[0].seq), ("a", 2, seq));
    assert!(step.history.iter().all(|entry| entry.round == 2));
    for (by, is_admin, expected) in [
        ("u", false, Err("process.not-allowed")),
        ("", false, Err("process.not-allowed")),
        ("发起", false, Ok(true)),
        ("root", true, Ok(true)),
    ] {
        let mut play = play.clone();
        let step = play.act(&Event::Discard { by: by.into(), is_admin, reason: "重复".into() });
        assert_eq!(step.map(|step| step.changed), expected);
    }
    let discard = Event::Discard { by: "init".into(), is_admin: false, reason: String::new() };
    let step = play.act(&discard).unwrap();
    assert_eq!((closed(&step).len(), play.at().as_str()), (1, "discarded"));
    assert!(!play.act(&discard).unwrap().changed);
    play.act(&Event::Relaunch { by: String::new() }).unwrap();
    assert_eq!((play.at().as_str(), play.instance.round), ("a", 3));
}

#[test]
fn a_jump_cancels_what_stands_beside_and_leaves_no_join_waiting() {
    let xml =
        graph("s>a a>p1 p1>b p1>c b>b2 b2>p2 c>c2 c2>p2 p2>d d>e", &[("a", "t:assignee=\"u1,u2\" t:rule=\"all\"")]);
    let definition = definition(&xml);
    let (play, _) = Played::launch(&definition, none());
    // By its number in the file, or its id; nothing else.
    let number = definition.user_tasks().find(|node| node.id == "d").unwrap().seq.unwrap().to_string();
    for meant in ["d", number.as_str()] {
        let mut play = play.clone();
        let step = play.act(&next(meant, &[])).unwrap();
        assert_eq!(
            (play.at().as_str(), did(&step)),
            ("d", vec![EntryKind::Approved, EntryKind::Approved, EntryKind::Jumped, EntryKind::Entered])
        );
        assert_eq!((step.history[2].node.as_deref(), step.history[2].to.as_deref()), (Some("a"), Some("d")));
    }
    for (meant, code) in [
        ("99", "process.unknown-node"),
        ("p1", "process.unknown-node"),
        ("0", "process.unknown-node"),
        ("-2", "process.unknown-node"),
        ("b2", "process.jump-into-parallel"),
    ] {
        assert_eq!(play.clone().act(&next(meant, &[])), Err(code), "{meant}");
    }
    for nothing in ["", "-1", " -1 "] {
        let mut play = play.clone();
        play.act(&next(nothing, &[])).unwrap();
        assert_eq!(play.at(), "b c", "{nothing}");
    }
    let mut play = play.clone();
    play.decide("a", true).unwrap();
    assert_eq!(play.approve(), Err("process.node-needed"));
    // Within its own way a jump leaves the other alone.
    let within = |node: &str, to: &str| {
        let target = Target::Node(node.into());
        Event::Decide(Decide { target, approve: true, next: Some(to.into()), ..Decide::default() })
    };
    // Whoever decides on one way does not move the other.
    assert_eq!(play.clone().act(&within("c", "b2")), Err("process.jump-into-parallel"));
    play.act(&within("b", "b2")).unwrap();
    assert_eq!(play.at(), "b2 c");
    play.act(&within("b2", "b")).unwrap();
    play.decide("b", true).unwrap();
    play.decide("b2", true).unwrap();
    assert_eq!((play.at().as_str(), play.instance.joins.len()), ("c", 1));
    // That way has ended: to go back into it would leave the join with two.
    assert_eq!(play.clone().act(&within("c", "b")), Err("process.jump-into-parallel"));
    let mut out = play.clone();
    out.act(&within("c", "d")).unwrap();
    assert_eq!((out.at().as_str(), out.instance.joins.len()), ("d", 0));
    play.decide("c", true).unwrap();
    play.decide("c2", true).unwrap();
    assert_eq!(play.at(), "d");
}

#[test]
fn managers_of_departments_get_a_task_each_or_nothing_is_done() {
    let definition = definition(&graph("s>a a>b b>e", &[]));
    let (play, _) = Played::launch(&definition, none());
    let mut chosen = play.clone();
    let step = chosen.act(&next("-1", &["客服部", "技术部", "客服部 "])).unwrap();
    assert_eq!(
        opened(&step),
        ["b:boss-客服部", "b:boss-技术部", "b:boss-客服部"].map(str::to_owned)[..opened(&step).len()]
    );
    chosen.person("boss-客服部", true).unwrap();
    chosen.person("boss-技术部", true).unwrap();
    while chosen.at() == "b" {
        chosen.person("boss-客服部", true).unwrap();
    }
    assert_eq!(chosen.at(), "passed");
    for (managers, code) in
        [(&["客服部", "unknown部"][..], "process.unknown-department"), (&["headless部"], "process.no-manager")]
    {
        assert_eq!(play.clone().act(&next("", managers)), Err(code));
    }
    let mut last = play.clone();
    last.decide("a", true).unwrap();
    assert_eq!(last.act(&next("-1", &["客服部"])), Err("process.no-next-node"));
    assert_eq!(last.at(), "b");
}

#[test]
fn a_task_is_its_assignees_and_can_be_handed_on() {
    let definition = definition(&graph("s>a a>e", &[]));
    let (mut play, _) = Played::launch(&definition, none());
    let task = play.instance.tasks[0].id.clone();
    let by = |by: &str| {
        Event::Decide(Decide { target: Target::Task(task.clone()), approve: true, by: by.into(), ..Decide::default() })
    };
    let hand = |by: &str, to: &str| Event::Transfer {
        task: task.clone(),
        by: by.into(),
        to: to.into(),
        comment: String::new(),
    };
    assert_eq!(play.act(&by("nobody")), Err("process.not-assignee"));
    assert_eq!(play.act(&hand("nobody", "x")), Err("process.not-assignee"));
    assert_eq!(play.act(&hand("a1", "gone")), Err("process.unknown-person"));
    assert_eq!(play.act(&hand("a1", "a2")), Err("process.already-theirs"));
    assert_eq!(
        play.act(&Event::Comment { task: Some(task.clone()), by: "a1".into(), text: " ".into() }),
        Err("process.empty-comment")
    );
    play.act(&Event::Comment { task: None, by: "a1".into(), text: "请尽快".into() }).unwrap();
    let step = play.act(&hand("a1", "x")).unwrap();
    assert!(
        matches!(&step.effects[..], [Effect::TaskMoved { task, from }] if task.assignees == ["x"] && from == &["a1", "a2"])
    );
    assert_eq!(play.act(&by("a1")), Err("process.not-assignee"));
    play.act(&by("x")).unwrap();
    assert_eq!(play.at(), "passed");
    // The same again, and a task that never was.
    assert!(!play.act(&by("x")).unwrap().changed);
    let other = Event::Decide(Decide {
        target: Target::Task("77-9".into()),
        approve: true,
        by: "x".into(),
        ..Decide::default()
    });
    assert_eq!(play.act(&other), Err("process.unknown-task"));
}

#[test]
fn people_are_urged_once_in_a_while_and_only_those_who_still_have_to() {
    let definition = definition(&graph("s>a a>e", &[("a", "t:assignee=\"u1,u2\" t:rule=\"all\"")]));
    let (mut play, _) = Played::launch(&definition, none());
    let urge = Event::Urge { by: "init".into() };
    play.person("u1", true).unwrap();
    let step = play.act(&urge).unwrap();
    assert!(matches!(&step.effects[..], [Effect::Urged { task, .. }] if task.assignees == ["u2"]));
    assert!(!play.act(&urge).unwrap().changed);
    play.now += 600_000;
    assert!(play.act(&urge).unwrap().changed);
    play.person("u2", true).unwrap();
    assert_eq!(play.act(&urge), Err("process.not-in-approval"));
}

#[test]
fn times_remind_take_over_and_let_go() {
    let timer = "|<timerEventDefinition><timeDuration>P1D</timeDuration></timerEventDefinition>";
    let xml = graph("s>t1 t1>a a>b b>e", &[("t1", timer), ("a", "t:assignee=\"u\" t:dueDate=\"PT8H\" t:remindBefore=\"PT1H\"")]).replace(
        "</process>",
        "<boundaryEvent id=\"late\" name=\"late\" attachedToRef=\"b\"><timerEventDefinition><timeDuration>PT2H</timeDuration></timerEventDefinition></boundaryEvent><userTask id=\"boss\" name=\"boss\" t:assignee=\"supervisor\"/><sequenceFlow id=\"l1\" sourceRef=\"late\" targetRef=\"boss\"/><sequenceFlow id=\"l2\" sourceRef=\"boss\" targetRef=\"e\"/></process>",
    );
    let (mut play, _) = Played::launch(&definition(&xml), none());
    assert_eq!((play.at().as_str(), play.instance.next_due_ms()), ("t1", Some(NOW + DAY)));
    assert!(!play.act(&Event::Timer).unwrap().changed);
    play.now = NOW + DAY;
    play.act(&Event::Timer).unwrap();
    let hour = DAY / 24;
    assert_eq!((play.at().as_str(), play.instance.next_due_ms()), ("a", Some(NOW + DAY + 7 * hour)));
    play.now += 7 * hour;
    let step = play.act(&Event::Timer).unwrap();
    assert!(matches!(&step.effects[..], [Effect::Reminded { .. }]));
    assert!(!play.act(&Event::Timer).unwrap().changed);
    play.now += hour;
    let step = play.act(&Event::Timer).unwrap();
    assert!(matches!(&step.effects[..], [Effect::Overdue { .. }]));
    assert_eq!(play.instance.next_due_ms(), None);
    play.decide("a", true).unwrap();
    assert_eq!(play.instance.next_due_ms(), Some(play.now + 2 * hour));
    play.now += 2 * hour;
    let step = play.act(&Event::Timer).unwrap();
    assert_eq!(closed(&step), [("b1,b2".to_owned(), TaskState::Expired)]);
    assert!(step.effects.iter().all(|effect| !matches!(effect, Effect::Overdue { .. })));
    assert_eq!((play.at().as_str(), opened(&step)), ("boss", vec!["boss:above-init".to_owned()]));
}

#[test]
fn what_stops_says_why_and_goes_on_when_it_is_tried_again() {
    let xml = graph("s>a a>v v>x x>b?amount/zero_>_1 x>e! b>e", &[("a", "t:assignee=\"${approver}\"")]);
    let definition = definition(&xml);
    let (mut play, step) = Played::launch(&definition, json!({"approver": "gone1", "amount": 6, "zero": 0}));
    assert!(matches!(&step.effects[..], [Effect::Stopped { code, .. }] if code == "process.assignee-missing"));
    assert_eq!(play.approve(), Err("process.not-in-approval"));
    play.data.insert("approver".into(), json!("u"));
    let retry = Event::Retry { by: "root".into(), token: None };
    play.act(&retry).unwrap();
    play.approve().unwrap();
    // The service fails for good; tried again, the other system gets another key.
    let service = |play: &Played| (play.instance.tokens[0].id, play.instance.tokens[0].visit);
    let (token, visit) = service(&play);
    let failed = Event::ServiceFailed { token, visit, words: Words::new("拒绝", "refused") };
    play.act(&failed).unwrap();
    assert_eq!(
        play.instance.incidents().next().map(|(_, incident)| incident.code.as_str()),
        Some("process.service-failed")
    );
    assert!(!play.act(&failed).unwrap().changed);
    assert!(!play.act(&Event::ServiceDone { token, visit, result: json!(1) }).unwrap().changed);
    let step = play.act(&retry).unwrap();
    assert!(matches!(step.effects.last(), Some(Effect::Service { key, .. }) if key.ends_with("/v/2")));
    // Nobody is there to be told of a division by zero: the token stops before the gateway.
    let (token, visit) = service(&play);
    play.act(&Event::ServiceDone { token, visit, result: json!(1) }).unwrap();
    assert_eq!(
        play.instance.incidents().next().map(|(token, incident)| (token.node.clone(), incident.code.clone())),
        Some(("x".into(), "process.division-by-zero".into()))
    );
    play.data.insert("zero".into(), json!(2));
    play.act(&retry).unwrap();
    assert_eq!((play.at().as_str(), play.act(&retry)), ("b", Err("process.not-stopped")));
    // Whoever asks is told, and nothing is done.
    let gate = crate::build::definition(&graph("s>x x>a?amount/zero_>_1 x>e! a>e", &[]));
    assert_eq!(Played::try_launch(&gate, json!({"amount": 1, "zero": 0})).map(drop), Err("process.division-by-zero"));
    assert_eq!(Played::try_launch(&gate, json!({"amount": "x", "zero": 1})).map(drop), Err("process.expression"));
    let none = crate::build::definition(&graph("s>x x>a?amount_>_1 x>b?amount_<_0 a>e b>e", &[]));
    assert_eq!(Played::try_launch(&none, json!({"amount": 1})).map(drop), Err("process.no-way"));
}

#[test]
fn a_failed_service_has_a_way_of_its_own() {
    let xml = graph("s>v v>e", &[("v", "t:serviceUrl=\"/x\" t:resultVariable=\"answer\"")]).replace(
        "</process>",
        "<boundaryEvent id=\"b\" name=\"b\" attachedToRef=\"v\"><errorEventDefinition/></boundaryEvent><userTask id=\"m\" name=\"m\" t:assignee=\"initiator\"/><sequenceFlow id=\"l1\" sourceRef=\"b\" targetRef=\"m\"/><sequenceFlow id=\"l2\" sourceRef=\"m\" targetRef=\"v\"/></process>",
    );
    let (mut play, _) = Played::launch(&definition(&xml), none());
    play.act(&Event::ServiceFailed { token: 1, visit: 1, words: Words::new("", "") }).unwrap();
    assert_eq!(play.at(), "m");
    play.approve().unwrap();
    play.act(&Event::ServiceDone { token: play.instance.tokens[0].id, visit: 2, result: json!({"no": 7}) }).unwrap();
    assert_eq!((play.at().as_str(), play.instance.variables.get("answer")), ("passed", Some(&json!({"no": 7}))));
}
