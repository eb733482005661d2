//! Instances: launched, read, moved. Each move is one transaction under the instance's version, with its history, and with
//! whatever follows from it; messages are promised in it and sent after it.

use super::definitions::{self, Head};
use super::due;
use super::failure::Failure;
use super::forms::{Copy, FormRecord};
use super::history;
use super::keys::{self, DATA, INSTANCE};
use crate::definition::Definition;
use crate::people::{Answers, Initiator, Question};
use crate::run::{self, Effect, Entry, Event, Instance, Refused, Start, Step, Stop, World};
use crate::when::month;
use async_trait::async_trait;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use std::sync::Arc;
use tenon_model::TenantId;
use tenon_platform::table::{Count, Counted, Expect, Range, Stored, Transacted, Write, in_the_way};
use tenon_platform::{Context, Error, Result, outbox};

/// A task is urged once within this many ms.
pub const URGE_EVERY_MS: i64 = 10 * 60_000;
/// Times a move is begun anew when somebody else moved the instance meanwhile.
const TIMES: usize = 12;
/// Times people are asked for in one move: what comes behind them is not known before they are.
const ROUNDS: usize = 5;
/// Longest running number, in characters.
const NUMBER: usize = 100;

/// Which instance has an order's number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Pointer {
    pub number: String,
}

/// Who people are, and what follows from a move.
#[async_trait]
pub trait Surroundings: Send + Sync {
    /// Who these are; every question is answered.
    ///
    /// # Errors
    /// Those of where people are looked up.
    async fn people(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        enterprise: &str,
        questions: &[Question],
    ) -> Result<Answers>;

    /// A task is urged once within this many ms.
    fn urge_every_ms(&self, _enterprise: &str) -> i64 {
        URGE_EVERY_MS
    }

    /// What follows from a move, to be stored with it.
    ///
    /// # Errors
    /// When it cannot be written.
    fn follow(&self, ctx: &Context, tenant: &TenantId, moved: &Moved<'_>) -> Result<Followed>;
}

/// A move that is about to be stored.
pub struct Moved<'a> {
    /// What it runs on.
    pub definition: &'a Definition,
    /// The instance as it was; none for a launch.
    pub was: Option<&'a Instance>,
    /// The instance as it is to be.
    pub instance: &'a Instance,
    /// What is written down.
    pub history: &'a [Entry],
    /// What is to be done.
    pub effects: &'a [Effect],
    /// The form's data.
    pub data: &'a Map<String, Value>,
}

/// What follows from a move.
#[derive(Default)]
pub struct Followed {
    /// Writes of the same transaction, some eighty at most.
    pub writes: Vec<Write>,
    /// Messages that are promised in it and sent after it.
    pub entries: Vec<outbox::Entry>,
}

/// How an instance is to begin.
#[derive(Clone, Debug, Default)]
pub struct Launch {
    /// The running number; without one it has the next of its flow and month.
    pub number: Option<String>,
    /// The flow.
    pub flow: String,
    /// The form's record.
    pub data_id: String,
    /// Who starts it.
    pub initiator: Initiator,
}

/// What came of a launch.
#[derive(Clone, Debug)]
pub struct Launched {
    /// The instance.
    pub instance: Instance,
    /// Whether it is of this launch, and was not there before.
    pub is_new: bool,
}

/// What came of a move.
#[derive(Clone, Debug)]
pub struct Acted {
    /// The instance as it is now.
    pub instance: Instance,
    /// What was done by it.
    pub effects: Vec<Effect>,
    /// Whether anything was.
    pub changed: bool,
}

/// The processes of a tenant.
#[derive(Clone, Copy)]
pub struct Processes<'a> {
    ctx: &'a Context,
    tenant: &'a TenantId,
    around: &'a dyn Surroundings,
}

impl<'a> Processes<'a> {
    /// Those of this tenant.
    pub fn new(ctx: &'a Context, tenant: &'a TenantId, around: &'a dyn Surroundings) -> Self {
        Self { ctx, tenant, around }
    }

