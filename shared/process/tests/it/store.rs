//! What is stored: definitions, forms, numbers, moves; what dies in between, and who comes at the same time.

use crate::build::{NOW, answers, data, graph};
use async_trait::async_trait;
use serde_json::{Value, json};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tenon_crypto::secrets::MasterKey;
use tenon_engine::{Gate, GateDecision, Local, Moment};
use tenon_model::TenantId;
use tenon_model::message::Envelope;
use tenon_platform::clock::Clock;
use tenon_platform::http::NoHttp;
use tenon_platform::queue::NOTICES_SEND;
use tenon_platform::{Context, Entropy, Error, Result, outbox};
use tenon_process::run::{Decide, Event, State};
use tenon_process::store::{
    Draft, Failure, Followed, Launch, Moved, Processes, Surroundings, create, draft as stored_draft, due, head,
    history, latest, load, publish, read_form, save_form, update,
};
use tenon_process::{Answers, Initiator, Question};

/// Tells each open task, as whoever uses the engine does.
struct Telling;

#[async_trait]
impl Surroundings for Telling {
    async fn people(&self, _: &Context, _: &TenantId, _: &str, questions: &[Question]) -> Result<Answers> {
        Ok(answers(questions))
    }

    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> Result<Followed> {
        let told = moved.effects.iter().enumerate().map(|(at, effect)| {
            let id = format!("{}/{}/{at}", moved.instance.number, moved.instance.seq);
            Envelope::new("told", id, tenant, serde_json::to_value(effect).unwrap())
        });
        let told: Vec<Envelope<Value>> = told.collect();
        let entries =
            if told.is_empty() { Vec::new() } else { vec![outbox::Entry::of_all(ctx, &NOTICES_SEND, &told)?] };
        Ok(Followed { writes: Vec::new(), entries })
    }
}

struct Site {
    local: Local,
    clock: Clock,
    ctx: Context,
    tenant: TenantId,
}

fn world(local: &Local, seed: u64) -> Context {
    local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap()
}

impl Site {
    async fn new() -> Self {
        let clock = Clock::manual(NOW);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = world(&local, 1);
        Self { local, clock, ctx, tenant: TenantId::new("t-1") }
    }

    /// With a flow of two approvals that is published, and a form.
    async fn ready() -> Self {
        let site = Self::new().await;
        create(&site.ctx, &site.tenant, &draft("s>a a>b b>e", &[]), &|_| true).await.unwrap();
        publish(&site.ctx, &site.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
        site.form("5", json!({"amount": 3})).await;
        site
    }

    async fn form(&self, id: &str, value: Value) {
        save_form(&self.ctx, &self.tenant, ("ztbxx01", Some(id)), data(value), "board").await.unwrap();
    }

    fn processes(&self) -> Processes<'_> {
        Processes::new(&self.ctx, &self.tenant, &Telling)
    }

    /// What was queued, each id once.
    async fn told(&self) -> Vec<String> {
        outbox::sweep::sweep(&self.ctx).await.unwrap();
        let messages = self.local.queue.peek(&NOTICES_SEND, 1_000).await.unwrap();
        let mut ids: Vec<String> =
            messages.iter().map(|text| serde_json::from_str::<Envelope>(&text.body).unwrap().id).collect();
        ids.sort();
        ids.dedup();
        ids
    }
}

fn draft(ways: &str, settings: &[(&str, &str)]) -> Draft {
    Draft {
        code: "ztbxx01".into(),
        name: "招投标".into(),
        enterprise: "C".into(),
        schema: json!({"components": [{"type": "number", "name": "amount", "label": "金额", "required": true}]}),
        bpmn: graph(ways, settings),
        by: "aiflow/C/A".into(),
    }
}

fn launch(number: &str, data_id: &str) -> Launch {
    Launch {
        number: Some(number.to_owned()),
        flow: "ztbxx01".into(),
        data_id: data_id.into(),
        initiator: Initiator { code: "RS001".into(), name: "liming".into(), department: "人力中心".into() },
    }
}

fn approve() -> Event {
    Event::Decide(Decide { approve: true, by: "app".into(), ..Decide::default() })
}

