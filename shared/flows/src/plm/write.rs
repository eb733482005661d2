//! One record, from what is stored of it to what came of it. Whoever comes later with the same key waits for whoever has
//! it in hand, and whoever came earlier gives way.

use super::components;
use super::job::{Job, Work};
use super::look::Shown;
use super::outcome::Outcome;
use super::record::{self, LeasedRecord};
use super::send::Sent;
use super::{fit, run, same};
use serde_json::json;
use std::time::Duration;
use tenon_model::config::Receives;
use tenon_model::plm::{PlmAction, PlmRecord, PlmState};
use tenon_platform::runs::Recorder;
use tenon_platform::table::Stored;
use tenon_platform::{Error, ErrorKind, Result, Retry};

/// How often whoever waits for another push of the same key looks.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What was read of a record before its turn came.
pub struct Before {
    /// What was stored.
    pub stored: Option<Stored<PlmRecord>>,
    /// What the ERP showed after that.
    pub seen: Option<Shown>,
}

/// Whose turn it is.
enum Turn {
    Ours,
    Superseded,
    Others,
    /// Until then an earlier change may still be carried out.
    NotBefore(i64),
}

/// What came of a record.
pub struct Written {
    /// Its answer.
    pub outcome: Outcome,
    /// Whether its run is stored with it.
    pub is_recorded: bool,
    /// Whether the record is stored as work that is left.
    pub is_kept: bool,
}

impl Written {
    /// Nothing of it was stored.
    pub fn over(outcome: Outcome) -> Self {
        Self { outcome, is_recorded: false, is_kept: false }
    }
}

