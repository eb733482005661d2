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
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Context, Entropy, Error, Result, outbox};
use tenon_process::run::{Decide, Event, State};
use tenon_process::store::{
    Backlog, CallName, Draft, Failure, Followed, Launch, Moved, Of, ProcessHost, Processes, create,
    draft as stored_draft, due, head, history, latest, load, publish, read_form, save_form, update,
};
use tenon_process::{Answers, Initiator, Question};

/// Tells each open task, as whoever uses the engine does.
struct NotifyingHost;

#[async_trait]
impl ProcessHost for NotifyingHost {
    async fn people(&self, _: &Context, _: &TenantId, _: &str, questions: &[Question]) -> Result<Answers> {
        Ok(answers(questions))
    }

    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> Result<Followed> {
        let envelopes = moved.effects.iter().enumerate().map(|(at, effect)| {
            let id = format!("{}/{}/{at}", moved.instance.number, moved.instance.seq);
            Envelope::new("told", id, tenant, serde_json::to_value(effect).unwrap())
        });
        let envelopes: Vec<Envelope<Value>> = envelopes.collect();
        let entries = if envelopes.is_empty() {
            Vec::new()
        } else {
            vec![outbox::Entry::of_all(ctx, &NOTICES_SEND, &envelopes)?]
        };
        Ok(Followed { writes: Vec::new(), entries })
    }
}

struct Fixture {
    local: Local,
    clock: Clock,
    ctx: Context,
    tenant: TenantId,
}

fn context(local: &Local, seed: u64) -> Context {
    local.context(Arc::new(NoHttp), Entropy::seeded(seed), MasterKey::from_bytes([7; 32])).unwrap()
}

impl Fixture {
    async fn new() -> Self {
        let clock = Clock::manual(NOW);
        let local = Local::memory(clock.clone()).await.unwrap();
        let ctx = context(&local, 1);
        Self { local, clock, ctx, tenant: TenantId::new("t-1") }
    }

    /// With a flow of two approvals that is published, and a form.
    async fn ready() -> Self {
        let fixture = Self::new().await;
        create(&fixture.ctx, &fixture.tenant, &draft("s>a a>b b>e", &[]), &|_| true).await.unwrap();
        publish(&fixture.ctx, &fixture.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
        fixture.form("5", json!({"amount": 3})).await;
        fixture
    }

    async fn form(&self, id: &str, value: Value) {
        save_form(&self.ctx, &self.tenant, ("ztbxx01", Some(id)), data(value), "board").await.unwrap();
    }

    fn processes(&self) -> Processes<'_> {
        Processes::new(&self.ctx, &self.tenant, &NotifyingHost)
    }