fn code<T: std::fmt::Debug>(result: std::result::Result<T, Failure>) -> &'static str {
    match result {
        Err(Failure::Refused(refused)) => refused.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_published_version_never_changes_and_an_instance_stays_on_its_own() {
    let site = Site::ready().await;
    let (ctx, t) = (&site.ctx, &site.tenant);
    let first = site.processes().launch(&launch("n1", "5")).await.unwrap();
    assert_eq!((first.is_new, first.instance.version, first.instance.open_nodes()), (true, 1, vec!["a"]));
    // The same once more is the same version; a change is another, and runs when it is published.
    let same = create(ctx, t, &draft("s>a a>b b>e", &[]), &|_| true).await.unwrap();
    assert_eq!(same.version, 1);
    assert_eq!(code(create(ctx, t, &draft("s>a a>e", &[]), &|_| true).await), "process.flow-exists");
    assert_eq!(update(ctx, t, &draft("s>c c>e", &[]), &|_| true).await.unwrap().version, 2);
    assert_eq!(update(ctx, t, &draft("s>d d>e", &[]), &|_| true).await.unwrap().version, 2);
    site.form("6", json!({"amount": 4})).await;
    assert_eq!(site.processes().launch(&launch("n2", "6")).await.unwrap().instance.version, 1);
    publish(ctx, t, ("ztbxx01", "C", Some(2)), Some("改"), &|_| true).await.unwrap();
    site.form("7", json!({"amount": 4})).await;
    let later = site.processes().launch(&launch("n3", "7")).await.unwrap().instance;
    assert_eq!((later.version, later.open_nodes()), (2, vec!["d"]));
    let old = site.processes().act("n1", &approve()).await.unwrap().instance;
    assert_eq!((old.version, old.open_nodes()), (1, vec!["b"]));
    assert_eq!(load(ctx, t, "ztbxx01", 1).await.unwrap().version, 1);
    let came = stored_draft(ctx, t, "ztbxx01", None).await.unwrap().unwrap();
    assert_eq!((came.bpmn, came.enterprise.as_str()), (draft("s>d d>e", &[]).bpmn, "C"));
    assert_eq!(head(ctx, t, "ztbxx01").await.unwrap().unwrap().published, Some(2));
    for (made, expected) in [
        (publish(ctx, t, ("ztbxx01", "C", Some(9)), None, &|_| true).await, "process.unknown-version"),
        (publish(ctx, t, ("other", "C", None), None, &|_| true).await, "process.unknown-flow"),
        (publish(ctx, t, ("ztbxx01", "D", None), None, &|_| true).await, "process.unknown-flow"),
        (
            update(ctx, t, &Draft { code: "other".into(), ..draft("s>a a>e", &[]) }, &|_| true).await,
            "process.unknown-flow",
        ),
        (create(ctx, t, &Draft { code: "a b".into(), ..draft("s>a a>e", &[]) }, &|_| true).await, "process.flow-code"),
    ] {
        assert_eq!(code(made), expected);
    }
    let unsound = create(ctx, t, &Draft { code: "new".into(), ..draft("s>a a>b b>a", &[]) }, &|_| true).await;
    assert!(matches!(unsound, Err(Failure::Unsound(findings)) if findings.iter().any(|f| f.code == "end-missing")));
    assert_eq!(head(ctx, t, "new").await.unwrap(), None);
    // A file of more than a record holds.
    let mut long = draft("s>a a>e", &[]);
    long.code = "long".into();
    long.bpmn =
        long.bpmn.replace("</process>", &format!("<documentation>{}</documentation></process>", "长".repeat(300_000)));
    create(ctx, t, &long, &|_| true).await.unwrap();
    assert_eq!(load(ctx, t, "long", 1).await.unwrap().user_tasks().count(), 1);
}

#[tokio::test]
async fn launches_are_numbered_by_flow_and_month_and_the_same_one_is_one() {
    let site = Site::ready().await;
    let processes = site.processes();
    let unnumbered = |data_id: &str| Launch { number: None, ..launch("", data_id) };
    let first = processes.launch(&unnumbered("5")).await.unwrap();
    assert_eq!(first.instance.number, "ztbxx01_202602_0001");
    let again = processes.launch(&Launch { number: Some(" ".into()), ..unnumbered("5") }).await.unwrap();
    assert_eq!((again.is_new, again.instance.number), (false, first.instance.number.clone()));
    site.form("6", json!({"amount": 1})).await;
    assert_eq!(processes.launch(&unnumbered("6")).await.unwrap().instance.number, "ztbxx01_202602_0002");
    // The month turns in the documents' zone.
    site.clock.advance(std::time::Duration::from_millis(u64::try_from(1_772_294_400_000 - NOW).unwrap()));
    site.form("7", json!({"amount": 1})).await;
    assert_eq!(processes.launch(&unnumbered("7")).await.unwrap().instance.number, "ztbxx01_202603_0001");
    // A number that somebody asked for before is passed over.
    site.form("8", json!({"amount": 1})).await;
    processes.launch(&launch("ztbxx01_202603_0002", "8")).await.unwrap();
    site.form("9", json!({"amount": 1})).await;
    assert_eq!(processes.launch(&unnumbered("9")).await.unwrap().instance.number, "ztbxx01_202603_0003");
    let own = processes.launch(&launch("own-1", "5")).await.unwrap();
    let twice = processes.launch(&launch("own-1", "5")).await.unwrap();
    assert_eq!((own.is_new, twice.is_new, twice.instance.order), (true, false, own.instance.order));
    assert_eq!(processes.by_order(own.instance.order).await.unwrap().unwrap().number, "own-1");
    for (launch, expected) in [
        (launch("own-1", "6"), "process.number-taken"),
        (launch("with blank", "6"), "process.number-wrong"),
        (launch("n", "404"), "process.form-missing"),
        (launch("n", ""), "process.form-missing"),
        (Launch { flow: "none".into(), ..launch("n", "5") }, "process.unknown-flow"),
    ] {
        assert_eq!(code(processes.launch(&launch).await), expected);
    }
    create(&site.ctx, &site.tenant, &Draft { code: "draft".into(), ..draft("s>a a>e", &[]) }, &|_| true).await.unwrap();
    assert_eq!(
        code(processes.launch(&Launch { flow: "draft".into(), ..launch("n", "5") }).await),
        "process.not-published"
    );
    // Another tenant sees none of it.
    let other = TenantId::new("t-2");
    let others = Processes::new(&site.ctx, &other, &Telling);
    assert_eq!(code(others.launch(&launch("own-1", "5")).await), "process.unknown-flow");
    assert_eq!(code(others.act("own-1", &approve()).await), "process.unknown-instance");
    assert!(others.by_order(own.instance.order).await.unwrap().is_none());
}

#[tokio::test]
async fn conditions_go_by_the_form_as_it_was_saved_last() {
    let site = Site::new().await;
    create(&site.ctx, &site.tenant, &draft("s>a a>x x>b?amount_>_10 x>e! b>e", &[]), &|_| true).await.unwrap();
    publish(&site.ctx, &site.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    for (id, now, ends) in [("1", 3, State::Passed), ("2", 11, State::Running)] {
        site.form(id, json!({"amount": 7})).await;
        site.processes().launch(&launch(id, id)).await.unwrap();
        site.form(id, json!({"amount": now})).await;
        assert_eq!(site.processes().act(id, &approve()).await.unwrap().instance.state, ends);
        let form = read_form(&site.ctx, &site.tenant, "ztbxx01", id).await.unwrap().unwrap();
        assert_eq!((form.saved, form.instances), (2, vec![id.to_owned()]));
        let (_, data) = site.processes().with_data(id).await.unwrap().unwrap();
        assert_eq!(data["amount"], json!(now));
    }
    let saved = save_form(&site.ctx, &site.tenant, ("ztbxx01", None), data(json!({"amount": 1})), "b").await.unwrap();
    assert!(saved.data_id.starts_with('f'));
    let long = data(json!({"amount": "x".repeat(300_000)}));
    assert_eq!(code(save_form(&site.ctx, &site.tenant, ("ztbxx01", None), long, "b").await), "process.form-too-long");
}

#[tokio::test]
async fn of_two_who_come_at_once_each_move_is_made_once() {
    let site = Site::ready().await;
    site.processes().launch(&launch("n", "5")).await.unwrap();
    let node = |node: &str| {
        let target = tenon_process::run::Target::Node(node.into());
        Event::Decide(Decide { target, approve: true, by: "app".into(), ..Decide::default() })
    };
    let (processes, event) = (site.processes(), node("a"));
    let both = tokio::join!(processes.act("n", &event), processes.act("n", &event), processes.act("n", &event));
    let changed = [both.0.unwrap(), both.1.unwrap(), both.2.unwrap()].iter().filter(|acted| acted.changed).count();
    assert_eq!(changed, 1);
    assert_eq!(site.processes().instance("n").await.unwrap().unwrap().open_nodes(), ["b"]);
    let (one, other) = (launch("m", "5"), launch("m", "5"));
    let both = tokio::join!(processes.launch(&one), processes.launch(&other));
    assert_ne!(both.0.unwrap().is_new, both.1.unwrap().is_new);
}

/// What a process asks of the table while it makes a move: at most three requests, however long the history is.
#[tokio::test]
async fn a_move_costs_three_requests_after_ten_thousand_entries_too() {
    let site = Site::ready().await;
    site.processes().launch(&launch("n", "5")).await.unwrap();
    let say = |text: &str| Event::Comment { task: None, by: "u".into(), text: text.into() };
    for n in 0..200 {
        site.processes().act("n", &say(&n.to_string())).await.unwrap();
    }
    // The rest at once: entries are records that nothing reads.
    let instance = site.processes().instance("n").await.unwrap().unwrap();
    let beyond = 10_000;
    let stored: Value = serde_json::to_value(&instance).unwrap();
    assert_eq!(stored["seq"], json!(instance.seq));
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let gate = Gate::new(move |_, moment| {
        counted.fetch_add(usize::from(moment == Moment::Before), Ordering::SeqCst);
        GateDecision::Go
    });
    // Of the table alone; the local queue is a table of its own.
    let ctx = world(&site.local.with_gates(&gate, &Gate::open()), 9);
    load(&ctx, &site.tenant, "ztbxx01", 1).await.unwrap();
    asked.store(0, Ordering::SeqCst);
    Processes::new(&ctx, &site.tenant, &Telling).act("n", &approve()).await.unwrap();
    assert!(asked.load(Ordering::SeqCst) <= 3, "{}", asked.load(Ordering::SeqCst));
    asked.store(0, Ordering::SeqCst);
    site.form("6", json!({"amount": 1})).await;
    Processes::new(&ctx, &site.tenant, &Telling).launch(&launch("n2", "6")).await.unwrap();
    assert!(asked.load(Ordering::SeqCst) <= 4, "{}", asked.load(Ordering::SeqCst));
    let all = history(&site.ctx, &site.tenant, "n", 0, beyond).await.unwrap();
    assert_eq!(
        all.iter().map(|entry| entry.seq).collect::<Vec<_>>(),
        (0..u64::try_from(all.len()).unwrap()).collect::<Vec<_>>()
    );
    let tail = history(&site.ctx, &site.tenant, "n", 203, beyond).await.unwrap();
    assert_eq!(tail.first().map(|entry| entry.seq), Some(203));
    assert_eq!(latest(&site.ctx, &site.tenant, "n", 1).await.unwrap().last(), all.last());
}

#[tokio::test]
async fn what_is_due_is_found_by_its_time_and_not_again() {
    let site = Site::new().await;
    let settings = [("a", "t:assignee=\"u\" t:dueDate=\"PT2H\" t:remindBefore=\"PT1H\"")];
    create(&site.ctx, &site.tenant, &draft("s>a a>e", &settings), &|_| true).await.unwrap();
    publish(&site.ctx, &site.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    site.form("5", json!({"amount": 3})).await;
    site.processes().launch(&launch("n", "5")).await.unwrap();
    assert_eq!(due(&site.ctx).await.unwrap(), []);
    for _ in 0..2 {
        site.clock.advance(std::time::Duration::from_secs(3_600));
        let found = due(&site.ctx).await.unwrap();
        assert_eq!(
            found.iter().map(|due| (due.tenant.as_str(), due.number.as_str())).collect::<Vec<_>>(),
            [("t-1", "n")]
        );
        assert!(site.processes().tick("n").await.unwrap().changed);
        assert_eq!(due(&site.ctx).await.unwrap(), []);
        assert!(!site.processes().tick("n").await.unwrap().changed);
    }
}

/// What a caller does who tries again until it is answered.
async fn to_its_end(processes: &Processes<'_>) -> std::result::Result<(), Error> {
    let failed = |failure: Failure| match failure {
        Failure::Failed(error) => error,
        other => panic!("{other:?}"),
    };
    processes.launch(&launch("n", "5")).await.map_err(failed)?;
    for node in ["a", "b"] {
        let target = tenon_process::run::Target::Node(node.into());
        let event = Event::Decide(Decide { target, approve: true, by: "app".into(), ..Decide::default() });
        match processes.act("n", &event).await {
            Ok(_) => {}
            // The answer was lost, and it was over.
            Err(Failure::Refused(refused)) if refused.code == "process.over" => {}
            Err(failure) => return Err(failed(failure)),
        }
    }
    Ok(())
}

#[tokio::test]
async fn wherever_the_process_dies_nothing_is_done_twice_and_nothing_is_lost() {
    let site = Site::ready().await;
    to_its_end(&site.processes()).await.unwrap();
    let whole = (site.told().await, history(&site.ctx, &site.tenant, "n", 0, 100).await.unwrap().len());
    let (gate, writes) = Gate::counting_writes();
    let site = Site::ready().await;
    let ctx = world(&site.local.with_gate(gate), 5);
    to_its_end(&Processes::new(&ctx, &site.tenant, &Telling)).await.unwrap();
    let writes = writes.load(Ordering::SeqCst);
    assert!(writes >= 6, "{writes}");
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let site = Site::ready().await;
            let dead = world(&site.local.with_gate(Gate::crash_at_write(n, moment)), 6);
            // A message that is not sent is the sweeper's; nothing is told to the caller.
            let _ = to_its_end(&Processes::new(&dead, &site.tenant, &Telling)).await;
            site.clock.advance(std::time::Duration::from_secs(60));
            to_its_end(&site.processes()).await.unwrap();
            let instance = site.processes().instance("n").await.unwrap().unwrap();
            assert_eq!((instance.state, instance.tokens.len()), (State::Passed, 0), "{n} {moment:?}");
            site.clock.advance(std::time::Duration::from_secs(60));
            let entries = history(&site.ctx, &site.tenant, "n", 0, 100).await.unwrap().len();
            assert_eq!((site.told().await, entries), whole, "{n} {moment:?}");
        }
    }
}