impl Work<'_> {
    /// Writes one record, and notes what was done.
    pub async fn write(&self, job: &Job, before: Before, steps: &mut Recorder) -> Written {
        match self.try_write(job, before, steps).await {
            Ok(Some(written)) => written,
            Ok(None) => Written::over(self.not_reached()),
            Err(error) if self.is_for_want_of_time(&error) => Written::over(self.not_reached()),
            Err(error) => Written::over(Outcome::Left(error)),
        }
    }

    /// `None` when its time did not come.
    async fn try_write(&self, job: &Job, before: Before, steps: &mut Recorder) -> Result<Option<Written>> {
        let Before { mut stored, seen } = before;
        let mut shown = Some(seen);
        loop {
            if !self.has_time() {
                return Ok(None);
            }
            match self.turn(job, stored.as_ref().map(|stored| &stored.data)) {
                Turn::Superseded => return Ok(Some(Written::over(Outcome::Done(PlmAction::Superseded)))),
                Turn::NotBefore(until) => return Ok(Some(Written::over(Outcome::Left(self.unsettled_error(until))))),
                Turn::Others => {
                    if !self.is_awaited || self.ctx.time_left().is_some_and(|left| left < LOOK_AGAIN * 20) {
                        return Ok(Some(Written::over(Outcome::Left(busy()))));
                    }
                    self.ctx.clock.sleep(self.ctx.entropy.jitter(LOOK_AGAIN)).await;
                }
                Turn::Ours => {
                    let unclear = stored.as_ref().is_some_and(|stored| stored.data.state.is_unclear());
                    let seen = match shown.take().filter(|_| !unclear) {
                        Some(seen) => seen,
                        None => self.look_at(&job.key).await?,
                    };
                    if let Some(written) = self.take_and_write(job, stored.as_ref(), seen, steps).await? {
                        return Ok(Some(written));
                    }
                }
            }
            // Somebody was there: what was read before does not count any more.
            shown = None;
            stored = record::get(self.after, self.tenant, self.flow, &job.key).await?;
        }
    }

    fn turn(&self, job: &Job, stored: Option<&PlmRecord>) -> Turn {
        let Some(stored) = stored else { return Turn::Ours };
        if (stored.arrival, &stored.push) > (job.arrival, &job.push) {
            return Turn::Superseded;
        }
        if record::is_held(self.after, stored) {
            return Turn::Others;
        }
        match self.unsettled(stored) {
            // The same fields may be written at once: what comes late is no other.
            Some(change) if change.of.as_ref() != Some(&job.fingerprint) => Turn::NotBefore(change.until_ms),
            _ => Turn::Ours,
        }
    }

    /// `None` when somebody else was faster.
    async fn take_and_write(
        &self,
        job: &Job,
        stored: Option<&Stored<PlmRecord>>,
        seen: Option<Shown>,
        steps: &mut Recorder,
    ) -> Result<Option<Written>> {
        let lacks_lines = self.flow.receives == Receives::Boms && components::codes(&job.fields).next().is_none();
        if seen.is_none() && lacks_lines {
            let why = "B1中没有该BOM，新建需要 ProductTreeLines，至少一行 ItemCode；请推送完整的BOM";
            return Ok(Some(Written::over(Outcome::Refused(Error::permanent("plm.lines", why)))));
        }
        if seen.is_none() && fit::is_numbered(self.flow) {
            let (object, name) = (self.flow.object(), self.flow.key_field());
            let why = format!(
                "B1中没有 {object}({})；{name} 由B1编号，不能按它新建：请改用 Code 等自定义编码作为 key",
                job.key
            );
            return Ok(Some(Written::over(Outcome::Refused(Error::permanent("plm.key", why)))));
        }
        let same = seen.as_ref().is_some_and(|shown| same::covers(&shown.row, &job.fields));
        let resumes = stored.is_some_and(|s| s.data.state.is_unclear() && s.data.fingerprint == job.fingerprint);
        let is_there = same && (self.flow.skip_unchanged || resumes);
        let state = match &seen {
            _ if is_there => PlmState::Waiting,
            None => PlmState::Creating,
            Some(_) => PlmState::Changing,
        };
        let Some(mut held) = self.claim(job, stored, state).await? else { return Ok(None) };
        let sent = if is_there {
            steps.note("compared", json!({ "unchanged": true }));
            let was = stored.filter(|_| resumes).map(|stored| stored.data.state);
            Sent::Done(match was {
                Some(PlmState::Creating) => PlmAction::Created,
                Some(PlmState::Changing) => PlmAction::Updated,
                _ => PlmAction::Unchanged,
            })
        } else {
            self.send(&mut held, job, seen, steps).await?
        };
        self.settle(job, held, sent, steps).await.map(Some)
    }

    /// Stores what came of it together with its run.
    async fn settle(&self, job: &Job, mut held: LeasedRecord, sent: Sent, steps: &mut Recorder) -> Result<Written> {
        let state = held.record.state;
        if matches!(sent, Sent::Seen(_)) {
            self.note_unsettled(&mut held.record);
        }
        let (outcome, state) = match sent {
            Sent::Done(action) | Sent::Seen(action) => (Outcome::Done(action), PlmState::Done),
            Sent::Refused(error) => (Outcome::Refused(error), PlmState::Failed),
            Sent::Waiting(error) if self.is_for_want_of_time(&error) => (self.not_reached(), PlmState::Waiting),
            Sent::Waiting(error) => (Outcome::Left(error), PlmState::Waiting),
            Sent::Unclear(error) => (Outcome::Left(error), state),
        };
        let is_kept = state.is_open();
        let run_record = run::of(self.flow, job, &outcome, self.after.now_ms());
        let writes = steps.writes(self.after, self.tenant, &run_record)?;
        self.release(held, state, writes).await?;
        if let Err(error) = steps.saved(self.after, self.tenant).await {
            tracing::warn!(run = %job.run, error.code = error.code, error.message = %error, "the words of a long error could not be kept");
        }
        Ok(Written { outcome, is_recorded: true, is_kept })
    }

    /// Whether a call was not begun because there was no time left for it.
    fn is_for_want_of_time(&self, error: &Error) -> bool {
        self.is_awaited && !self.has_time() && error.retry == Retry::Transient && !error.is_of_the_vendor()
    }

    /// Nothing was done, for want of time.
    pub fn not_reached(&self) -> Outcome {
        let why = "not attempted：本次调用的时间已用完，尚未处理该记录，已转入队列继续；请稍后重新推送以取得结果";
        Outcome::Left(Error::transient("plm.not-attempted", why))
    }

    fn unsettled_error(&self, until: i64) -> Error {
        let left = u64::try_from(until.saturating_sub(self.after.now_ms())).unwrap_or(0);
        let wait = Duration::from_millis(left).max(Duration::from_secs(1));
        let why = format!(
            "此前对该记录的一次修改没有得到B1的应答，可能仍会生效；{}秒后才能写入新的内容，已转入队列，请稍后重新推送以取得结果",
            wait.as_secs() + 1
        );
        Error::new("plm.unsettled", Retry::RateLimited(wait), why)
    }
}

fn busy() -> Error {
    let why = "同一编码的另一次推送正在处理，尚未完成；请稍后重新推送";
    Error::new("plm.busy", Retry::RateLimited(Duration::from_secs(5)), why).with_kind(ErrorKind::Busy)
}
