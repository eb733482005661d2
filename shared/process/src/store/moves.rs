//! Moves: what a caller wants of an instance as it stands, made in one transaction under its version, with its history and
//! whatever follows from it; messages are promised in it and sent after it.

use super::definitions;
use super::due;
use super::failure::Failure;
use super::forms::{Copy, FormRecord, check_length};
use super::history;
use super::instances::{Moved, Processes};
use super::keys;
use super::rows::Row;
use crate::definition::Definition;
use crate::people::Answers;
use crate::run::{self, Answered, Effect, Entry, Environment, Event, Instance, Refused, Step, Stop};
use serde_json::{Map, Value};
use tenon_platform::table::{Expect, Stored, Transacted, Write, in_the_way};
use tenon_platform::{Error, outbox};

/// Times a move is begun anew when somebody else moved the instance meanwhile.
const TIMES: usize = 12;
/// Times people are asked for in one move: what comes behind them is not known before they are.
const ROUNDS: usize = 5;
/// Records of one transaction.
const TOGETHER: usize = 100;

/// Which instance is meant.
#[derive(Clone, Copy, Debug)]
pub enum Of<'a> {
    /// That of a running number.
    Number(&'a str),
    /// That of an order's number, with the saved form.
    Order(i64),
}

/// Names a call, so that its repetition changes nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallName {
    /// Its name: the caller's own, or what it says.
    pub key: String,
    /// What it says; of another call of the same name it is told.
    pub says: String,
    /// Whether the caller named it: then it is carried out once, as long as it is remembered. Whether any other is a repetition
    /// is the plan's to say.
    pub is_named: bool,
}

/// An instance as somebody finds it who wants something of it.
pub struct CurrentInstance<'a> {
    /// The instance.
    pub instance: &'a Instance,
    /// What it runs on.
    pub definition: &'a Definition,
    /// The form's data.
    pub data: &'a Map<String, Value>,
    /// How often the form was saved.
    pub saved: u64,
    /// Decisions of open tasks that were stored and told here.
    pub rows: &'a [Row],
    /// Whether such were told in this round.
    pub has_rows: bool,
    /// Epoch ms at which a call like this one moved it in this round.
    pub answered_ms: Option<i64>,
}

/// What is wanted of an instance as it stands; asked again where somebody else moved it meanwhile.
pub type Plan<'p> = dyn FnMut(&CurrentInstance<'_>) -> std::result::Result<Vec<Event>, Failure> + Send + 'p;

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

/// An instance with what lies beside it.
pub(super) struct Loaded {
    pub stored: Stored<Instance>,
    pub copy: Copy,
    pub rows: Option<Stored<super::rows::Rows>>,
    pub form: Option<Stored<FormRecord>>,
}

/// Steps that are stored together.
pub(super) struct Move {
    pub instance: Instance,
    history: Vec<Entry>,
    effects: Vec<Effect>,
    data: Map<String, Value>,
    /// Whether the form was changed.
    filled_in: bool,
    changed: bool,
}

impl Move {
    /// One step.
    pub fn of(step: Step, data: Map<String, Value>) -> Self {
        let Step { instance, history, effects, changed, data: new } = step;
        let filled_in = new.is_some();
        Self { instance, history, effects, data: new.unwrap_or(data), filled_in, changed }
    }

    fn none(loaded: &Loaded) -> Self {
        Self {
            instance: loaded.stored.data.clone(),
            history: Vec::new(),
            effects: Vec::new(),
            data: loaded.copy.data.clone(),
            filled_in: false,
            changed: false,
        }
    }

    fn add(&mut self, step: Step) {
        self.instance = step.instance;
        self.history.extend(step.history);
        self.effects.extend(step.effects);
        self.changed |= step.changed;
        if let Some(data) = step.data {
            (self.data, self.filled_in) = (data, true);
        }
    }
}

