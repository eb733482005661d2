//! Files of a document on their way to its form: read from the ERP, handed to the OA's storage, named in the form.
//! What was stored is remembered, so that a form which has to wait does not store it again. A file that is not
//! carried is named in the run, and does not keep the form back unless the flow says so.

use super::links::LeasedLink;
use super::work::Work;
use crate::source::Document;
use serde_json::{Value, json};
use tenon_connectors::erp::AttachedFile;
use tenon_connectors::oa::{AttachmentLimits, FileContent};
use tenon_crypto::digest::sha256_hex;
use tenon_model::DocumentKey;
use tenon_model::config::Attachments;
use tenon_model::link::Link;
use tenon_model::oa::{Field, FieldValue, FormDraft, StoredFile};
use tenon_platform::runs::Recorder;
use tenon_platform::table::{Expect, Key, Write};
use tenon_platform::{Error, Result, Retry};

/// How long what is stored counts, in seconds: the shortest-lived storage keeps files for three days.
const COUNTS_S: i64 = 2 * 86_400;
/// What names a file may be as long as this to be remembered; one that holds the file itself is not.
const REFERENCE: usize = 8 * 1024;

/// The key under which the ERP keeps a document's files; `None` when it has none.
pub(super) fn key(wanted: &Attachments, document: &Document) -> Option<DocumentKey> {
    let found = document.entity.get(&wanted.from).or_else(|| document.fields.get(&wanted.from))?;
    let key = DocumentKey::from_json(found)?;
    (key != DocumentKey::Number(0)).then_some(key)
}

/// What is wrong with a file before anybody reads it.
pub(super) fn unfit(
    wanted: &Attachments,
    limits: AttachmentLimits,
    place: usize,
    file: &AttachedFile,
) -> Option<String> {
    let most = usize::try_from(wanted.max_files).unwrap_or(usize::MAX).min(limits.files);
    if !wanted.carries(&file.name) {
        return Some(format!("its type is none of {}", wanted.types.join(", ")));
    }
    (place >= most).then(|| format!("the form takes {most} files"))
}

impl Work<'_> {
    /// Puts the document's files into its form. The link is told what is left out.
    ///
    /// # Errors
    /// When the OA or the ERP takes nothing just now; and for any file, where all are required.
    pub(super) async fn attach(
        &self,
        leased: &mut LeasedLink,
        steps: &mut Recorder,
        document: &Document,
        form: &mut FormDraft,
    ) -> Result<()> {
        let Some(wanted) = &self.flow.form.attachments else { return Ok(()) };
        let Some(limits) = self.oa.capabilities().attachments else { return Ok(()) };
        leased.record.left_out.clear();
        let Some(entry) = key(wanted, document) else { return Ok(()) };
        let (mut stored, mut left_out) = (Vec::new(), Vec::new());
        let files = match self.erp.attached(&entry).await {
            Ok(files) => files,
            Err(error) if puts_off(&error) || wanted.required => return Err(error),
            Err(error) => {
                left_out.push(format!("attachment {entry}: {error}"));
                Vec::new()
            }
        };
        for file in files {
            let name = &file.name;
            let outcome = match unfit(wanted, limits, stored.len(), &file) {
                Some(why) => Err(Error::permanent("flow.attachment", format!("{name} is not carried: {why}"))),
                None => self.carried(leased, steps, wanted, limits, (&entry, &file), &form.originator).await,
            };
            match outcome {
                Ok(file) => stored.push(file),
                Err(error) if puts_off(&error) || wanted.required => return Err(error),
                Err(error) => left_out.push(format!("{name} ({error})")),
            }
        }
        if !left_out.is_empty() {
            steps.note("files left out", json!(left_out));
            leased.record.left_out = left_out;
        }
        if !stored.is_empty() {
            form.fields.push(Field { name: wanted.to.clone(), value: FieldValue::Attached(stored) });
        }
        Ok(())
    }

    /// One file: as it was stored before, or read and stored now.
    async fn carried(
        &self,
        leased: &LeasedLink,
        steps: &mut Recorder,
        wanted: &Attachments,
        limits: AttachmentLimits,
        (entry, file): (&DocumentKey, &AttachedFile),
        originator: &str,
    ) -> Result<StoredFile> {
        let record = self.record(&leased.record, entry, file);
        if let Some(known) = self.ctx.table.get::<StoredFile>(&record).await? {
            return Ok(known.data);
        }
        let stored = steps
            .step("carry file", json!({ "file": file.name }), async {
                let largest = wanted.max_bytes().min(limits.bytes);
                let bytes = self.erp.attached_bytes(entry, &file.name, largest).await?;
                let size = bytes.len();
                let stored = self.oa.store(originator, &FileContent { name: file.name.clone(), bytes }).await?;
                Ok((stored, json!({ "bytes": size })))
            })
            .await?;
        if stored.reference.len() <= REFERENCE {
            let until = self.ctx.now_ms() / 1000 + COUNTS_S;
            self.ctx.table.write(Write::put(record, &stored, Expect::Anything)?.expiring(Some(until))).await?;
        }
        Ok(stored)
    }

    fn record(&self, link: &Link, entry: &DocumentKey, file: &AttachedFile) -> Key {
        let name = sha256_hex(format!("{entry}\n{}\n{}", file.name, file.changed).as_bytes());
        let sort = format!("{:06}#{name}", link.attempt);
        Key::new(self.tenant, "STORED-FILE", &[link.flow.as_str(), link.oa.as_str(), &link.key.to_string()], sort)
    }
}

/// What a preview says of the files: their names, and of those that would be left out, why.
pub(super) fn previewed(wanted: &Attachments, limits: AttachmentLimits, files: &[AttachedFile]) -> Value {
    let mut place = 0;
    let shown = |file: &AttachedFile| match unfit(wanted, limits, place, file) {
        Some(why) => json!({ "file": file.name, "left_out": why }),
        None => {
            place += 1;
            json!({ "file": file.name })
        }
    };
    files.iter().map(shown).collect()
}

/// Whether an error is about no file but about the time: all of it is tried again.
fn puts_off(error: &Error) -> bool {
    matches!(error.retry, Retry::RateLimited(_) | Retry::Blocked(_) | Retry::PutOff(_) | Retry::Session)
}
