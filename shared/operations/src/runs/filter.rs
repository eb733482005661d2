//! Which runs are wanted. The parameters of an address, of a page or of the API, and the filter of a job are the same.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use tenon_model::run::{Run, RunStatus};
use tenon_model::{ConnectionId, FlowId, TenantId};
use tenon_platform::runs::Lists;
use tenon_platform::{Context, Rejection};

const DAY_MS: i64 = 86_400_000;
/// Longest text of a filter, in characters.
const MAX_LENGTH: usize = 200;
/// Flows that a filter may name.
const FLOWS: usize = 50;
/// Lists of flows that are read side by side; beyond that those of all flows are read.
const SIDE_BY_SIDE: usize = 8;

/// Which runs. Whatever is absent or empty is all of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Filter {
    /// Those of these flows.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub flows: Vec<FlowId>,
    /// Those that stand so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub statuses: Vec<RunStatus>,
    /// Those of flows that use this connection as they are configured now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connection: Option<ConnectionId>,
    /// Those of this document, or of this instance where there is no document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<String>,
    /// Those with this error code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Those whose message, id, document, instance or code has this in it, in whichever case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Those that began at this epoch ms or later.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_ms: Option<i64>,
    /// Those that began at this epoch ms or before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_ms: Option<i64>,
}

impl Filter {
    /// The parameters it is read from.
    pub const PARAMETERS: [&'static str; 9] =
        ["flow", "status", "connection", "document", "code", "q", "from", "to", "last"];

    /// Reads it from the parameters of an address. Others are passed over.
    ///
    /// # Errors
    /// 400 that names the parameter.
    pub fn parse(given: &BTreeMap<String, String>, now_ms: i64) -> Result<Self, Rejection> {
        let text = |name: &str| -> Result<Option<String>, Rejection> {
            let Some(text) = given.get(name).map(|text| text.trim()).filter(|text| !text.is_empty()) else {
                return Ok(None);
            };
            if text.chars().count() > MAX_LENGTH {
                return Err(Rejection::field(name, format!("须不超过{MAX_LENGTH}个字符")));
            }
            Ok(Some(text.to_owned()))
        };
        let flows: Vec<FlowId> = words(given.get("flow")).map(FlowId::new).collect();
        if flows.len() > FLOWS || flows.iter().any(|flow| flow.as_str().chars().count() > MAX_LENGTH) {
            return Err(Rejection::field("flow", format!("最多{FLOWS}个流程编号")));
        }
        let statuses = words(given.get("status")).map(status).collect::<Result<Vec<_>, _>>()?;
        let from_ms = moment("from", given.get("from"))?;
        let to_ms = moment("to", given.get("to"))?;
        let from_ms = match (from_ms, text("last")?) {
            (from, None) => from,
            (None, Some(last)) => Some(now_ms - span(&last)?),
            (Some(_), Some(_)) => return Err(Rejection::field("last", "不能与from同时使用")),
        };
        if let (Some(from), Some(to)) = (from_ms, to_ms)
            && from > to
        {
            return Err(Rejection::field("from", "不能晚于to"));
        }
        Ok(Self {
            flows,
            statuses,
            connection: text("connection")?.map(ConnectionId::new),
            document: text("document")?,
            code: text("code")?,
            text: text("q")?,
            from_ms,
            to_ms,
        })
    }

    /// The lists that hold what is wanted, and what has still to be looked at in each run.
    pub(crate) async fn plan(&self, ctx: &Context, tenant: &TenantId) -> Result<Plan, Rejection> {
        let mut flows = self.flows.clone();
        if let Some(connection) = &self.connection {
            let using = self.using(ctx, tenant, connection).await?;
            flows = if flows.is_empty() { using } else { flows.into_iter().filter(|f| using.contains(f)).collect() };
            if flows.is_empty() {
                return Ok(Plan::nothing());
            }
        }
        let statuses = if self.statuses.is_empty() { RunStatus::ALL.to_vec() } else { self.statuses.clone() };
        let lists = match (&self.document, &self.code) {
            (Some(document), _) => Lists::OfDocument(document.clone()),
            (None, Some(code)) => Lists::OfCode(code.clone()),
            (None, None) if (1..=SIDE_BY_SIDE).contains(&flows.len()) => Lists::OfFlows(flows.clone(), statuses),
            (None, None) => Lists::All(statuses),
        };
        let by_flow = matches!(lists, Lists::OfFlows(..)) || flows.is_empty();
        let by_status = matches!(lists, Lists::OfFlows(..) | Lists::All(_));
        let sieve = Sieve {
            flows: if by_flow { Vec::new() } else { flows },
            statuses: if by_status { Vec::new() } else { self.statuses.clone() },
            code: self.code.clone().filter(|_| !matches!(lists, Lists::OfCode(_))),
            text: self.text.as_ref().map(|text| text.to_lowercase()),
        };
        Ok(Plan { lists, sieve })
    }

    async fn using(
        &self,
        ctx: &Context,
        tenant: &TenantId,
        connection: &ConnectionId,
    ) -> Result<Vec<FlowId>, Rejection> {
        if *tenant != TenantId::operator() {
            return Ok(Vec::new());
        }
        let loaded = ctx.config.load(tenant).await?;
        let uses = |flow: &&tenon_model::config::Flow| flow.connections().iter().any(|needed| needed.id == connection);
        Ok(loaded.flows().iter().filter(uses).map(|flow| flow.id().clone()).collect())
    }
}

/// Where runs are looked for, and what each has still to be.
pub(crate) struct Plan {
    pub lists: Lists,
    pub sieve: Sieve,
}

impl Plan {
    fn nothing() -> Self {
        let sieve = Sieve { flows: Vec::new(), statuses: Vec::new(), code: None, text: None };
        Self { lists: Lists::All(Vec::new()), sieve }
    }
}

/// What a run of a list has still to be.
pub(crate) struct Sieve {
    flows: Vec<FlowId>,
    statuses: Vec<RunStatus>,
    code: Option<String>,
    text: Option<String>,
}

impl Sieve {
    /// Whether every run of the list is wanted.
    pub fn is_open(&self) -> bool {
        self.flows.is_empty() && self.statuses.is_empty() && self.code.is_none() && self.text.is_none()
    }

