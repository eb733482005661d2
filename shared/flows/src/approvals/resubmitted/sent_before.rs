//! A document that is in the OA without a link of ours: another platform sent it, or the records were lost. The
//! number that the ERP's document carries names it; where that platform wrote none, the form's own key does, if the
//! document says that it was sent.

use super::super::links::{self, LeasedLink, SentElsewhere};
use super::Arrival;
use crate::marks;
use serde_json::{Map, Value};
use tenon_connectors::erp::Erp;
use tenon_model::DocumentKey;
use tenon_model::config::ApprovalFlow;
use tenon_platform::{ErrorKind, Result};

/// What was found of an instance's document.
pub(super) enum SentBefore {
    /// It has a link now.
    Linked(Box<LeasedLink>),
    /// A run tells why it has none.
    EventDecision,
    /// Nothing in the ERP says that it was sent.
    Nothing,
}

/// A document, the flow whose it is, and how it was found.
struct Found<'f> {
    flow: &'f ApprovalFlow,
    key: DocumentKey,
    by: String,
}

impl Arrival<'_> {
    /// Looks for the document and links it.
    pub(super) async fn sent_before(&self) -> Result<SentBefore> {
        let mut found: Vec<Found<'_>> = Vec::new();
        for flow in self.flows().filter(|flow| flow.enabled) {
            for document in self.documents(flow).await? {
                // Flows that share an entity set show the same document.
                let same = |other: &Found<'_>| is_same_set(other.flow, flow) && other.key == document.key;
                if !found.iter().any(same) && !self.is_linked(flow, &document.key).await? {
                    found.push(document);
                }
            }
        }
        match found.as_slice() {
            [] => Ok(SentBefore::Nothing),
            [one] => self.link_to(one).await,
            [first, others @ ..] => {
                let others: Vec<String> =
                    others.iter().map(|d| format!("{} {} of {}", d.flow.source.object, d.key, d.flow.erp)).collect();
                let why = format!(
                    "{} {} of {} and {} carry it, and which of them is meant is not said",
                    first.flow.source.object,
                    first.key,
                    first.flow.erp,
                    others.join(", ")
                );
                self.set_aside(first.flow, None, &why).await.map(|()| SentBefore::EventDecision)
            }
        }
    }

    /// The documents of a flow that the instance may be of.
    async fn documents<'f>(&self, flow: &'f ApprovalFlow) -> Result<Vec<Found<'f>>> {
        let erp = Erp::open(self.ctx, self.tenant, self.loaded, &flow.erp)?;
        let field = flow.marks.instance.name();
        let number = DocumentKey::Text(self.message.instance.to_string());
        let mut found = marked(flow, &erp, (field, &number)).await?;
        // A corrected document is to be sent anew; what its old form came to is over.
        found.retain(|(_, entity)| marks::is_marked(&flow.marks, entity));
        let by = format!("{field} {number}");
        if !found.is_empty() {
            return Ok(found.into_iter().map(|(key, _)| Found { flow, key, by: by.clone() }).collect());
        }
        Ok(self.by_its_key(flow, &erp).await?.into_iter().collect())
    }

    /// The document that the form's key control names, if it says that it was sent and not as which instance.
    async fn by_its_key<'f>(&self, flow: &'f ApprovalFlow, erp: &Erp<'_>) -> Result<Option<Found<'f>>> {
        let Some(text) = self.key_text(flow) else { return Ok(None) };
        let number = text.parse().ok().map(DocumentKey::Number);
        for key in number.into_iter().chain([DocumentKey::Text(text)]) {
            let found = marked(flow, erp, (&flow.source.key, &key)).await?;
            let sent = |(_, entity): &(DocumentKey, Map<String, Value>)| {
                marks::is_marked(&flow.marks, entity) && marks::instance(&flow.marks, entity).is_none()
            };
            if let Some((key, _)) = found.into_iter().find(sent) {
                let by = format!("{} of the form", flow.key_control().unwrap_or_default());
                return Ok(Some(Found { flow, key, by }));
            }
        }
        Ok(None)
    }

    /// Whether some flow over the same entity set has a link for the document.
    async fn is_linked(&self, flow: &ApprovalFlow, key: &DocumentKey) -> Result<bool> {
        let others = self.loaded.flows().iter().filter_map(tenon_model::config::Flow::as_approval);
        for other in others.filter(|other| is_same_set(other, flow)) {
            if links::get(self.ctx, self.tenant, &other.id, key).await?.is_some() {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn link_to(&self, found: &Found<'_>) -> Result<SentBefore> {
        let document = SentElsewhere {
            flow: found.flow,
            key: &found.key,
            instance: &self.message.instance,
            originator: Some(self.instance.originator.clone()),
            check_after: self.oa.times().check_open_after,
            by: &found.by,
        };
        match links::link_found(self.ctx, self.tenant, document).await? {
            Some(leased) => Ok(SentBefore::Linked(Box::new(leased))),
            None => Err(super::wait(5, "another worker has this document in hand; the form is looked up again")),
        }
    }
}

/// Documents of a flow that this value leads to, with their marks. Of the flow's own filter everything holds but that
/// they wait to be sent.
pub(in crate::approvals) async fn marked(
    flow: &ApprovalFlow,
    erp: &Erp<'_>,
    equal: (&str, &DocumentKey),
) -> Result<Vec<(DocumentKey, Map<String, Value>)>> {
    let (marks, key) = (&flow.marks, flow.source.key.as_str());
    let waits = format!("{} eq '{}'", marks.synced, marks.unsynced_value);
    let sent = format!("{} eq '{}'", marks.synced, marks.synced_value);
    let filter = flow.source.filter.as_deref().filter(|filter| filter.contains(&waits));
    let within = filter.map(|filter| filter.replace(&waits, &sent));
    let select = [key, marks.synced.as_str(), marks.instance.name()];
    let found = match erp.matching(&flow.source.object, &[equal], within.as_deref(), &select).await {
        // A company without such a field, or whose keys are of the other kind, has nothing of the sort.
        Err(error) if error.kind() == ErrorKind::Refused => Vec::new(),
        found => found?,
    };
    Ok(found.into_iter().filter_map(|entity| Some((DocumentKey::from_json(entity.get(key)?)?, entity))).collect())
}

fn is_same_set(one: &ApprovalFlow, other: &ApprovalFlow) -> bool {
    one.erp == other.erp && one.source.object == other.source.object
}
