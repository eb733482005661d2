//! Launches: an instance begins on the version that is published, with a copy of its form and a running number.

use super::definitions::{self, Head};
use super::failure::Failure;
use super::forms::FormRecord;
use super::instances::{Pointer, Processes, read};
use super::keys;
use super::moves::Move;
use super::numbers::{self, Numbers};
use crate::definition::Definition;
use crate::people::{Answers, Initiator};
use crate::run::{Event, Instance, Refused, Start};
use serde_json::Value;
use std::sync::Arc;
use tenon_platform::Result;
use tenon_platform::table::{Expect, Stored, Write, in_the_way};

/// Times a launch is begun anew when somebody else launched the same form meanwhile.
const TIMES: usize = 12;
/// Longest running number, in characters.
const NUMBER: usize = 100;

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

/// What a launch finds.
struct Found {
    head: Option<Stored<Head>>,
    form: Option<Stored<FormRecord>>,
    instance: Option<Instance>,
    counted: Option<Stored<Value>>,
}

impl Processes<'_> {
    /// Starts an instance on the version that is published. The same running number once more, or the same form without
    /// one, is the same instance.
    ///
    /// # Errors
    /// `process.unknown-flow`, `process.not-published`, `process.form-missing`, `process.number-taken`,
    /// `process.number-wrong`, and those of a step; those of the table.
    pub async fn launch(&self, launch: &Launch) -> std::result::Result<Launched, Failure> {
        let number_given = launch.number.as_deref().map(str::trim).filter(|number| !number.is_empty());
        number_given.map_or(Ok(()), sound)?;
        let _turn = match number_given {
            None => Some(numbers::turn(self.ctx, self.tenant, &launch.flow).await),
            Some(_) => None,
        };
        let numbers = Numbers::new(self.ctx, self.tenant, &launch.flow);
        for time in 0..TIMES {
            let found = self.find(launch, number_given, &numbers).await?;
            if let Some(instance) = found.instance {
                return launched_before(instance, launch);
            }
            let ((head, version), form) = ready(launch, found.head, found.form)?;
            if number_given.is_none()
                && let Some(number) = &form.data.launched
                && let Some(instance) = self.instance(number).await?
            {
                return Ok(Launched { instance, is_new: false });
            }
            let (number, counting) = match number_given {
                Some(number) => (number.to_owned(), None),
                None if time == 0 => {
                    let (number, write) = numbers.next(found.counted.as_ref());
                    (number, Some(write))
                }
                // Somebody else was first, or asked for this number before.
                None => (numbers.take(self.ctx).await?, None),
            };
            let definition = definitions::load(self.ctx, self.tenant, &launch.flow, version).await?;
            let start = Start {
                number,
                order: self.order()?,
                enterprise: head.enterprise,
                data_id: launch.data_id.clone(),
                initiator: launch.initiator.clone(),
            };
            if let Some(instance) = self.try_launch(&definition, start, &form, counting).await? {
                return Ok(Launched { instance, is_new: true });
            }
        }
        Err(in_the_way("others keep launching the same form").into())
    }

    /// The flow, the form, and the instance of the number that is asked for or how many numbers were counted, in one request.
    async fn find(&self, launch: &Launch, number_given: Option<&str>, numbers: &Numbers<'_>) -> Result<Found> {
        let head = keys::head(self.tenant, &launch.flow);
        let form = keys::form(self.tenant, &launch.flow, &launch.data_id);
        let instance = number_given.map(|number| keys::instance(self.tenant, number));
        let mut wanted = vec![head.clone()];
        wanted.extend((!launch.data_id.is_empty()).then(|| form.clone()));
        wanted.push(instance.clone().unwrap_or_else(|| numbers.key().clone()));
        let mut found = self.ctx.table.get_many::<Value>(&wanted).await?;
        Ok(Found {
            head: read(found.remove(&head))?,
            form: read(found.remove(&form))?,
            instance: read(instance.and_then(|key| found.remove(&key)))?.map(|stored| stored.data),
            counted: found.remove(numbers.key()),
        })
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
        counting: Option<Write>,
    ) -> std::result::Result<Option<Instance>, Failure> {
        let now = self.ctx.now_ms();
        let (number, order, enterprise) = (start.number.clone(), start.order, start.enterprise.clone());
        let event = Event::Launch(start);
        let mut answers = Answers::new();
        let mut step = self.step(definition, None, &enterprise, (&event, &form.data.data), &mut answers).await?;
        step.instance.tenant = self.tenant.as_str().to_owned();
        let record = form.data.clone().launching(&number);
        let form_key = keys::form(self.tenant, &record.flow, &record.data_id);
        let pointer = Pointer { number: number.clone(), flow: record.flow.clone(), data_id: record.data_id.clone() };
        let mut beside = vec![
            Write::put(keys::data(self.tenant, &number), &record.copy(), Expect::Anything)?,
            Write::put(form_key, &record, Expect::Version(form.version))?,
            Write::put(keys::order(self.tenant, order), &pointer, Expect::AbsentAt(now))?,
        ];
        beside.extend(counting);
        let made = Move::of(step, form.data.data.clone());
        let stored = self.store(definition, None, made, beside).await?;
        if stored.is_some() {
            self.known_order(order, pointer);
        }
        Ok(stored.map(|(instance, _)| instance))
    }
}

fn sound(number: &str) -> std::result::Result<(), Failure> {
    if number.chars().count() <= NUMBER && !number.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Ok(());
    }
    let (zh, en) = ("flowRunningNumber过长或含空白字符", "a running number has no blanks, and 100 characters at most");
    Err(Failure::refused("process.number-wrong", zh, en))
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
