//! DingTalk: tokens, approval instances, events and their delivery, directory, work messages.

pub(crate) mod callbacks;
pub(crate) mod create;
pub(crate) mod directory;
pub(crate) mod errors;
pub(crate) mod events;
pub(crate) mod forms;
pub(crate) mod instances;
pub(crate) mod messages;
pub(crate) mod read;
pub(crate) mod token;

use crate::core::State;
use crate::options::SandboxOptions;
use crate::reply::Reply;
use crate::snapshot::{DingTalkSnapshot, MessageRecord};
use crate::url;
use bytes::Bytes;
use callbacks::Callbacks;
use directory::Directory;
use http::{HeaderMap, Request};
use instances::Instances;
use serde_json::Value;
use std::collections::BTreeMap;
use token::Tokens;

pub(crate) struct DingTalk {
    pub tokens: Tokens,
    pub instances: Instances,
    pub callbacks: Callbacks,
    pub directory: Directory,
    pub messages: Vec<MessageRecord>,
    /// Per path: the second it was last called in, and how often in that second.
    calls_in_second: BTreeMap<String, (i64, u32)>,
}

/// One call after its token was checked.
pub(crate) struct Call<'a> {
    pub now_ms: i64,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub body: Value,
}

impl DingTalk {
    pub(crate) fn new() -> Self {
        Self {
            tokens: Tokens::default(),
            instances: Instances::default(),
            callbacks: Callbacks::default(),
            directory: Directory::demo(),
            messages: Vec::new(),
            calls_in_second: BTreeMap::new(),
        }
    }

    pub(crate) fn expire_token(&mut self) {
        self.tokens.expire();
    }

    pub(crate) fn snapshot(&self, options: &SandboxOptions) -> DingTalkSnapshot {
        DingTalkSnapshot {
            instances: self.instances.list().map(|i| read::for_snapshot(i, options, &self.directory)).collect(),
            callbacks: self.callbacks.records(),
            messages: self.messages.clone(),
            tokens_issued: self.tokens.issued(),
        }
    }

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

/// Whether a path hands out tokens.
pub(crate) fn is_token_call(path: &str) -> bool {
    matches!(path, "/gettoken" | "/v1.0/oauth2/accessToken")
}

/// Carries one call out. Both of the vendor's hosts are served by the one entry, as their paths
/// are disjoint.
pub(crate) fn handle(
    state: &mut State,
    now_ms: i64,
    wrong_password: bool,
    path: &str,
    request: Request<Bytes>,
) -> Reply {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str();
    let query = url::query(parts.uri.query().unwrap_or(""));
    if state.dingtalk.over_limit(now_ms, path, state.options.qps_limit) {
        return errors::qps(path, &mut state.ids);
    }
    let parsed = if body.is_empty() { Ok(Value::Null) } else { serde_json::from_slice(&body) };
    let Ok(body) = parsed else {
        return if errors::is_old(path) {
            errors::old_api(400002, "参数错误: 请求体不是JSON", &mut state.ids)
        } else {
            errors::new_api(400, "invalidParameter", "请求体不是JSON", &mut state.ids)
        };
    };
    if is_token_call(path) {
        return token::issue(state, now_ms, wrong_password, method, path, &query, &body);
    }
    if !known(method, path) {
        return if errors::is_old(path) {
            errors::old_api(404, "请求的URI地址不存在", &mut state.ids)
        } else {
            errors::new_api(404, "InvalidAction.NotFound", "Specified api is not found", &mut state.ids)
        };
    }
    if !state.dingtalk.tokens.accepts(now_ms, presented(path, &query, &parts.headers)) {
        return errors::bad_token(path, &mut state.ids);
    }
    let call = Call { now_ms, path, query, body };
    match (method, path) {
        ("POST", "/v1.0/workflow/processInstances") => create::create(state, &call),
        ("GET", "/v1.0/workflow/processInstances") => read::get(state, &call),
        ("POST", "/v1.0/workflow/processes/instanceIds/query") => read::list_ids(state, &call),
        ("GET", "/v1.0/workflow/forms/schemas/processCodes") => forms::describe(state, &call),
        ("GET", "/call_back/get_call_back_failed_result") => callbacks::failed_result(state, &call),
        ("POST", "/topapi/message/corpconversation/asyncsend_v2") => messages::send(state, &call),
        _ => directory::answer(state, &call),
    }
}

fn known(method: &str, path: &str) -> bool {
    matches!(
        (method, path),
        ("POST" | "GET", "/v1.0/workflow/processInstances")
            | ("POST", "/v1.0/workflow/processes/instanceIds/query")
            | ("GET", "/v1.0/workflow/forms/schemas/processCodes")
            | ("GET", "/call_back/get_call_back_failed_result")
            | ("POST", "/topapi/message/corpconversation/asyncsend_v2")
    ) || (method == "POST" && directory::PATHS.contains(&path))
}

/// The old API takes its token from the query, the new one from a header.
fn presented<'a>(path: &str, query: &'a [(String, String)], headers: &'a HeaderMap) -> &'a str {
    if errors::is_old(path) {
        url::find(query, "access_token").unwrap_or("")
    } else {
        headers.get("x-acs-dingtalk-access-token").and_then(|v| v.to_str().ok()).unwrap_or("")
    }
}
