//! Creates, changes and deletes. None is repeated when its outcome is not known.

use super::{B1, Entity, Request, json_of};
use crate::base::Effect;
use http::Method;
use serde_json::Value;
use tenon_platform::error::Result;

/// How a write is made.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteOptions {
    /// PATCH removes the lines that the body does not name (`B1S-ReplaceCollectionsOnPatch`).
    pub replace_collections: bool,
    /// The ETag the entity must still have; `b1.changed` when it has another.
    pub if_match: Option<String>,
    /// POST answers without the new entity (`Prefer: return-no-content`).
    pub return_no_content: bool,
}

impl B1<'_> {
    /// Creates an entity, or calls a service action (`DraftsService_SaveDraftToDocument`,
    /// `Orders(1)/Cancel`). Returns B1's answer, `null` when it has none.
    ///
    /// # Errors
    /// `b1.unknown-outcome` when it may have been created; `b1.exists`; `b1.refused`.
    pub async fn create(&self, set: &str, body: &Value, options: WriteOptions) -> Result<Value> {
        let entity = Entity::new(set);
        let timeout = self.write_timeout(entity.path());
        let request = Request::new(Method::POST, Effect::Create, entity.path(), set, timeout).json(body);
        let answer = self.send(&options.apply(request)).await?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        json_of(&answer, Effect::Create).map_err(|e| e.during(format!("b1 POST {set}")))
    }

    /// Changes fields of an entity (PATCH).
    ///
    /// # Errors
    /// `b1.unknown-outcome` when it may have been changed; `b1.changed` when the ETag is another;
    /// `b1.not-found`; `b1.refused`.
    pub async fn change(&self, entity: &Entity, body: &Value, options: WriteOptions) -> Result<()> {
        if self.ahead.is_made(entity, body) {
            return Ok(());
        }
        let timeout = self.write_timeout(entity.path());
        let request =
            Request::new(Method::PATCH, Effect::Change, entity.path(), entity.to_string(), timeout).json(body);
        self.done(&options.apply(request)).await
    }

    /// Deletes an entity.
    ///
    /// # Errors
    /// As [`change`](Self::change).
    pub async fn delete(&self, entity: &Entity) -> Result<()> {
        let timeout = self.write_timeout(entity.path());
        self.done(&Request::new(Method::DELETE, Effect::Change, entity.path(), entity.to_string(), timeout)).await
    }

    /// B1 answers 204. A page of something else, however successful its status, is not B1's word.
    async fn done(&self, request: &Request) -> Result<()> {
        let answer = self.send(request).await?;
        if !answer.body.is_empty() {
            json_of(&answer, Effect::Change)
                .map_err(|e| e.during(format!("b1 {} {}", request.method, request.shown)))?;
        }
        Ok(())
    }
}

impl WriteOptions {
    fn apply(&self, mut request: Request) -> Request {
        if self.replace_collections {
            request = request.header("b1s-replacecollectionsonpatch", "true");
        }
        if let Some(etag) = &self.if_match {
            request = request.header("if-match", etag);
        }
        if self.return_no_content {
            request = request.header("prefer", "return-no-content");
        }
        request
    }
}
