//! `Attachments2`: the files of a document, each read by its name.

use super::entities::Row;
use super::errors::{B1Error, Result};
use super::{B1, Call, Cx, ServiceLayer};
use crate::reply::{self, Reply};
use crate::system::Handle;
use crate::url;
use bytes::Bytes;
use serde_json::{Value, json};

impl B1 {
    /// Stores files as one attachment. Returns its `AbsoluteEntry`.
    pub(crate) fn add_attachment(&mut self, now_ms: i64, files: &[(&str, &[u8])]) -> i64 {
        let line = |(name, _): &(&str, &[u8])| {
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
            json!({"SourcePath": "\\\\files\\b1", "FileName": stem, "FileExtension": extension,
                "AttachmentDate": super::company::day(now_ms), "Override": "tNO", "FreeText": null})
        };
        let lines: Vec<Value> = files.iter().map(line).collect();
        let row = Row::from_iter([("Attachments2_Lines".to_owned(), Value::Array(lines))]);
        let key = self.set_mut("Attachments2").and_then(|set| set.insert(row)).ok();
        let Some([super::target::KeyPart::Int(entry)]) = key.as_deref() else { return 0 };
        for (name, bytes) in files {
            self.files.insert((*entry, (*name).to_owned()), Bytes::copy_from_slice(bytes));
        }
        *entry
    }

    /// `GET Attachments2(1)/$value?filename='a.pdf'`.
    pub(super) fn file(&self, cx: &Cx<'_>, call: &Call<'_>) -> Result<Reply> {
        let set = self.set("Attachments2")?;
        let key = set.resolve(call.key()?)?;
        set.get(&key)?;
        if cx.options.attachments_unmounted {
            let why = "Fail to get the LINUX mount point for AttachmentsFolderPath";
            return Err(B1Error::new(404, -1000, why));
        }
        let named = url::find(&call.query, "filename").unwrap_or_default();
        let name = named.strip_prefix('\'').and_then(|n| n.strip_suffix('\'')).ok_or_else(B1Error::not_found)?;
        if name.replace("''", "").contains('\'') {
            return Err(B1Error::malformed("Invalid filename"));
        }
        let name = name.replace("''", "'");
        let [super::target::KeyPart::Int(entry)] = key.as_slice() else { return Err(B1Error::not_found()) };
        let found = self.files.get(&(*entry, name)).ok_or_else(B1Error::not_found)?;
        Ok(reply::with_body(200, "application/octet-stream", found.clone()))
    }
}

impl Handle<'_, ServiceLayer> {
    /// Stores files as one attachment; a document names it in `AttachmentEntry`.
    pub fn add_attachment(&self, now_ms: i64, files: &[(&str, &[u8])]) -> i64 {
        self.with(|s| s.b1.add_attachment(now_ms, files))
    }
}
