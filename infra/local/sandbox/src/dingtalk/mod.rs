//! DingTalk: tokens, approval instances, events and their delivery, directory, work messages.

pub(crate) mod attendance;
pub(crate) mod callbacks;
pub(crate) mod create;
pub(crate) mod directory;
pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod forms;
pub(crate) mod instances;
pub(crate) mod messages;
mod options;
pub(crate) mod read;
mod snapshot;
mod space;
pub(crate) mod token;
mod users;

pub use options::{CorpKey, DingTalkControl, DingTalkForm, DingTalkOptions, FailedEntry, TableShape};
pub use snapshot::{AttemptRecord, CallbackRecord, DingTalkSnapshot, MessageRecord};
pub use space::DingTalkFile;
pub use users::NewInstance;

use crate::action::ActionError;
use crate::delivery::{CallbackDelivery, CallbackOutcome};
use crate::ids::Ids;
use crate::reply::Reply;
use crate::system::{Incoming, Label, Simulated, System};
use crate::url;
use bytes::Bytes;
use callbacks::Callbacks;
use directory::Directory;
use http::{HeaderMap, Request};
use instances::Instances;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;
use tenon_crypto::envelope::Codec;
use token::Tokens;

/// The beginnings of its paths, on both of its hosts.
const ROOTS: [&str; 6] = ["/v1.0/", "/topapi/", "/call_back/", "/gettoken", attendance::PATH, space::STORE];

/// One company and the app it has.
pub struct DingTalk {
    options: DingTalkOptions,
    ids: Ids,
    /// `None` when the key in the options is not one; then nothing is pushed.
    codec: Option<Codec>,
    tokens: Tokens,
    instances: Instances,
    callbacks: Callbacks,
    directory: Directory,
    attendance: Vec<attendance::Attendance>,
    messages: Vec<MessageRecord>,
    space: space::Space,
    /// Per path: the second it was last called in, and how often in that second.
    calls_in_second: BTreeMap<String, (i64, u32)>,
}

impl fmt::Debug for DingTalk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DingTalk").finish_non_exhaustive()
    }
}

impl System for DingTalk {
    fn matches(&self, path: &str) -> Option<Label> {
        let label =
            || Label { entity: path.to_owned(), key: None, relative: path.to_owned(), is_login: is_token_call(path) };
        ROOTS.iter().any(|root| path.starts_with(root)).then(label)
    }

    fn handle(&mut self, incoming: Incoming<'_>, request: Request<Bytes>) -> Reply {
        answer(self, incoming.now_ms, incoming.wrong_password, incoming.path, request)
    }

    fn latency(&self) -> Duration {
        self.options.latency
    }

    fn expire_sessions(&mut self) {
        self.tokens.expire();
    }

    /// In the shape of the API called.
    fn rate_limited(&mut self, path: &str) -> Reply {
        errors::qps(path, &mut self.ids)
    }

    /// 429 `systemBusy`.
    fn busy(&mut self, path: &str) -> Reply {
        errors::busy(path, &mut self.ids)
    }

    fn due(&mut self, now_ms: i64) -> Vec<CallbackDelivery> {
        self.due_events(now_ms)
    }

    fn delivered(&mut self, now_ms: i64, number: u64, outcome: CallbackOutcome) -> bool {
        self.settle_event(now_ms, number, outcome)
    }

    fn next_due_at(&self) -> Option<i64> {
        self.next_event_at()
    }

    fn act(&mut self, now_ms: i64, method: &str, parts: &[&str], body: &[u8]) -> Option<Result<Value, ActionError>> {
        self.act_by_hand(now_ms, method, parts, body)
    }
}

impl Simulated for DingTalk {
    type Options = DingTalkOptions;
    type Snapshot = DingTalkSnapshot;

    fn new(seed: u64, options: DingTalkOptions) -> Self {
        let mut new = Self {
            options,
            ids: Ids::new(seed),
            codec: None,
            tokens: Tokens::default(),
            instances: Instances::default(),
            callbacks: Callbacks::default(),
            directory: Directory::demo(),
            attendance: vec![attendance::Attendance::came(1, "zhangsan", "2021-07-10")],
            messages: Vec::new(),
            space: space::Space::default(),
            calls_in_second: BTreeMap::new(),
        };
        new.reconfigured();
        new
    }

    fn options(&mut self) -> &mut DingTalkOptions {
        &mut self.options
    }

    fn reconfigured(&mut self) {
        let options = &self.options;
        self.codec = Codec::new(&options.token, &options.aes_key, &options.owner).ok();
    }

    fn snapshot(&self) -> DingTalkSnapshot {
        self.snapshot_of()
    }
}

