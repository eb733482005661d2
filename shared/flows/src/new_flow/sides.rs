//! Both sides of a flow as they are now, for a person who maps them: of a flow that is to be, or of one that is stored.

use super::{Wanted, earlier, fields, filter, flow_of, form, part, refused};
use crate::kinds::{self, Scope};
use crate::new_flow::NeededField;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tenon_connectors::erp::Erp;
use tenon_connectors::oa::Oa;
use tenon_crypto::digest::sha256_hex;
use tenon_mapping::file;
use tenon_mapping::{Choices, Chosen, Misfit, Plan, fingerprint, object_fingerprint, plan, seen};
use tenon_model::DocumentKey;
use tenon_model::config::{ApprovalFlow, DocumentKind, Flow};
use tenon_model::schema::{FormSchema, ObjectSchema};
use tenon_platform::{Error, Result};

/// Names what was read of a flow's sides, so that it is noticed when one of them is another by now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// The form.
    pub form: String,
    /// The ERP's object.
    pub object: String,
    /// The flow as it was stored; empty of one that was not.
    pub flow: String,
}

/// Both sides of a flow.
#[derive(Clone, Debug)]
pub struct Sides {
    /// What is connected.
    pub wanted: Wanted,
    /// The form.
    pub form: FormSchema,
    /// The ERP's object.
    pub object: ObjectSchema,
    /// The flow: of a new one without a mapping, of one that is stored as it stands.
    pub flow: ApprovalFlow,
    is_stored: bool,
}

impl Sides {
    /// Reads both sides of a flow that is to be.
    ///
    /// # Errors
    /// What the ERP and the OA refuse, in their words.
    pub async fn of_new(at: Scope<'_>, wanted: Wanted) -> Result<Self> {
        let oa = Oa::open(at.ctx, at.tenant, at.loaded, &wanted.oa)?;
        let erp = Erp::open(at.ctx, at.tenant, at.loaded, &wanted.erp)?;
        let filter = filter(&erp, &wanted)?;
        let form = form(&oa, &wanted.template).await?;
        let object = erp.describe(&wanted.object, wanted.draft_of.as_deref()).await?;
        let (nothing, kept) = (Plan::default(), seen(&form));
        let part = part(&wanted, &oa, &object, &form, (&nothing, &kept), filter.as_deref());
        let text = file::written("", &part).map_err(refused)?;
        let flow = flow_of(at, &wanted, &text)?;
        Ok(Self { wanted, form, object, flow, is_stored: false })
    }

    /// Reads both sides of a flow that is stored.
    ///
    /// # Errors
    /// As [`of_new`](Self::of_new).
    pub async fn of_stored(at: Scope<'_>, flow: ApprovalFlow) -> Result<Self> {
        if flow.source.sql.is_some() {
            let message = format!("flow {} reads its documents by SQL, whose columns are mapped in its file", flow.id);
            return Err(Error::permanent("flow.kind", message));
        }
        let oa = Oa::open(at.ctx, at.tenant, at.loaded, &flow.oa)?;
        let erp = Erp::open(at.ctx, at.tenant, at.loaded, &flow.erp)?;
        let wanted = Wanted {
            id: flow.id.clone(),
            erp: flow.erp.clone(),
            object: flow.source.object.clone(),
            draft_of: flow.source.filter.as_deref().and_then(|filter| erp.draft_of(filter)),
            oa: flow.oa.clone(),
            template: flow.form.template.clone(),
            enabled: flow.enabled,
        };
        let form = form(&oa, &wanted.template).await?;
        let object = erp.describe(&wanted.object, wanted.draft_of.as_deref()).await?;
        Ok(Self { wanted, form, object, flow, is_stored: true })
    }

    /// Whether the flow is stored already.
    pub fn is_stored(&self) -> bool {
        self.is_stored
    }

    /// What is proposed, with the collections that are chosen for tables.
    pub fn plan(&self, at: Scope<'_>, choices: &Choices) -> Plan {
        plan(&self.object, &self.form, &earlier(at, &self.wanted), &choices.settled())
    }

    /// What is mapped as long as nobody has chosen otherwise: of a flow that is stored what it maps, else what the plan is
    /// sure of.
    pub fn begun(&self, at: Scope<'_>) -> Choices {
        if self.is_stored {
            return Choices::of_mapping(&self.form, &self.flow.form.fields, &self.flow.form.lines);
        }
        Choices::of_plan(&self.plan(at, &Choices::default()))
    }

    /// The flow with this mapping and the form as it was read.
    ///
    /// # Errors
    /// Every field that cannot fill its control.
    pub fn mapped(&self, choices: &Choices) -> std::result::Result<(ApprovalFlow, Chosen), Vec<Misfit>> {
        let before = (&*self.flow.form.fields, &*self.flow.form.lines);
        let chosen = choices.mapped(&self.object, &self.form, before)?;
        let mut flow = self.flow.clone();
        flow.form.fields.clone_from(&chosen.fields);
        flow.form.lines.clone_from(&chosen.lines);
        flow.form.seen = Some(seen(&self.form));
        Ok((flow, chosen))
    }

    /// Names what was read.
    ///
    /// # Errors
    /// When the flow cannot be written.
    pub fn revision(&self) -> Result<Revision> {
        let stored = self.is_stored.then(|| serde_json::to_string(&self.flow)).transpose();
        let stored = stored.map_err(|why| Error::permanent("flow.file", why.to_string()))?;
        Ok(Revision {
            form: fingerprint(&self.form),
            object: object_fingerprint(&self.object),
            flow: stored.map(|text| sha256_hex(text.as_bytes())).unwrap_or_default(),
        })
    }

    /// Fields that the flow needs in the ERP and whether they are there, with what could not be read.
    ///
    /// # Errors
    /// What the ERP refuses for now.
    pub async fn needed(&self, at: Scope<'_>) -> Result<(Vec<NeededField>, Vec<String>)> {
        let erp = Erp::open(at.ctx, at.tenant, at.loaded, &self.wanted.erp)?;
        let (fields, note) = fields::needed(&erp, &self.flow, &self.object).await?;
        Ok((fields, self.object.notes.iter().cloned().chain(note).collect()))
    }

    /// Maps one document as the flow would, or the newest of its kind, and says what would be written. Writes nothing.
    ///
    /// # Errors
    /// `flow.nothing` when there is none; as [`kinds::Kind::preview`].
    pub async fn preview(&self, at: Scope<'_>, flow: ApprovalFlow, key: Option<DocumentKey>) -> Result<Value> {
        let key = match key {
            Some(key) => key,
            None => self.newest(at).await?,
        };
        kinds::of(&Flow::Approval(flow)).preview(at, Some(key)).await
    }

    /// The newest document of the flow's kind, whether or not it waits to be submitted.
    async fn newest(&self, at: Scope<'_>) -> Result<DocumentKey> {
        let erp = Erp::open(at.ctx, at.tenant, at.loaded, &self.wanted.erp)?;
        let kind = self.wanted.draft_of.as_deref().and_then(|of| erp.draft_filter(of));
        // Of drafts of a kind that is not known those of the flow's own filter.
        let own = self.flow.source.filter.clone().filter(|_| self.flow.source.document == DocumentKind::Draft);
        let found = erp.newest(&self.flow.source.object, &self.flow.source.key, kind.or(own).as_deref()).await?;
        found.ok_or_else(|| {
            let message = format!("there is no document of {} yet; name one by its key", self.flow.source.object);
            Error::permanent("flow.nothing", message)
        })
    }
}