    /// Whether a run is wanted.
    pub fn passes(&self, run: &Run) -> bool {
        (self.flows.is_empty() || self.flows.contains(&run.flow))
            && (self.statuses.is_empty() || self.statuses.contains(&run.status))
            && self.code.as_ref().is_none_or(|code| run.code.as_ref() == Some(code))
            && self.text.as_ref().is_none_or(|text| has(run, text))
    }
}

fn has(run: &Run, text: &str) -> bool {
    let document = run.document.as_ref().map(ToString::to_string);
    let all = [Some(run.message.as_str()), Some(run.id.as_str()), document.as_deref()];
    let more = [run.instance.as_deref(), run.code.as_deref(), Some(run.flow.as_str())];
    all.into_iter().chain(more).flatten().any(|field| field.to_lowercase().contains(text))
}

fn words(text: Option<&String>) -> impl Iterator<Item = &str> {
    text.into_iter().flat_map(|text| text.split(',')).map(str::trim).filter(|word| !word.is_empty())
}

fn status(word: &str) -> Result<RunStatus, Rejection> {
    RunStatus::of_word(word).ok_or_else(|| {
        let words: Vec<&str> = RunStatus::ALL.into_iter().map(RunStatus::word).collect();
        Rejection::field("status", format!("应为{}", words.join("、")))
    })
}

/// A time: epoch ms, or as RFC 3339 has it.
fn moment(name: &str, text: Option<&String>) -> Result<Option<i64>, Rejection> {
    let Some(text) = text.map(|text| text.trim()).filter(|text| !text.is_empty()) else { return Ok(None) };
    let ms = text.parse::<i64>().ok().filter(|ms| (0..=9_999_999_999_999).contains(ms));
    let ms = ms.or_else(|| text.parse::<Timestamp>().ok().map(Timestamp::as_millisecond).filter(|ms| *ms >= 0));
    ms.map(Some).ok_or_else(|| Rejection::field(name, "应为毫秒时间戳或RFC 3339时间，如2026-11-27T08:00:00Z"))
}

/// `24h` or `7d` in ms.
fn span(text: &str) -> Result<i64, Rejection> {
    let wrong = || Rejection::field("last", "应为小时或天数，如24h、7d、28d");
    let unit = text.chars().last().ok_or_else(wrong)?;
    let number = text.strip_suffix(unit).and_then(|n| n.parse::<i64>().ok()).filter(|n| (1..=1_000).contains(n));
    match (number, unit) {
        (Some(hours), 'h') => Ok(hours * 3_600_000),
        (Some(days), 'd') => Ok(days * DAY_MS),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn a_filter_is_read_from_an_address() {
        let read = Filter::parse(
            &given(&[("flow", "a, b"), ("status", "failed,ended"), ("q", " Quota "), ("last", "7d")]),
            700_000_000,
        )
        .unwrap();
        assert_eq!(read.flows, [FlowId::new("a"), FlowId::new("b")]);
        assert_eq!(read.statuses, [RunStatus::Failed, RunStatus::Ended]);
        assert_eq!((read.text.as_deref(), read.from_ms), (Some("Quota"), Some(700_000_000 - 7 * DAY_MS)));
        assert_eq!(Filter::parse(&given(&[("status", ""), ("code", " ")]), 0).unwrap(), Filter::default());
        let stored = serde_json::to_value(&read).unwrap();
        assert_eq!(serde_json::from_value::<Filter>(stored).unwrap(), read);
    }

    #[test]
    fn what_is_wrong_with_a_filter_names_the_parameter() {
        let long = "长".repeat(201);
        for (name, value) in [
            ("status", "broken"),
            ("from", "yesterday"),
            ("to", "-1"),
            ("last", "7w"),
            ("last", "0d"),
            ("last", "天"),
            ("document", long.as_str()),
        ] {
            let wrong = Filter::parse(&given(&[(name, value)]), 0).unwrap_err();
            assert_eq!(wrong.status(), 400);
            assert!(wrong.message().contains(name), "{name}: {}", wrong.message());
        }
        let both = Filter::parse(&given(&[("from", "5"), ("to", "4")]), 0).unwrap_err();
        assert!(both.message().contains("from"), "{}", both.message());
    }
}