impl DingTalk {
    fn over_limit(&mut self, now_ms: i64, path: &str, limit: Option<u32>) -> bool {
        let Some(limit) = limit else { return false };
        let second = now_ms.div_euclid(1000);
        let entry = self.calls_in_second.entry(path.to_owned()).or_insert((second, 0));
        if entry.0 != second {
            *entry = (second, 0);
        }
        entry.1 += 1;
        entry.1 > limit
    }
}

/// One call after its token was checked.
pub(crate) struct Call<'a> {
    pub now_ms: i64,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

/// Whether a path hands out tokens.
pub(crate) fn is_token_call(path: &str) -> bool {
    matches!(path, "/gettoken" | "/v1.0/oauth2/accessToken")
}

/// Carries one call out. Both of the vendor's hosts are served by the one entry, as their paths
/// are disjoint.
fn answer(dingtalk: &mut DingTalk, now_ms: i64, wrong_password: bool, path: &str, request: Request<Bytes>) -> Reply {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str();
    let query = url::query(parts.uri.query().unwrap_or(""));
    if dingtalk.over_limit(now_ms, path, dingtalk.options.qps_limit) {
        return errors::qps(path, &mut dingtalk.ids);
    }
    if path.starts_with(space::STORE) {
        return space::put(dingtalk, path, &parts.headers, body);
    }
    let parsed = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(body) = parsed else {
        return if errors::is_old(path) {
            errors::old_api(400002, "参数错误: 请求体不是JSON", &mut dingtalk.ids)
        } else {
            errors::new_api(400, "invalidParameter", "请求体不是JSON", &mut dingtalk.ids)
        };
    };
    if is_token_call(path) {
        return token::issue(dingtalk, now_ms, wrong_password, method, path, &query, &body);
    }
    if !known(method, path) {
        return if errors::is_old(path) {
            errors::old_api(404, "请求的URI地址不存在", &mut dingtalk.ids)
        } else {
            errors::new_api(404, "InvalidAction.NotFound", "Specified api is not found", &mut dingtalk.ids)
        };
    }
    if !dingtalk.tokens.accepts(now_ms, presented(path, &query, &parts.headers)) {
        return errors::bad_token(path, &mut dingtalk.ids);
    }
    if dingtalk.options.denied.contains(path) {
        return errors::denied(&mut dingtalk.ids);
    }
    let call = Call { now_ms, path, query, body };
    let host = parts.headers.get("host").and_then(|v| v.to_str().ok()).or(parts.uri.host()).unwrap_or("ding");
    match (method, path) {
        _ if space::is_space(method, path) => space::answer(dingtalk, &call, host),
        ("POST", "/v1.0/workflow/processInstances") => create::create(dingtalk, &call),
        ("GET", "/v1.0/workflow/processInstances") => read::get(dingtalk, &call),
        ("POST", "/v1.0/workflow/processes/instanceIds/query") => read::list_ids(dingtalk, &call),
        ("GET", "/v1.0/workflow/forms/schemas/processCodes") => forms::describe(dingtalk, &call),
        ("GET", "/call_back/get_call_back_failed_result") => callbacks::failed_result(dingtalk, &call),
        ("POST", "/topapi/message/corpconversation/asyncsend_v2") => messages::send(dingtalk, &call),
        ("POST", attendance::PATH) => attendance::list(dingtalk, &call),
        ("POST", directory::USER) => directory::user(dingtalk, &call),
        ("POST", "/topapi/message/corpconversation/getsendresult") => messages::result(dingtalk, &call),
        _ => directory::answer(dingtalk, &call),
    }
}

fn known(method: &str, path: &str) -> bool {
    matches!(
        (method, path),
        ("POST" | "GET", "/v1.0/workflow/processInstances")
            | ("POST", "/v1.0/workflow/processes/instanceIds/query")
            | ("GET", "/v1.0/workflow/forms/schemas/processCodes")
            | ("GET", "/call_back/get_call_back_failed_result")
            | (
                "POST",
                "/topapi/message/corpconversation/asyncsend_v2" | "/topapi/message/corpconversation/getsendresult"
            )
    ) || space::is_space(method, path)
        || (method == "POST"
            && (directory::PATHS.contains(&path) || [attendance::PATH, directory::USER].contains(&path)))
}

/// The old API takes its token from the query, the new one from a header.
fn presented<'a>(path: &str, query: &'a [(String, String)], headers: &'a HeaderMap) -> &'a str {
    if errors::is_old(path) {
        url::find(query, "access_token").unwrap_or("")
    } else {
        headers.get("x-acs-dingtalk-access-token").and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}
