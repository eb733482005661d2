//! Created → marked. A submission does it, and a write-back that meets a link which was decided before it was marked.

use super::links::LeasedLink;
use super::work::Work;
use crate::{marks, source};
use serde_json::{Value, json};
use tenon_model::link::LinkState;
use tenon_platform::runs::Recorder;
use tenon_platform::{ErrorKind, Result};

impl Work<'_> {
    /// Writes the marks; that they are there is stored with what follows. When this is not the first try, it looks whether they are there already. `false` when the
    /// document is gone.
    pub(super) async fn mark(&self, leased: &mut LeasedLink, steps: &mut Recorder, look_first: bool) -> Result<bool> {
        leased.store(self.ctx).await?;
        let place = source::place(&self.flow.source, &leased.record.key);
        let instance = leased.record.instance.as_ref().map(ToString::to_string).unwrap_or_default();
        let body = marks::submitted(&self.flow.marks, &instance);
        let marked = steps
            .step("mark document", body.clone(), async {
                if look_first {
                    match self.erp.read_optional(&place).await? {
                        Some(Value::Object(fields)) => {
                            let done = marks::is_marked(&self.flow.marks, &fields)
                                && marks::instance(&self.flow.marks, &fields) == Some(instance.as_str());
                            if done {
                                return Ok((true, json!({ "already": true })));
                            }
                        }
                        _ => return Ok((false, json!({ "gone": true }))),
                    }
                }
                match marks::set(self.ctx, self.flow, &self.erp, &place, &body).await {
                    Ok(note) => Ok((true, note)),
                    Err(error) if error.kind() == ErrorKind::NotFound => Ok((false, json!({ "gone": true }))),
                    Err(error) => Err(error),
                }
            })
            .await?;
        if marked {
            leased.advance_later(self.ctx, LinkState::Marked, |_| {})?;
        } else {
            let note = "the document no longer exists in the ERP, so the instance's decision has no place to go";
            leased.advance_later(self.ctx, LinkState::Closed, |l| l.note = Some(note.to_owned()))?;
        }
        Ok(marked)
    }
}