    /// What was queued, each id once.
    async fn queued(&self) -> Vec<String> {
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
    let fixture = Fixture::ready().await;
    let (ctx, t) = (&fixture.ctx, &fixture.tenant);
    let first = fixture.processes().launch(&launch("n1", "5")).await.unwrap();
    assert_eq!((first.is_new, first.instance.version, first.instance.open_nodes()), (true, 1, vec!["a"]));
    // The same once more is the same version; a change is another, and runs when it is published.
    let same = create(ctx, t, &draft("s>a a>b b>e", &[]), &|_| true).await.unwrap();
    assert_eq!(same.version, 1);
    assert_eq!(code(create(ctx, t, &draft("s>a a>e", &[]), &|_| true).await), "process.flow-exists");
    assert_eq!(update(ctx, t, &draft("s>c c>e", &[]), &|_| true).await.unwrap().version, 2);
    assert_eq!(update(ctx, t, &draft("s>d d>e", &[]), &|_| true).await.unwrap().version, 2);
    fixture.form("6", json!({"amount": 4})).await;
    assert_eq!(fixture.processes().launch(&launch("n2", "6")).await.unwrap().instance.version, 1);
    publish(ctx, t, ("ztbxx01", "C", Some(2)), Some("改"), &|_| true).await.unwrap();
    fixture.form("7", json!({"amount": 4})).await;
    let later = fixture.processes().launch(&launch("n3", "7")).await.unwrap().instance;
    assert_eq!((later.version, later.open_nodes()), (2, vec!["d"]));
    let old = fixture.processes().act("n1", &approve()).await.unwrap().instance;
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
    let fixture = Fixture::ready().await;
    let processes = fixture.processes();
    let unnumbered = |data_id: &str| Launch { number: None, ..launch("", data_id) };
    let first = processes.launch(&unnumbered("5")).await.unwrap();
    assert_eq!(first.instance.number, "ztbxx01_202602_0001");
    let again = processes.launch(&Launch { number: Some(" ".into()), ..unnumbered("5") }).await.unwrap();
    assert_eq!((again.is_new, again.instance.number), (false, first.instance.number.clone()));
    fixture.form("6", json!({"amount": 1})).await;
    assert_eq!(processes.launch(&unnumbered("6")).await.unwrap().instance.number, "ztbxx01_202602_0002");
    // The month turns in the documents' zone.
    fixture.clock.advance(std::time::Duration::from_millis(u64::try_from(1_772_294_400_000 - NOW).unwrap()));
    fixture.form("7", json!({"amount": 1})).await;
    assert_eq!(processes.launch(&unnumbered("7")).await.unwrap().instance.number, "ztbxx01_202603_0001");
    // A number that somebody asked for before is passed over.
    fixture.form("8", json!({"amount": 1})).await;
    processes.launch(&launch("ztbxx01_202603_0002", "8")).await.unwrap();
    fixture.form("9", json!({"amount": 1})).await;
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
    create(&fixture.ctx, &fixture.tenant, &Draft { code: "draft".into(), ..draft("s>a a>e", &[]) }, &|_| true)
        .await
        .unwrap();
    assert_eq!(
        code(processes.launch(&Launch { flow: "draft".into(), ..launch("n", "5") }).await),
        "process.not-published"
    );
    // Another tenant sees none of it.
    let other = TenantId::new("t-2");
    let others = Processes::new(&fixture.ctx, &other, &NotifyingHost);
    assert_eq!(code(others.launch(&launch("own-1", "5")).await), "process.unknown-flow");
    assert_eq!(code(others.act("own-1", &approve()).await), "process.unknown-instance");
    assert!(others.by_order(own.instance.order).await.unwrap().is_none());
}

#[tokio::test]
async fn conditions_go_by_the_form_as_it_was_saved_last() {
    let fixture = Fixture::new().await;
    create(&fixture.ctx, &fixture.tenant, &draft("s>a a>x x>b?amount_>_10 x>e! b>e", &[]), &|_| true).await.unwrap();
    publish(&fixture.ctx, &fixture.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    for (id, now, ends) in [("1", 3, State::Passed), ("2", 11, State::Running)] {
        fixture.form(id, json!({"amount": 7})).await;
        fixture.processes().launch(&launch(id, id)).await.unwrap();
        fixture.form(id, json!({"amount": now})).await;
        assert_eq!(fixture.processes().act(id, &approve()).await.unwrap().instance.state, ends);
        let form = read_form(&fixture.ctx, &fixture.tenant, "ztbxx01", id).await.unwrap().unwrap();
        assert_eq!((form.saved, form.instances), (2, vec![id.to_owned()]));
        let (_, data) = fixture.processes().with_data(id).await.unwrap().unwrap();
        assert_eq!(data["amount"], json!(now));
    }
    let saved =
        save_form(&fixture.ctx, &fixture.tenant, ("ztbxx01", None), data(json!({"amount": 1})), "b").await.unwrap();
    assert!(saved.data_id.starts_with('f'));
    let long = data(json!({"amount": "x".repeat(300_000)}));
    assert_eq!(
        code(save_form(&fixture.ctx, &fixture.tenant, ("ztbxx01", None), long, "b").await),
        "process.form-too-long"
    );
}

#[tokio::test]
async fn of_two_who_come_at_once_each_move_is_made_once() {
    let fixture = Fixture::ready().await;
    fixture.processes().launch(&launch("n", "5")).await.unwrap();
    let node = |node: &str| {
        let target = tenon_process::run::Target::Node(node.into());
        Event::Decide(Decide { target, approve: true, by: "app".into(), ..Decide::default() })
    };
    let (processes, event) = (fixture.processes(), node("a"));
    let both = tokio::join!(processes.act("n", &event), processes.act("n", &event), processes.act("n", &event));
    let changed = [both.0.unwrap(), both.1.unwrap(), both.2.unwrap()].iter().filter(|acted| acted.changed).count();
    assert_eq!(changed, 1);
    assert_eq!(fixture.processes().instance("n").await.unwrap().unwrap().open_nodes(), ["b"]);
    let (one, other) = (launch("m", "5"), launch("m", "5"));
    let both = tokio::join!(processes.launch(&one), processes.launch(&other));
    assert_ne!(both.0.unwrap().is_new, both.1.unwrap().is_new);
}

/// A context whose requests to the table are counted; the local queue is a table of its own.
fn counting(fixture: &Fixture) -> (Context, Arc<AtomicUsize>) {
    let counted_requests = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&counted_requests);
    let gate = Gate::new(move |_, moment| {
        counted.fetch_add(usize::from(moment == Moment::Before), Ordering::SeqCst);
        GateDecision::Go
    });
    (context(&fixture.local.with_gates(&gate, &Gate::open()), 9), counted_requests)
}

/// Ten thousand entries, each a record of its own, as steps store them.
async fn long_history(fixture: &Fixture, number: &str, entries: u64) {
    let mut instance = fixture.processes().instance(number).await.unwrap().unwrap();
    let (table, from) = (&fixture.ctx.table, instance.seq);
    let mut writes = Vec::new();
    for seq in from..entries {
        let entry = json!({ "seq": seq, "atMs": NOW, "round": 1, "did": "commented", "by": "u", "comment": "催" });
        let key = Key::new(&fixture.tenant, "PROCESS-HISTORY", &[number], format!("{seq:012}"));
        writes.push(Write::put(key, &json!({ "entries": [entry] }), Expect::AbsentAt(NOW)).unwrap());
    }
    table.put_many(writes).await.unwrap();
    instance.seq = entries;
    let key = Key::new(&fixture.tenant, "PROCESS", &[number], "instance");
    let stored = table.get::<Value>(&key).await.unwrap().unwrap();
    table.write(Write::put(key, &instance, Expect::Version(stored.version)).unwrap()).await.unwrap();
}

/// What a process asks of the table while it makes a move: three requests, however long the history is.
#[tokio::test]
async fn a_move_costs_three_requests_after_ten_thousand_entries_too() {
    let fixture = Fixture::ready().await;
    fixture.processes().launch(&launch("n", "5")).await.unwrap();
    long_history(&fixture, "n", 10_000).await;
    let (ctx, counted_requests) = counting(&fixture);
    load(&ctx, &fixture.tenant, "ztbxx01", 1).await.unwrap();
    let processes = Processes::new(&ctx, &fixture.tenant, &NotifyingHost);
    for n in 6..9 {
        fixture.form(&n.to_string(), json!({"amount": 1})).await;
    }
    let unnumbered = |data_id: &str| Launch { number: None, ..launch("", data_id) };
    let discard = Event::Discard { by: "RS001".into(), is_admin: false, reason: "重复".into() };
    let mut costs: Vec<(&str, usize)> = Vec::new();
    let mut of = |what: &'static str| costs.push((what, counted_requests.swap(0, Ordering::SeqCst)));
    of("the definition");
    processes.act("n", &approve()).await.unwrap();
    of("an audit after 10,000 entries");
    processes.launch(&launch("n2", "6")).await.unwrap();
    of("a launch with its number");
    processes.launch(&unnumbered("7")).await.unwrap();
    of("a launch that is numbered, the first of the month");
    assert_eq!(processes.launch(&unnumbered("8")).await.unwrap().instance.number, "ztbxx01_202602_0002");
    of("a launch that is numbered");
    processes.act("n2", &discard).await.unwrap();
    of("discarded");
    processes.act("n2", &Event::Relaunch { by: "RS001".into() }).await.unwrap();
    of("relaunched");
    processes.act("n", &approve()).await.unwrap();
    of("the last audit");
    println!("{costs:?}");
    assert!(costs.iter().skip(1).all(|(_, requests)| *requests <= 3), "{costs:?}");
    let tail = history(&fixture.ctx, &fixture.tenant, "n", 9_990, 100).await.unwrap();
    assert!(tail.iter().zip(9_990..).all(|(entry, seq)| entry.seq == seq) && tail.len() > 12, "{}", tail.len());
    assert_eq!(latest(&fixture.ctx, &fixture.tenant, "n", 1).await.unwrap().last(), tail.last());
}

/// Launches of a flow at the same time in several processes: each has a number of its own, whoever was overtaken.
#[tokio::test]
async fn launches_at_the_same_time_have_numbers_of_their_own() {
    let fixture = Fixture::ready().await;
    for n in 10..22 {
        fixture.form(&n.to_string(), json!({"amount": 1})).await;
    }
    let contexts: Vec<Context> = (0..3).map(|seed| context(&fixture.local, 40 + seed)).collect();
    let launches =
        (10..22).map(|n| {
            let (ctx, tenant) = (&contexts[n % 3], &fixture.tenant);
            let counted_requests = Launch { number: None, ..launch("", &n.to_string()) };
            async move {
                Processes::new(ctx, tenant, &NotifyingHost).launch(&counted_requests).await.unwrap().instance.number
            }
        });
    let mut numbers = futures::future::join_all(launches).await;
    numbers.sort();
    numbers.dedup();
    assert_eq!(numbers.len(), 12, "{numbers:?}");
}

/// What a caller says once more is no other decision: by the name of the call whenever it comes, and whoever names another
/// call so is told.
#[tokio::test]
async fn a_call_that_was_named_is_made_once() {
    let fixture = Fixture::ready().await;
    fixture.processes().launch(&launch("n", "5")).await.unwrap();
    let call = |key: &str, says: &str| CallName { key: key.into(), says: says.into(), is_named: true };
    let processes = fixture.processes();
    let act = async |name: CallName| processes.act_by(Of::Number("n"), Some(&name), &mut |_| Ok(vec![approve()])).await;
    let first = act(call("k1", "s")).await.unwrap();
    fixture.clock.advance(std::time::Duration::from_secs(86_400));
    let again = act(call("k1", "s")).await.unwrap();
    assert_eq!((first.changed, again.changed, again.instance.open_nodes()), (true, false, vec!["b"]));
    assert_eq!(code(act(call("k1", "other")).await), "process.request-taken");
    let both = tokio::join!(act(call("k2", "s")), act(call("k2", "s")));
    assert_ne!(both.0.unwrap().changed, both.1.unwrap().changed);
    assert_eq!(processes.instance("n").await.unwrap().unwrap().state, State::Passed);
    assert!(!act(call("k2", "s")).await.unwrap().changed, "of what is over, too");
}

/// Fields that a node lets people change are stored with the decision, in the form and in every copy of it; and no others.
#[tokio::test]
async fn what_is_filled_in_with_a_decision_is_stored_with_it() {
    let fixture = Fixture::new().await;
    let settings = [("a", "t:assignee=\"u\" t:editableFields=\"amount\"")];
    let flow = draft("s>a a>x x>b?amount_>_10 x>e! b>e", &settings);
    create(&fixture.ctx, &fixture.tenant, &flow, &|_| true).await.unwrap();
    publish(&fixture.ctx, &fixture.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    fixture.form("5", json!({"amount": 3})).await;
    let order = fixture.processes().launch(&launch("n", "5")).await.unwrap().instance.order;
    fixture.processes().launch(&launch("m", "5")).await.unwrap();
    let with = |fields: Value| {
        Event::Decide(Decide { approve: true, by: "u".into(), fields: data(fields), ..Decide::default() })
    };
    assert_eq!(code(fixture.processes().act("n", &with(json!({"other": 1}))).await), "process.field-read-only");
    let (ctx, counted_requests) = counting(&fixture);
    load(&ctx, &fixture.tenant, "ztbxx01", 1).await.unwrap();
    let processes = Processes::new(&ctx, &fixture.tenant, &NotifyingHost);
    processes.by_order(order).await.unwrap();
    counted_requests.store(0, Ordering::SeqCst);
    let changes = with(json!({"amount": 11}));
    let acted = processes.act_by(Of::Order(order), None, &mut |_| Ok(vec![changes.clone()])).await.unwrap();
    assert!(counted_requests.load(Ordering::SeqCst) <= 3, "{}", counted_requests.load(Ordering::SeqCst));
    assert_eq!(acted.instance.open_nodes(), ["b"], "the way goes by what was filled in");
    let form = read_form(&fixture.ctx, &fixture.tenant, "ztbxx01", "5").await.unwrap().unwrap();
    assert_eq!((form.saved, &form.data["amount"], form.by.as_str()), (2, &json!(11), "u"));
    for number in ["n", "m"] {
        assert_eq!(fixture.processes().with_data(number).await.unwrap().unwrap().1["amount"], json!(11), "{number}");
    }
    let entries = history(&fixture.ctx, &fixture.tenant, "n", 0, 100).await.unwrap();
    let change = entries.iter().flat_map(|entry| &entry.changes).next().unwrap();
    assert_eq!((change.field.as_str(), &change.from, &change.to), ("amount", &json!(3), &json!(11)));
    let other = fixture.processes().act("m", &with(json!({"amount": 11}))).await.unwrap();
    assert_eq!(other.instance.open_nodes(), ["b"]);
    assert_eq!(read_form(&fixture.ctx, &fixture.tenant, "ztbxx01", "5").await.unwrap().unwrap().saved, 2, "as it was");
}

#[tokio::test]
async fn what_is_due_is_found_by_its_time_and_not_again() {
    let fixture = Fixture::new().await;
    let settings = [("a", "t:assignee=\"u\" t:dueDate=\"PT2H\" t:remindBefore=\"PT1H\"")];
    create(&fixture.ctx, &fixture.tenant, &draft("s>a a>e", &settings), &|_| true).await.unwrap();
    publish(&fixture.ctx, &fixture.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    fixture.form("5", json!({"amount": 3})).await;
    fixture.processes().launch(&launch("n", "5")).await.unwrap();
    assert_eq!(due(&fixture.ctx).await.unwrap(), []);
    for _ in 0..2 {
        fixture.clock.advance(std::time::Duration::from_secs(3_600));
        let found = due(&fixture.ctx).await.unwrap();
        assert_eq!(
            found.iter().map(|due| (due.tenant.as_str(), due.number.as_str())).collect::<Vec<_>>(),
            [("t-1", "n")]
        );
        assert!(fixture.processes().tick("n").await.unwrap().changed);
        assert_eq!(due(&fixture.ctx).await.unwrap(), []);
        assert!(!fixture.processes().tick("n").await.unwrap().changed);
    }
}

/// More is due than a page holds, and some of it cannot be done: everything else is.
#[tokio::test]
async fn what_cannot_be_done_holds_nothing_up_that_is_due() {
    let fixture = Fixture::new().await;
    let settings = [("a", "t:assignee=\"u\" t:dueDate=\"PT2H\"")];
    create(&fixture.ctx, &fixture.tenant, &draft("s>a a>e", &settings), &|_| true).await.unwrap();
    publish(&fixture.ctx, &fixture.tenant, ("ztbxx01", "C", None), None, &|_| true).await.unwrap();
    fixture.form("5", json!({"amount": 3})).await;
    for n in 0..30 {
        fixture.processes().launch(&launch(&format!("n{n}"), "5")).await.unwrap();
    }
    fixture.clock.advance(std::time::Duration::from_secs(7_200));
    let mut found = Vec::new();
    let mut backlog = Backlog::new(&fixture.ctx).by(2);
    while let Some(page) = backlog.next(&fixture.ctx).await.unwrap() {
        for due in page {
            // Those that come first stay as they are.
            if found.len() >= 10 {
                assert!(fixture.processes().tick(&due.number).await.unwrap().changed);
            }
            found.push(due.number);
        }
    }
    found.sort();
    found.dedup();
    assert_eq!((found.len(), due(&fixture.ctx).await.unwrap().len()), (30, 10));
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
    let fixture = Fixture::ready().await;
    to_its_end(&fixture.processes()).await.unwrap();
    let whole = (fixture.queued().await, history(&fixture.ctx, &fixture.tenant, "n", 0, 100).await.unwrap().len());
    let (gate, writes) = Gate::counting_writes();
    let fixture = Fixture::ready().await;
    let ctx = context(&fixture.local.with_gate(gate), 5);
    to_its_end(&Processes::new(&ctx, &fixture.tenant, &NotifyingHost)).await.unwrap();
    let writes = writes.load(Ordering::SeqCst);
    assert!(writes >= 6, "{writes}");
    for n in 0..writes {
        for moment in [Moment::Before, Moment::After] {
            let fixture = Fixture::ready().await;
            let dead = context(&fixture.local.with_gate(Gate::crash_at_write(n, moment)), 6);
            // A message that is not sent is the sweeper's; nothing is told to the caller.
            let _ = to_its_end(&Processes::new(&dead, &fixture.tenant, &NotifyingHost)).await;
            fixture.clock.advance(std::time::Duration::from_secs(60));
            to_its_end(&fixture.processes()).await.unwrap();
            let instance = fixture.processes().instance("n").await.unwrap().unwrap();
            assert_eq!((instance.state, instance.tokens.len()), (State::Passed, 0), "{n} {moment:?}");
            fixture.clock.advance(std::time::Duration::from_secs(60));
            let entries = history(&fixture.ctx, &fixture.tenant, "n", 0, 100).await.unwrap().len();
            assert_eq!((fixture.queued().await, entries), whole, "{n} {moment:?}");
        }
    }
}