impl Processes<'_> {
    /// Makes a move. A repetition that finds nothing to do changes nothing.
    ///
    /// # Errors
    /// `process.unknown-instance`, and those of a step; those of the table.
    pub async fn act(&self, number: &str, event: &Event) -> std::result::Result<Acted, Failure> {
        self.act_by(Of::Number(number), None, &mut |_| Ok(vec![event.clone()])).await
    }

    /// Makes what is wanted of an instance as it stands: all of it or nothing, read once and written once. A call that was
    /// answered before changes nothing.
    ///
    /// # Errors
    /// As [`act`](Self::act), and the plan's own.
    pub async fn act_by(
        &self,
        of: Of<'_>,
        call: Option<&CallName>,
        plan: &mut Plan<'_>,
    ) -> std::result::Result<Acted, Failure> {
        let mut times = 0;
        while times < TIMES {
            let Some(loaded) = self.loaded(of).await? else { return Err(unknown(of)) };
            let was = &loaded.stored.data;
            let answered = call.and_then(|call| was.answered.iter().find(|known| known.key == call.key));
            if let (Some(call), Some(known)) = (call.filter(|call| call.is_named), answered) {
                return repeated(was, call, known);
            }
            let definition = definitions::load(self.ctx, self.tenant, &was.flow, was.version).await?;
            let rows = loaded.rows.as_ref().map(|rows| &rows.data);
            let events = plan(&CurrentInstance {
                instance: was,
                definition: &definition,
                data: &loaded.copy.data,
                saved: loaded.copy.saved,
                rows: rows.map_or(&[], |rows| rows.rows.as_slice()),
                has_rows: rows.is_some_and(|rows| rows.round == was.round),
                answered_ms: answered.filter(|known| known.round == was.round).map(|known| known.at_ms),
            })?;
            let (mut made, whole) = self.made(&definition, &loaded, &events).await?;
            if !made.changed {
                return Ok(Acted { instance: made.instance, effects: Vec::new(), changed: false });
            }
            if let Some(call) = call.filter(|_| whole) {
                made.instance.has_answered(Answered {
                    key: call.key.clone(),
                    says: call.says.clone(),
                    round: was.round,
                    at_ms: self.ctx.now_ms(),
                });
            }
            let beside = match made.filled_in {
                true => self.form_writes(&loaded, &made).await?,
                false => Vec::new(),
            };
            match self.store(&definition, Some(&loaded.stored), made, beside).await? {
                Some((instance, effects)) if whole => return Ok(Acted { instance, effects, changed: true }),
                // The rest has a transaction of its own.
                Some(_) => {}
                None => times += 1,
            }
        }
        Err(in_the_way("others keep moving the same instance").into())
    }

    /// The steps of these events, as far as one transaction holds them; whether those are all.
    async fn made(
        &self,
        definition: &Definition,
        loaded: &Loaded,
        events: &[Event],
    ) -> std::result::Result<(Move, bool), Failure> {
        let (mut made, mut answers) = (Move::none(loaded), Answers::new());
        let enterprise = loaded.stored.data.enterprise.clone();
        for event in events {
            let was = made.instance.clone();
            let step = self.step(definition, Some(&was), &enterprise, (event, &made.data), &mut answers).await?;
            if made.changed && run::touched(&made.effects) + run::touched(&step.effects) > run::MAX_TOUCHED {
                return Ok((made, false));
            }
            made.add(step);
        }
        Ok((made, true))
    }

    /// A step, with who people are asked for as long as it needs to know.
    pub(super) async fn step(
        &self,
        definition: &Definition,
        was: Option<&Instance>,
        enterprise: &str,
        (event, data): (&Event, &Map<String, Value>),
        answers: &mut Answers,
    ) -> std::result::Result<Step, Failure> {
        for _ in 0..ROUNDS {
            let environment = Environment {
                now_ms: self.ctx.now_ms(),
                data,
                answers,
                urge_every_ms: self.host.urge_every_ms(enterprise),
            };
            match run::step(definition, was, event, &environment) {
                Ok(step) => return Ok(step),
                Err(Stop::Refused(refused)) => return Err(Failure::Refused(refused)),
                Err(Stop::Needs(questions)) => {
                    answers.extend(self.host.people(self.ctx, self.tenant, enterprise, &questions).await?);
                }
            }
        }
        Err(Error::transient("process.people", "it was not said who people are that a step asked for").into())
    }

    /// The writes of a form that was changed with a decision: the saved one, and the copies of those that go by it.
    async fn form_writes(&self, loaded: &Loaded, made: &Move) -> std::result::Result<Vec<Write>, Failure> {
        check_length(&made.data)?;
        let instance = &made.instance;
        let key = keys::form(self.tenant, &instance.flow, &instance.data_id);
        let form = match &loaded.form {
            Some(form) => Some(form.clone()),
            None => self.ctx.table.get::<FormRecord>(&key).await?,
        };
        let Some(form) = form else {
            let copy = Copy { data: made.data.clone(), saved: loaded.copy.saved + 1 };
            return Ok(vec![Write::put(keys::data(self.tenant, &instance.number), &copy, Expect::Anything)?]);
        };
        let mut record = form.data.clone();
        record.data.clone_from(&made.data);
        record.saved += 1;
        record.updated_ms = self.ctx.now_ms();
        if let Some(by) = made.history.iter().map(|entry| entry.by.as_str()).find(|by| !by.is_empty()) {
            record.by = by.to_owned();
        }
        let mut writes = vec![Write::put(key, &record, Expect::Version(form.version))?];
        let mut numbers = record.instances.clone();
        if !numbers.contains(&instance.number) {
            numbers.push(instance.number.clone());
        }
        for number in numbers {
            writes.push(Write::put(keys::data(self.tenant, &number), &record.copy(), Expect::Anything)?);
        }
        Ok(writes)
    }

    /// Stores a move with all that follows; `None` when somebody else was first.
    pub(super) async fn store(
        &self,
        definition: &Definition,
        was: Option<&Stored<Instance>>,
        made: Move,
        mut writes: Vec<Write>,
    ) -> std::result::Result<Option<(Instance, Vec<Effect>)>, Failure> {
        let now = self.ctx.now_ms();
        let Move { instance, history, effects, data, .. } = made;
        let moved = Moved {
            definition,
            was: was.map(|stored| &stored.data),
            instance: &instance,
            history: &history,
            effects: &effects,
            data: &data,
        };
        let followed = self.host.follow(self.ctx, self.tenant, &moved)?;
        let expect = was.map_or(Expect::AbsentAt(now), |stored| Expect::Version(stored.version));
        let write = Write::put(keys::instance(self.tenant, &instance.number), &instance, expect)?;
        writes.push(due::indexed(write, &instance));
        writes.extend(history::write(self.tenant, &instance.number, &history, now)?);
        writes.extend(followed.writes);
        for entry in &followed.entries {
            writes.push(entry.write()?);
        }
        if writes.len() > TOGETHER {
            return Err(Failure::Refused(run::too_many_people()));
        }
        if let Transacted::Conflict(_) = self.ctx.table.transact_each(writes).await? {
            return Ok(None);
        }
        if let Err(error) = outbox::send_each(self.ctx, followed.entries).await {
            tracing::warn!(process.number = %instance.number, error.code = error.code, error.message = %error, "what follows from a move is sent later: the queue did not take it");
        }
        Ok(Some((instance, effects)))
    }
}

fn unknown(of: Of<'_>) -> Failure {
    let number = match of {
        Of::Number(number) => number.to_owned(),
        Of::Order(order) => order.to_string(),
    };
    let (zh, en) = (format!("流程{number}不存在"), format!("there is no instance {number}"));
    Failure::refused("process.unknown-instance", zh, en)
}

/// A call that was carried out before.
fn repeated(instance: &Instance, call: &CallName, known: &Answered) -> std::result::Result<Acted, Failure> {
    if known.says != call.says {
        return Err(Failure::Refused(Refused::new(
            "process.request-taken",
            "该请求标识已用于另一次调用",
            "another call was made under this request's name",
        )));
    }
    Ok(Acted { instance: instance.clone(), effects: Vec::new(), changed: false })
}