    /// An instance.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn instance(&self, number: &str) -> Result<Option<Instance>> {
        let stored = self.ctx.table.get::<Instance>(&keys::instance(self.tenant, number)).await?;
        Ok(stored.map(|stored| stored.data))
    }

    /// The instance of an order's number.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn by_order(&self, order: i64) -> Result<Option<Instance>> {
        match self.ctx.table.get::<Pointer>(&keys::order(self.tenant, order)).await? {
            Some(pointer) => self.instance(&pointer.data.number).await,
            None => Ok(None),
        }
    }

    /// An instance with the form's data that it goes by.
    ///
    /// # Errors
    /// Those of the table.
    pub async fn with_data(&self, number: &str) -> Result<Option<(Instance, Map<String, Value>)>> {
        Ok(self.load(number).await?.map(|(stored, copy)| (stored.data, copy.data)))
    }

    async fn load(&self, number: &str) -> Result<Option<(Stored<Instance>, Copy)>> {
        let partition = keys::instance_partition(self.tenant, number);
        let page = self.ctx.table.query::<Value>(&partition, Range::default()).await?;
        let (mut instance, mut copy) = (None, Copy::default());
        for Stored { sort, version, data } in page.items {
            let wrong = |e: serde_json::Error| Error::permanent("platform.table", format!("instance {number}: {e}"));
            match sort.as_str() {
                INSTANCE => instance = read(Some(Stored { sort, version, data }))?,
                DATA => copy = serde_json::from_value(data).map_err(wrong)?,
                _ => {}
            }
        }
        Ok(instance.map(|instance| (instance, copy)))
    }

    /// Starts an instance on the version that is published. The same running number once more, or the same form without
    /// one, is the same instance.
    ///
    /// # Errors
    /// `process.unknown-flow`, `process.not-published`, `process.form-missing`, `process.number-taken`,
    /// `process.number-wrong`, and those of a step; those of the table.
    pub async fn launch(&self, launch: &Launch) -> std::result::Result<Launched, Failure> {
        let asked = launch.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
        if let Some(number) = asked {
            let sound =
                number.chars().count() <= NUMBER && !number.chars().any(|c| c.is_control() || c.is_whitespace());
            if !sound {
                let (zh, en) =
                    ("flowRunningNumber过长或含空白字符", "a running number has no blanks, and 100 characters at most");
                return Err(Failure::refused("process.number-wrong", zh, en));
            }
        }
        for _ in 0..TIMES {
            let found = self.find(launch, asked).await?;
            if let Some(instance) = found.instance {
                return launched_before(instance, launch);
            }
            let ((head, version), form) = ready(launch, found.head, found.form)?;
            if asked.is_none()
                && let Some(number) = &form.data.launched
                && let Some(instance) = self.instance(number).await?
            {
                return Ok(Launched { instance, is_new: false });
            }
            let number = match asked {
                Some(number) => number.to_owned(),
                None => self.next_number(&launch.flow).await?,
            };
            let definition = definitions::load(self.ctx, self.tenant, &launch.flow, version).await?;
            let start = Start {
                number,
                order: self.order()?,
                enterprise: head.enterprise,
                data_id: launch.data_id.clone(),
                initiator: launch.initiator.clone(),
            };
            if let Some(instance) = self.try_launch(&definition, start, &form).await? {
                return Ok(Launched { instance, is_new: true });
            }
        }
        Err(in_the_way("others keep launching the same form").into())
    }

    /// The flow, the form, and the instance of the number that is asked for, in one request.
    async fn find(&self, launch: &Launch, asked: Option<&str>) -> Result<Found> {
        let head = keys::head(self.tenant, &launch.flow);
        let form = keys::form(self.tenant, &launch.flow, &launch.data_id);
        let instance = asked.map(|number| keys::instance(self.tenant, number));
        let mut wanted = vec![head.clone()];
        wanted.extend((!launch.data_id.is_empty()).then(|| form.clone()));
        wanted.extend(instance.clone());
        let mut found = self.ctx.table.get_many::<Value>(&wanted).await?;
        Ok(Found {
            head: read(found.remove(&head))?,
            form: read(found.remove(&form))?,
            instance: read(instance.and_then(|key| found.remove(&key)))?.map(|stored| stored.data),
        })
    }

    /// The next running number of a flow, `ztbxx01_202108_0001`. Numbers that were not used are gaps.
    async fn next_number(&self, flow: &str) -> Result<String> {
        let month = month(self.ctx.now_ms());
        let count = Count::new(keys::numbers(self.tenant, flow, &month)).add("n", 1);
        let (Counted::Done(counters) | Counted::Full(counters)) = self.ctx.table.count(count).await?;
        let number = counters.get("n").copied().unwrap_or(1);
        Ok(format!("{flow}_{month}_{number:04}"))
    }

    /// A number below 2^53, so that programs which read numbers as floats read it whole.
    fn order(&self) -> Result<i64> {
        let [one, other] = self.ctx.entropy.bytes::<2>()?;
        let random = i64::from(u16::from_be_bytes([one, other])) % 1_000;
        Ok(self.ctx.now_ms().clamp(0, 9_000_000_000_000) * 1_000 + random)
    }

    async fn try_launch(
        &self,
        definition: &Arc<Definition>,
        start: Start,
        form: &Stored<FormRecord>,
    ) -> std::result::Result<Option<Instance>, Failure> {
        let now = self.ctx.now_ms();
        let (number, order, enterprise) = (start.number.clone(), start.order, start.enterprise.clone());
        let event = Event::Launch(start);
        let mut step = self.step(definition, None, &enterprise, (&event, &form.data.data)).await?;
        step.instance.tenant = self.tenant.as_str().to_owned();
        let record = form.data.clone().launching(&number);
        let form_key = keys::form(self.tenant, &record.flow, &record.data_id);
        let beside = vec![
            Write::put(keys::data(self.tenant, &number), &record.copy(), Expect::Anything)?,
            Write::put(form_key, &record, Expect::Version(form.version))?,
            Write::put(keys::order(self.tenant, order), &Pointer { number }, Expect::AbsentAt(now))?,
        ];
        let stored = self.store(definition, None, step, &form.data.data, beside).await?;
        Ok(stored.map(|(instance, _)| instance))
    }

    /// Makes a move. A repetition that finds nothing to do changes nothing.
    ///
    /// # Errors
    /// `process.unknown-instance`, and those of a step; those of the table.
    pub async fn act(&self, number: &str, event: &Event) -> std::result::Result<Acted, Failure> {
        for _ in 0..TIMES {
            let Some((stored, copy)) = self.load(number).await? else {
                let (zh, en) = (format!("流程{number}不存在"), format!("there is no instance {number}"));
                return Err(Failure::refused("process.unknown-instance", zh, en));
            };
            let was = &stored.data;
            let definition = definitions::load(self.ctx, self.tenant, &was.flow, was.version).await?;
            let step = self.step(&definition, Some(was), &was.enterprise, (event, &copy.data)).await?;
            if !step.changed {
                return Ok(Acted { instance: step.instance, effects: Vec::new(), changed: false });
            }
            if let Some((instance, effects)) =
                self.store(&definition, Some(&stored), step, &copy.data, Vec::new()).await?
            {
                return Ok(Acted { instance, effects, changed: true });
            }
        }
        Err(in_the_way("others keep moving the same instance").into())
    }

    /// A step, with who people are asked for as long as it needs to know.
    async fn step(
        &self,
        definition: &Definition,
        was: Option<&Instance>,
        enterprise: &str,
        (event, data): (&Event, &Map<String, Value>),
    ) -> std::result::Result<Step, Failure> {
        let mut answers = Answers::new();
        for _ in 0..ROUNDS {
            let world = World {
                now_ms: self.ctx.now_ms(),
                data,
                answers: &answers,
                urge_every_ms: self.around.urge_every_ms(enterprise),
            };
            match run::step(definition, was, event, &world) {
                Ok(step) => return Ok(step),
                Err(Stop::Refused(refused)) => return Err(Failure::Refused(refused)),
                Err(Stop::Needs(questions)) => {
                    answers.extend(self.around.people(self.ctx, self.tenant, enterprise, &questions).await?);
                }
            }
        }
        Err(Error::transient("process.people", "it was not said who people are that a step asked for").into())
    }

    /// Stores a step with all that follows; `None` when somebody else was first.
    async fn store(
        &self,
        definition: &Definition,
        was: Option<&Stored<Instance>>,
        step: Step,
        data: &Map<String, Value>,
        mut writes: Vec<Write>,
    ) -> Result<Option<(Instance, Vec<Effect>)>> {
        let now = self.ctx.now_ms();
        let Step { instance, history, effects, .. } = step;
        let moved = Moved {
            definition,
            was: was.map(|stored| &stored.data),
            instance: &instance,
            history: &history,
            effects: &effects,
            data,
        };
        let followed = self.around.follow(self.ctx, self.tenant, &moved)?;
        let expect = was.map_or(Expect::AbsentAt(now), |stored| Expect::Version(stored.version));
        let write = Write::put(keys::instance(self.tenant, &instance.number), &instance, expect)?;
        writes.push(due::indexed(write, &instance));
        writes.extend(history::write(self.tenant, &instance.number, &history, now)?);
        writes.extend(followed.writes);
        for entry in &followed.entries {
            writes.push(entry.write()?);
        }
        if let Transacted::Conflict(_) = self.ctx.table.transact_each(writes).await? {
            return Ok(None);
        }
        for entry in followed.entries {
            if let Err(error) = entry.send(self.ctx).await {
                tracing::warn!(process.number = %instance.number, error.code = error.code, error.message = %error, "what follows from a move is sent later: the queue did not take it");
            }
        }
        Ok(Some((instance, effects)))
    }
}

