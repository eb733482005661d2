//! Files of a document: `Attachments2`.

use super::{B1, Entity, Query};
use crate::base::encode::percent;
use crate::erp::AttachedFile;
use bytes::Bytes;
use serde_json::Value;
use tenon_model::DocumentKey;
use tenon_platform::error::{Error, ErrorKind, Result};

impl B1<'_> {
    /// The files of an attachment, as B1 lists them; none when there is no such attachment.
    pub(crate) async fn attached(&self, entry: &DocumentKey) -> Result<Vec<AttachedFile>> {
        let entity = Entity::new("Attachments2").key(entry);
        let Some(found) = self.read_optional(&entity, &Query::new()).await? else { return Ok(Vec::new()) };
        let lines = found.get("Attachments2_Lines").and_then(Value::as_array);
        let text =
            |line: &Value, name: &str| line.get(name).and_then(Value::as_str).unwrap_or_default().trim().to_owned();
        let file = |line: &Value| {
            let (stem, extension) = (text(line, "FileName"), text(line, "FileExtension"));
            let name = if extension.is_empty() { stem } else { format!("{stem}.{extension}") };
            AttachedFile { name, changed: text(line, "AttachmentDate") }
        };
        Ok(lines.into_iter().flatten().map(file).filter(|file| !file.name.is_empty()).collect())
    }

    /// The bytes of one of them; no more than `largest`.
    ///
    /// # Errors
    /// `b1.attachment` when B1's own folder of attachments is out of order, or the file is larger.
    pub(crate) async fn attached_bytes(&self, entry: &DocumentKey, name: &str, largest: usize) -> Result<Bytes> {
        let entity = Entity::new("Attachments2").key(entry);
        let quoted = percent(&format!("'{}'", name.replace('\'', "''")));
        let path = format!("{}/$value?filename={quoted}", entity.path());
        let mut request = Self::get(&path, &[], &format!("{entity}/$value {name}"), self.read_timeout(&path));
        // One more shows that there is more.
        request.max_answer = Some(largest.saturating_add(1));
        let answer = self.send(&request).await.map_err(|error| explained(error, name))?;
        if answer.body.len() > largest {
            return Err(Error::permanent("b1.attachment", format!("{name} has more than {largest} bytes")));
        }
        Ok(answer.body)
    }
}

/// A folder that the Service Layer has not mounted is a fault of its machine and no missing file.
fn explained(error: Error, name: &str) -> Error {
    if !error.message.contains("mount point") {
        return error;
    }
    let message = format!(
        "{name} cannot be read, because the Service Layer's machine has not mounted the folder of attachments: {}",
        error.message
    );
    Error { code: "b1.attachment", message, kind: ErrorKind::Other, ..error }
}
