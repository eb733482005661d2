//! The approval app's space in the storage: leave to it, an address for the bytes, and the commit that makes a file.

use super::{Call, DingTalk, errors};
use crate::reply::{self, Reply};
use crate::url;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where bytes are put; a host of its own at the vendor's.
pub(super) const STORE: &str = "/dingtalk-store/";
const INFOS: &str = "/v1.0/workflow/processInstances/spaces/infos/query";
const SPACE: i64 = 2_307_001;

/// A file in the space.
#[derive(Clone, Debug)]
pub struct DingTalkFile {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What stands in it.
    pub bytes: Bytes,
}

/// What the storage holds.
#[derive(Default)]
pub(super) struct Space {
    /// People who were given leave, by their union ids.
    allowed: BTreeSet<String>,
    /// Bytes by the key of their upload; none before they were put.
    uploads: BTreeMap<String, Option<Bytes>>,
    pub(super) files: Vec<DingTalkFile>,
}

/// The people's other id.
fn union_of(user: &str) -> String {
    format!("union-{user}")
}

pub(super) fn is_space(method: &str, path: &str) -> bool {
    method == "POST" && (path == INFOS || storage(path).is_some())
}

/// The operation of a path of the storage.
fn storage(path: &str) -> Option<&str> {
    let rest = path.strip_prefix("/v1.0/storage/spaces/")?;
    let (space, operation) = rest.split_once("/files/")?;
    (space == SPACE.to_string()).then_some(operation)
}

pub(super) fn answer(dingtalk: &mut DingTalk, call: &Call<'_>, host: &str) -> Reply {
    let text = |pointer: &str| call.body.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
    if call.path == INFOS {
        dingtalk.space.allowed.insert(union_of(&text("/userId")));
        return reply::json(200, &json!({"result": {"spaceId": SPACE}}));
    }
    let union = url::find(&call.query, "unionId").unwrap_or_default().to_owned();
    if !dingtalk.space.allowed.contains(&union) {
        return errors::new_api(403, "permissionDenied", "no permission to the space", &mut dingtalk.ids);
    }
    match storage(call.path) {
        Some("uploadInfos/query") if text("/protocol") == "HEADER_SIGNATURE" => {
            let key = dingtalk.ids.token();
            dingtalk.space.uploads.insert(key.clone(), None);
            reply::json(
                200,
                &json!({"uploadKey": key, "storageDriver": "DINGTALK", "protocol": "HEADER_SIGNATURE",
                "headerSignatureInfo": {"resourceUrls": [format!("http://{host}{STORE}{key}")],
                    "headers": {"Authorization": format!("OSS {key}"), "x-oss-date": "20261122T000000Z"}, "expirationSeconds": 900}}),
            )
        }
        Some("commit") => commit(dingtalk, call),
        _ => errors::new_api(400, "paramError", "protocol", &mut dingtalk.ids),
    }
}

fn commit(dingtalk: &mut DingTalk, call: &Call<'_>) -> Reply {
    let text = |name: &str| call.body.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let bytes = dingtalk.space.uploads.remove(&text("uploadKey")).flatten();
    let Some(bytes) = bytes.filter(|_| text("parentId") == "0") else {
        return errors::new_api(400, "paramError.uploadKey", "the upload is not complete", &mut dingtalk.ids);
    };
    let mut name = text("name");
    if dingtalk.space.files.iter().any(|file| file.name == name) {
        let (stem, extension) =
            name.rsplit_once('.').map_or((name.clone(), String::new()), |(s, e)| (s.to_owned(), e.to_owned()));
        name = format!("{stem}({}).{extension}", dingtalk.space.files.len());
    }
    let id = format!("1{:011}", dingtalk.space.files.len() + 1);
    let extension = name.rsplit_once('.').map_or("", |(_, e)| e).to_owned();
    let size = bytes.len();
    dingtalk.space.files.push(DingTalkFile { id: id.clone(), name: name.clone(), bytes });
    reply::json(
        200,
        &json!({"dentry": {"id": id, "spaceId": SPACE.to_string(), "name": name, "extension": extension, "size": size,
            "type": "FILE", "parentId": "0"}}),
    )
}

/// The storage itself: no token, but the headers it was signed for, and no content type.
pub(super) fn put(dingtalk: &mut DingTalk, path: &str, headers: &HeaderMap, body: Bytes) -> Reply {
    let key = path.strip_prefix(STORE).unwrap_or_default();
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or_default();
    let signed = header("authorization") == format!("OSS {key}") && header("content-type").is_empty();
    match dingtalk.space.uploads.get_mut(key) {
        Some(upload) if signed => {
            *upload = Some(body);
            reply::with_body(200, "text/plain", "")
        }
        _ => reply::with_body(403, "application/xml", "<Error><Code>SignatureDoesNotMatch</Code></Error>"),
    }
}