/// What a launch finds.
struct Found {
    head: Option<Stored<Head>>,
    form: Option<Stored<FormRecord>>,
    instance: Option<Instance>,
}

fn read<T: DeserializeOwned>(found: Option<Stored<Value>>) -> Result<Option<Stored<T>>> {
    let Some(Stored { sort, version, data }) = found else { return Ok(None) };
    let wrong = |e: serde_json::Error| Error::permanent("platform.table", format!("the record {sort}: {e}"));
    let data = serde_json::from_value(data).map_err(wrong)?;
    Ok(Some(Stored { sort, version, data }))
}

/// What a launch needs: a version that is published, and a form that was saved.
fn ready(
    launch: &Launch,
    head: Option<Stored<Head>>,
    form: Option<Stored<FormRecord>>,
) -> std::result::Result<((Head, u32), Stored<FormRecord>), Failure> {
    let Some(head) = head.map(|stored| stored.data) else {
        let (zh, en) = (format!("流程{}不存在", launch.flow), format!("there is no flow {}", launch.flow));
        return Err(Failure::refused("process.unknown-flow", zh, en));
    };
    let Some(version) = head.published else {
        let (zh, en) =
            (format!("流程{}未发布", head.code), format!("no version of the flow {} is published", head.code));
        return Err(Failure::refused("process.not-published", zh, en));
    };
    let Some(form) = form else {
        let (zh, en) = (
            format!("前提是录入表单数据的看板已保存：没有dataId为{}的表单数据", launch.data_id),
            format!("the form's data is to be saved first: there is none of the id {}", launch.data_id),
        );
        return Err(Failure::refused("process.form-missing", zh, en));
    };
    Ok(((head, version), form))
}

/// What a launch finds that was made before.
fn launched_before(instance: Instance, launch: &Launch) -> std::result::Result<Launched, Failure> {
    if instance.flow == launch.flow && instance.data_id == launch.data_id {
        return Ok(Launched { instance, is_new: false });
    }
    Err(Failure::Refused(Refused::new(
        "process.number-taken",
        format!("流水号{}已用于流程{}的另一份表单", instance.number, instance.flow),
        format!("the running number {} is that of another form of the flow {}", instance.number, instance.flow),
    )))
}
