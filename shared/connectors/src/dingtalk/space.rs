//! Files of a form: the approval app's own space in DingTalk's storage. Its originator is given leave to it, the bytes
//! go to the address that DingTalk names, and a commit makes them a file that a form can name.

use super::{Api, DINGTALK, Dingtalk, Request};
use crate::base::Effect;
use crate::base::encode::percent;
use crate::oa::FileContent;
use http::{HeaderName, HeaderValue, Method};
use serde_json::{Value, json};
use std::time::Duration;
use tenon_model::json::number;
use tenon_model::oa::StoredFile;
use tenon_platform::error::{Error, Result};
use tenon_platform::http::Call;

/// How long the bytes may be on their way.
const UPLOAD: Duration = Duration::from_secs(40);

/// Where a file's bytes go.
struct Upload {
    key: String,
    url: String,
    headers: Vec<(String, String)>,
}

impl Dingtalk<'_> {
    /// Stores a file in the approval app's space.
    ///
    /// # Errors
    /// `dingtalk.file` when DingTalk's answers do not say where it goes.
    pub(super) async fn store_in_space(&self, originator: &str, file: &FileContent) -> Result<StoredFile> {
        let union = self.union_id(originator).await?;
        let space = self.space(originator).await?;
        let upload = self.upload(&space, &union, file).await?;
        self.put(&upload, file).await?;
        self.commit(&space, &union, &upload.key, file).await
    }

    /// The storage knows people by another id than the approval app.
    async fn union_id(&self, user: &str) -> Result<String> {
        let answer = self.post(Api::Old, "/topapi/v2/user/get", String::new(), json!({ "userid": user })).await?;
        text(answer.pointer("/result/unionid")).ok_or_else(|| unclear("the user's unionid"))
    }

    /// The approval app's space, to which the user may then upload.
    async fn space(&self, user: &str) -> Result<String> {
        let mut body = json!({ "userId": user });
        if let (Some(agent), Some(fields)) = (self.connection.agent_id, body.as_object_mut()) {
            fields.insert("agentId".to_owned(), json!(agent));
        }
        let answer =
            self.post(Api::New, "/v1.0/workflow/processInstances/spaces/infos/query", String::new(), body).await?;
        text(answer.pointer("/result/spaceId")).ok_or_else(|| unclear("the space of the approval app"))
    }

    async fn upload(&self, space: &str, union: &str, file: &FileContent) -> Result<Upload> {
        let path = format!("/v1.0/storage/spaces/{}/files/uploadInfos/query", percent(space));
        let body = json!({ "protocol": "HEADER_SIGNATURE", "multipart": false, "option": {
            "storageDriver": "DINGTALK",
            "preCheckParam": { "size": file.bytes.len(), "parentId": "0", "name": file.name } } });
        let answer = self.post(Api::New, &path, format!("unionId={}", percent(union)), body).await?;
        let signed = answer.get("headerSignatureInfo").unwrap_or(&Value::Null);
        let url = text(signed.pointer("/resourceUrls/0")).filter(|url| url.starts_with("http"));
        let headers = signed.get("headers").and_then(Value::as_object);
        let header = |(name, value): (&String, &Value)| Some((name.clone(), text(Some(value))?));
        Ok(Upload {
            key: text(answer.get("uploadKey")).ok_or_else(|| unclear("the upload's key"))?,
            url: url.ok_or_else(|| unclear("the upload's address"))?,
            headers: headers.into_iter().flatten().filter_map(header).collect(),
        })
    }

    /// The address is signed for these headers and no others: with a content type of its own it is refused.
    async fn put(&self, upload: &Upload, file: &FileContent) -> Result<()> {
        let mut call = Call::new(Method::PUT, upload.url.clone());
        for (name, value) in &upload.headers {
            if let (Ok(name), Ok(mut value)) = (HeaderName::try_from(name.as_str()), HeaderValue::from_str(value)) {
                value.set_sensitive(true);
                call.headers.insert(name, value);
            }
        }
        call.body = file.bytes.clone();
        call.timeout = self.connection.timeout.max(UPLOAD);
        let answer = self.remote.call(Effect::Read, call).await?;
        if (200..300).contains(&answer.status) {
            return Ok(());
        }
        let message = format!("the storage did not take {} (HTTP {})", file.name, answer.status);
        Err(Error::transient("dingtalk.file", message).with_status(answer.status).during("dingtalk PUT (storage)"))
    }

    async fn commit(&self, space: &str, union: &str, key: &str, file: &FileContent) -> Result<StoredFile> {
        let path = format!("/v1.0/storage/spaces/{}/files/commit", percent(space));
        let body = json!({ "uploadKey": key, "name": file.name, "parentId": "0",
            "option": { "size": file.bytes.len(), "conflictStrategy": "AUTO_RENAME" } });
        let answer = self.post(Api::New, &path, format!("unionId={}", percent(union)), body).await?;
        let entry = answer.get("dentry").unwrap_or(&Value::Null);
        let id = text(entry.get("id")).ok_or_else(|| unclear("the file's id"))?;
        // A file of the same name makes DingTalk give it another.
        let name = text(entry.get("name")).unwrap_or_else(|| file.name.clone());
        let kind = text(entry.get("extension")).or_else(|| Some(name.rsplit_once('.')?.1.to_owned()));
        let reference = json!({ "spaceId": text(entry.get("spaceId")).unwrap_or_else(|| space.to_owned()),
            "fileName": name, "fileSize": file.bytes.len().to_string(), "fileType": kind.unwrap_or_default(), "fileId": id });
        Ok(StoredFile { name: file.name.clone(), reference: reference.to_string() })
    }

    async fn post(&self, api: Api, path: &str, query: String, body: Value) -> Result<Value> {
        self.send(&Request { api, method: Method::POST, path, query, body: Some(body), creates: false }).await
    }
}

fn text(value: Option<&Value>) -> Option<String> {
    let text = match value? {
        Value::String(text) => text.clone(),
        other => number::text_of(other)?.into(),
    };
    Some(text).filter(|text| !text.is_empty())
}

fn unclear(what: &str) -> Error {
    let why = format!("{} does not tell {what}, so the file cannot be stored", DINGTALK.shown);
    Error::permanent("dingtalk.file", why)
}
