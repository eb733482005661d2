//! What is to be done next with a notice, from its record and the channels alone.

use crate::record::{Attempt, AttemptStatus, Record, State};
use tenon_connectors::notice::Repeat;
use tenon_model::ConnectionId;
use tenon_model::config::notices::Over;

/// A channel, and the person's id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The connection.
    pub connection: ConnectionId,
    /// The person's id; `None` for a person without one.
    pub to: Option<String>,
    /// How its vendor knows a repetition.
    pub repeat: Repeat,
}

/// What is next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// Send over this channel; the attempt as it is noted before.
    Send(Attempt),
    /// Nothing: it is done with.
    Finish(State),
}

const DAY_MS: i64 = 86_400_000;
/// The day begins at midnight in China.
const CHINA_MS: i64 = 8 * 3_600_000;

/// Whether a message first sent then can be sent once more.
fn is_known(repeat: Repeat, since_ms: i64, now_ms: i64) -> bool {
    match repeat {
        Repeat::SameDay => (since_ms + CHINA_MS).div_euclid(DAY_MS) == (now_ms + CHINA_MS).div_euclid(DAY_MS),
        Repeat::Within(time) => now_ms - since_ms < tenon_platform::clock::millis(time),
    }
}

/// Notes what follows from the channels alone, and says what is next.
pub fn next(record: &mut Record, ways: &[Way], over: Over, now_ms: i64) -> Next {
    // A message whose channel was taken out of the configuration may have arrived.
    for attempt in &mut record.attempts {
        if attempt.stands == AttemptStatus::Sending && !ways.iter().any(|way| way.connection == attempt.connection) {
            attempt.stands = AttemptStatus::Unknown;
            attempt.why = Some("its channel is not configured any more".to_owned());
        }
    }
    for way in ways {
        if over == Over::First && settled(record) {
            break;
        }
        match record.attempt(&way.connection).cloned() {
            None => match &way.to {
                Some(to) => return Next::Send(new(way, Some(to.clone()), AttemptStatus::Sending, now_ms)),
                None => {
                    let mut absent = new(way, None, AttemptStatus::Absent, now_ms);
                    absent.why = Some("the person has no id there".to_owned());
                    record.note(absent);
                }
            },
            Some(attempt) if attempt.stands == AttemptStatus::Sending => {
                if is_known(way.repeat, attempt.since_ms, now_ms) {
                    return Next::Send(attempt);
                }
                let why = "a message was not answered, and sent again it might be told twice".to_owned();
                record.note(Attempt { stands: AttemptStatus::Unknown, why: Some(why), ..attempt });
            }
            Some(_) => {}
        }
    }
    Next::Finish(end(record))
}

fn new(way: &Way, to: Option<String>, stands: AttemptStatus, now_ms: i64) -> Attempt {
    Attempt {
        connection: way.connection.clone(),
        to,
        stands,
        since_ms: now_ms,
        message: None,
        why: None,
        ask_ms: None,
        asked: 0,
        delivered: false,
    }
}

/// Whether the person was told, or may have been.
fn settled(record: &Record) -> bool {
    record.attempts.iter().any(|attempt| matches!(attempt.stands, AttemptStatus::Sent | AttemptStatus::Unknown))
}

