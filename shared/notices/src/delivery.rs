//! What became of a message that its vendor took. Taken is not delivered: a vendor that says so is asked a minute later,
//! then after ten, then after an hour. What it dropped is carried by the next channel.

use crate::counts::count;
use crate::record::{Attempt, AttemptStatus, State};
use crate::send::Sending;
use tenon_connectors::notice::Delivery;
use tenon_platform::{Result, breaker};

/// After how long it is asked, in ms: at first, and each time that it was in vain.
const AFTER_MS: [i64; 3] = [60_000, 600_000, 3_600_000];

/// When it is asked next.
fn next_ms(asked: u8, now_ms: i64) -> Option<i64> {
    AFTER_MS.get(usize::from(asked)).map(|after| now_ms.saturating_add(*after))
}

impl Sending<'_> {
    /// Marks the messages of which nobody knows yet what became of them.
    pub(crate) fn mark_pending(&mut self) {
        let now_ms = self.ctx.now_ms();
        let reports = |attempt: &Attempt| {
            self.channel(&attempt.connection).is_ok_and(|channel| channel.capabilities().reports_delivery)
        };
        let new = |attempt: &Attempt| {
            attempt.stands == AttemptStatus::Sent
                && attempt.message.is_some()
                && !attempt.delivered
                && attempt.asked == 0
        };
        let asked: Vec<_> = self.record.attempts.iter().map(|attempt| new(attempt) && reports(attempt)).collect();
        for (attempt, asked) in self.record.attempts.iter_mut().zip(asked) {
            if asked && attempt.ask_ms.is_none() {
                attempt.ask_ms = next_ms(0, now_ms);
            }
        }
    }

    /// Asks what became of the messages of a notice that was told, as far as their time has come; whether one was
    /// dropped, so that it is to be told anew.
    ///
    /// # Errors
    /// Those of the table. A vendor that does not answer is asked again later, and no notice fails by it.
    pub(crate) async fn is_dropped(&mut self) -> Result<bool> {
        let now_ms = self.ctx.now_ms();
        let due: Vec<Attempt> =
            self.record.attempts.iter().filter(|a| a.ask_ms.is_some_and(|ms| ms <= now_ms)).cloned().collect();
        if due.is_empty() {
            return Ok(false);
        }
        let mut is_dropped = false;
        for attempt in due {
            let (id, asked) = (attempt.connection.clone(), attempt.asked.saturating_add(1));
            let answered = self.delivery_of(&attempt).await;
            let asked_before = Attempt { ask_ms: None, ..attempt };
            match answered {
                Delivery::Arrived => {
                    self.record.note(Attempt { delivered: true, ..asked_before });
                    count(self.ctx, &self.owner, Some(&id), "delivered").await;
                }
                Delivery::Dropped(why) => {
                    tracing::warn!(connection = %id, notice = %self.name, why, "a notice was taken and not delivered");
                    self.record.note(Attempt { stands: AttemptStatus::Refused, why: Some(why), ..asked_before });
                    count(self.ctx, &self.owner, Some(&id), "dropped").await;
                    is_dropped = true;
                }
                Delivery::UnderWay => {
                    self.record.note(Attempt { asked, ask_ms: next_ms(asked, now_ms), ..asked_before });
                }
            }
        }
        if is_dropped {
            self.record.state = State::Open;
            self.store().await?;
        } else {
            self.store_and_come_again().await?;
        }
        Ok(is_dropped)
    }

    async fn delivery_of(&self, attempt: &Attempt) -> Delivery {
        let (Some(to), Some(message)) = (&attempt.to, &attempt.message) else { return Delivery::UnderWay };
        let asked = async {
            let channel = self.channel(&attempt.connection)?;
            breaker::admit(self.ctx, &self.owner, &[&attempt.connection]).await?;
            channel.delivery(to, message).await
        };
        asked.await.unwrap_or_else(|error| {
            tracing::warn!(connection = %attempt.connection, error.code = error.code, error.message = %error, "what became of a notice is not known yet");
            Delivery::UnderWay
        })
    }
}