fn end(record: &Record) -> State {
    let any = |stands: AttemptStatus| record.attempts.iter().any(|attempt| attempt.stands == stands);
    if any(AttemptStatus::Sent) {
        State::Told
    } else if any(AttemptStatus::Unknown) {
        State::Unknown
    } else if any(AttemptStatus::Refused) {
        State::Refused
    } else {
        State::Skipped
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Notice, Recipient, Text};
    use std::time::Duration;
    use tenon_model::Language;

    /// 2026-11-26 23:30 in China.
    const NOW: i64 = 1_795_707_000_000;

    fn record() -> Record {
        let notice = Notice {
            recipient: Recipient::person("p"),
            title: Text::same("t"),
            text: Text::default(),
            lines: Vec::new(),
            link: None,
            button: None,
            key: "k".into(),
        };
        Record::new(&notice, Language::Zh, NOW)
    }

    fn way(id: &str, to: Option<&str>, repeat: Repeat) -> Way {
        Way { connection: ConnectionId::new(id), to: to.map(str::to_owned), repeat }
    }

    fn sent(record: &mut Record, next: Next, stands: AttemptStatus) {
        let Next::Send(attempt) = next else { panic!("{next:?}") };
        record.note(Attempt { stands, ..attempt });
    }

    #[test]
    fn the_first_channel_that_knows_the_person_is_enough() {
        let ways = [
            way("ding", None, Repeat::SameDay),
            way("we", Some("u"), Repeat::SameDay),
            way("fs", Some("o"), Repeat::SameDay),
        ];
        let mut one = record();
        let first = next(&mut one, &ways, Over::First, NOW);
        sent(&mut one, first, AttemptStatus::Sent);
        assert_eq!(next(&mut one, &ways, Over::First, NOW), Next::Finish(State::Told));
        let named: Vec<_> = one.attempts.iter().map(|a| (a.connection.as_str(), a.stands)).collect();
        assert_eq!(named, [("ding", AttemptStatus::Absent), ("we", AttemptStatus::Sent)]);
        let mut all = record();
        for _ in 0..2 {
            let step = next(&mut all, &ways, Over::All, NOW);
            sent(&mut all, step, AttemptStatus::Sent);
        }
        assert_eq!(next(&mut all, &ways, Over::All, NOW), Next::Finish(State::Told));
    }

    #[test]
    fn what_one_channel_refuses_the_next_one_carries_and_nobody_at_all_is_named() {
        let ways = [way("ding", Some("x"), Repeat::SameDay), way("we", Some("u"), Repeat::SameDay)];
        let mut record = record();
        let first = next(&mut record, &ways, Over::First, NOW);
        sent(&mut record, first, AttemptStatus::Refused);
        let second = next(&mut record, &ways, Over::First, NOW);
        sent(&mut record, second, AttemptStatus::Refused);
        assert_eq!(next(&mut record, &ways, Over::First, NOW), Next::Finish(State::Refused));
        let mut nobody = self::record();
        assert_eq!(
            next(&mut nobody, &[way("ding", None, Repeat::SameDay)], Over::First, NOW),
            Next::Finish(State::Skipped)
        );
    }

    #[test]
    fn a_message_without_an_answer_is_sent_again_only_while_it_is_known() {
        let hour = 3_600_000;
        for (repeat, later, again) in [
            (Repeat::SameDay, hour / 3, true),
            // Past midnight in China, half an hour on.
            (Repeat::SameDay, hour / 2 + 1, false),
            (Repeat::Within(Duration::from_secs(1_740)), 1_739_999, true),
            (Repeat::Within(Duration::from_secs(1_740)), 1_740_000, false),
        ] {
            let ways = [way("c", Some("u"), repeat), way("d", Some("v"), repeat)];
            let mut record = record();
            let first = next(&mut record, &ways, Over::First, NOW);
            sent(&mut record, first.clone(), AttemptStatus::Sending);
            let then = next(&mut record, &ways, Over::First, NOW + later);
            let expected = if again { first } else { Next::Finish(State::Unknown) };
            assert_eq!(then, expected, "{repeat:?} {later}");
        }
    }

    #[test]
    fn a_channel_that_is_taken_out_leaves_its_message_unknown() {
        let mut record = record();
        let first = next(&mut record, &[way("c", Some("u"), Repeat::SameDay)], Over::First, NOW);
        sent(&mut record, first, AttemptStatus::Sending);
        let others = [way("d", Some("v"), Repeat::SameDay)];
        assert_eq!(next(&mut record, &others, Over::First, NOW), Next::Finish(State::Unknown));
    }
}
