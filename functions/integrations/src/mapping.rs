//! A flow that a person has written on a page: what is connected, what fills which control, the fields that it needs in
//! the ERP, one real document, storing it.
//! The same pages map a flow anew that a page stored.

use crate::common::{Call, Page, Refused, actor, at, page, part, refused, tenant};
use crate::{matched, needed_fields};
use std::borrow::Cow;
use tenon_catalog::areas::integrations::mapping as routes;
use tenon_connectors::erp::Erp;
use tenon_connectors::oa::OaKind;
use tenon_console_kit::{Console, ENVELOPE, Fields, see_other};
use tenon_flows::new_flow::{is_id, made_id};
use tenon_model::schema::UserField;
use tenon_model::{ConnectionId, DocumentKey, FlowId};
use tenon_operations::mapping::{self, Differs, Making, Mapping, Revision, Stored, Wanted, Which};
use tenon_pages::integrations::{
    self as pages, ChooseView, Connected, ConnectionChoice, DRAFTS_OF, Feedback, HOME, Label, Tab,
};
use tenon_platform::Rejection;
use tenon_platform::dispatch::{Reply, Service, on};

/// The function. A form with many controls is long.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::CHOOSE, choose),
        on(routes::PROPOSE, propose),
        on(routes::PREVIEW, preview_new),
        on(routes::FIELDS, review_new_fields),
        on(routes::CREATE_FIELDS, create_new_fields),
        on(routes::STORE, store_new),
        on(routes::SHOW, show),
        on(routes::AGAIN, again),
        on(routes::TRY, try_stored),
        on(routes::FIELDS_OF, review_fields),
        on(routes::CREATE_FIELDS_OF, create_fields),
        on(routes::CHANGE, change),
    ]
})
.with_body_limit(512 * 1024)
.answering(ENVELOPE);

/// Fields that say what was read, so that it is noticed when that is another by now.
const READ: [&str; 3] = ["read-form", "read-object", "read-flow"];

/// A line of text as a form sends it.
fn line(fields: &Fields, name: &str, most: usize) -> String {
    fields.one(name).chars().filter(|c| !c.is_control()).take(most).collect()
}

/// What is to be connected.
async fn choose(call: Call, (): ()) -> Result<Reply, Rejection> {
    chosen(&call, 200, None, &Connected::default()).await
}

/// The first page, with what is filled in.
async fn chosen(
    call: &Call,
    status: u16,
    feedback: Option<Feedback<'_>>,
    filled: &Connected,
) -> Result<Reply, Rejection> {
    let loaded = call.ctx.config.load(&tenant()).await?;
    let mut all: Vec<_> = loaded.connections().collect();
    all.sort_by(|one, other| one.id().cmp(other.id()));
    let choice =
        |own: &tenon_model::config::Connection| ConnectionChoice { id: own.id().to_string(), kind: own.kind() };
    let is_erp = |own: &&&std::sync::Arc<tenon_model::config::Connection>| !Erp::documents(own).is_empty();
    let erps: Vec<_> = all.iter().filter(is_erp).map(|own| choice(own)).collect();
    let oas: Vec<_> = all.iter().filter(|own| OaKind::of(own).is_some()).map(|own| choice(own)).collect();
    let objects = all.iter().map(|own| Erp::documents(own)).find(|all| !all.is_empty()).unwrap_or_default();
    let objects: Vec<_> = objects.into_iter().map(|own| (own.object, own.drafts)).collect();
    let title = Label::NewFlow.of(crate::common::language(call));
    let own = Page { status, feedback, ..Page::new(Tab::Flows, title) };
    page(call, &own, |context| {
        pages::choose(context, &ChooseView { erps: &erps, oas: &oas, objects: &objects, filled })
    })
}

fn connected(fields: &Fields) -> Connected {
    Connected {
        erp: line(fields, "erp", 100),
        object: line(fields, "object", 100),
        custom: line(fields, "custom", 100),
        oa: line(fields, "oa", 100),
        template: line(fields, "template", 200),
        id: line(fields, "id", 100),
    }
}

/// The flow that is wanted, or what is missing of it.
fn wanted(from: &Connected) -> Result<Wanted, Label> {
    let (object, draft_of) = match (from.custom.as_str(), from.object.split_once(DRAFTS_OF)) {
        ("", Some((drafts, of))) => (drafts, Some(of)),
        ("", None) => (from.object.as_str(), None),
        (custom, _) => (custom, None),
    };
    if [object, &from.erp, &from.oa, &from.template].iter().any(|text| text.is_empty()) {
        return Err(Label::NotChosen);
    }
    let oa = ConnectionId::new(from.oa.as_str());
    let id = if from.id.is_empty() { made_id(object, draft_of, &oa) } else { from.id.clone() };
    if !is_id(&id) {
        return Err(Label::IdWrong);
    }
    Ok(Wanted {
        id: FlowId::new(id),
        erp: ConnectionId::new(from.erp.as_str()),
        object: object.to_owned(),
        draft_of: draft_of.map(str::to_owned),
        oa,
        template: from.template.clone(),
        enabled: false,
    })
}

/// What a person is told of what the ERP or the OA refused. That something is not there is among it.
fn why(rejection: Rejection) -> Result<Refused, Rejection> {
    match rejection {
        Rejection::NotFound(message) => {
            refused(Rejection::NotSupported(message)).map(|own| Refused { status: 404, ..own })
        }
        other => refused(other),
    }
}

/// The first page again, with why it does not go on.
async fn chosen_again(call: &Call, rejection: Rejection, filled: &Connected) -> Result<Reply, Rejection> {
    let Refused { text, code, status } = why(rejection)?;
    chosen(call, status, Some(Feedback::Refused { text: &text, code: code.as_deref() }), filled).await
}

fn not_supported(call: &Call, label: Label) -> Rejection {
    Rejection::NotSupported(Cow::Borrowed(label.of(crate::common::language(call))))
}

/// A flow and what is carried from page to page of it.
struct Mapped {
    which: Which,
    filled: Option<Connected>,
}

impl Mapped {
    fn of_new(wanted: Wanted, filled: Connected) -> Self {
        Self { which: Which::New(wanted), filled: Some(filled) }
    }

    fn of_stored(call: &Call) -> Self {
        Self { which: Which::Stored(FlowId::new(part(call, "flow"))), filled: None }
    }

    fn carried(&self) -> Vec<(String, String)> {
        self.filled.as_ref().map(Connected::fields).unwrap_or_default()
    }

    /// Why nothing can be shown: of a new flow on its first page, of another on a page of its own.
    async fn show_rejection(&self, call: &Call, rejection: Rejection) -> Result<Reply, Rejection> {
        match (&self.filled, &self.which) {
            (Some(filled), _) => chosen_again(call, rejection, filled).await,
            (None, Which::Stored(id)) if !matches!(rejection, Rejection::NotFound(_)) => {
                let Refused { text, code, status } = why(rejection)?;
                let feedback = Some(Feedback::Refused { text: &text, code: code.as_deref() });
                let own = Page { status, feedback, ..Page::new(Tab::Flows, id.as_str()) };
                page(call, &own, |context| pages::unread(context, pages::MappingOf::Flow(id.as_str())))
            }
            _ => Err(rejection),
        }
    }

    /// The page of the mapping.
    fn page(
        &self,
        call: &Call,
        mapping: &Mapping,
        document: &str,
        status: u16,
        reason: Option<Label>,
    ) -> Result<Reply, Rejection> {
        self.page_saying(call, mapping, document, (status, reason.map(|label| label.of(crate::common::language(call)))))
    }

    /// The page of the mapping, with why something was not done.
    fn page_saying(
        &self,
        call: &Call,
        mapping: &Mapping,
        document: &str,
        (status, text): (u16, Option<&str>),
    ) -> Result<Reply, Rejection> {
        let language = crate::common::language(call);
        let feedback = text.map(|text| Feedback::Refused { text, code: None });
        let own = Page { status, feedback, ..Page::new(Tab::Flows, Label::SmartMapping.of(language)) };
        page(call, &own, |context| matched::shown(context, &self.which, mapping, &self.carried(), document))
    }
}

/// Whether all that is chosen can be.
fn fits(mapping: &Mapping) -> (u16, Option<Label>) {
    if mapping.chosen.is_err() { (400, Some(Label::SomeDoNotFit)) } else { (200, None) }
}

/// What fills which control of a new flow.
async fn propose(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let filled = connected(&fields);
    match wanted(&filled) {
        Ok(wanted) => map(&call, &Mapped::of_new(wanted, filled), &fields).await,
        Err(label) => chosen_again(&call, not_supported(&call, label), &filled).await,
    }
}

/// What fills which control of a flow that a page stored.
async fn show(call: Call, (): ()) -> Result<Reply, Rejection> {
    map(&call, &Mapped::of_stored(&call), &Fields::default()).await
}

async fn again(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    map(&call, &Mapped::of_stored(&call), &fields).await
}

async fn map(call: &Call, own: &Mapped, fields: &Fields) -> Result<Reply, Rejection> {
    let document = line(fields, "document", 200);
    match mapping::read(&call.ctx, &tenant(), &own.which, matched::choices(fields)).await {
        Ok(mapping) => {
            let (status, reason) = fits(&mapping);
            own.page(call, &mapping, &document, status, reason)
        }
        Err(rejection) => own.show_rejection(call, rejection).await,
    }
}

async fn preview_new(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let filled = connected(&fields);
    match wanted(&filled) {
        Ok(wanted) => preview(&call, &Mapped::of_new(wanted, filled), &fields).await,
        Err(label) => chosen_again(&call, not_supported(&call, label), &filled).await,
    }
}

async fn try_stored(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    preview(&call, &Mapped::of_stored(&call), &fields).await
}

/// One real document, as it would be handed in.
async fn preview(call: &Call, own: &Mapped, fields: &Fields) -> Result<Reply, Rejection> {
    let document = line(fields, "document", 200);
    let key = Some(document.as_str()).filter(|text| !text.is_empty()).map(DocumentKey::parse);
    let choices = matched::choices(fields).unwrap_or_default();
    let (mapping, found) = match mapping::preview(&call.ctx, &tenant(), (&own.which, Some(choices)), key).await {
        Ok(found) => found,
        Err(rejection) => return own.show_rejection(call, rejection).await,
    };
    let Some(found) = found else {
        let (status, reason) = fits(&mapping);
        return own.page(call, &mapping, &document, status, reason);
    };
    // What fails here is told, and not a failure of ours.
    let found = match found.map_err(tenon_operations::refusal::of) {
        Ok(found) => Ok(found),
        Err(rejection) => Err(why(rejection)?),
    };
    let Revision { form, object, flow } = &mapping.revision;
    let mut carried = own.carried();
    carried.extend(matched::carried(&mapping.choices));
    carried.push(("document".to_owned(), document));
    carried.extend(READ.into_iter().zip([form, object, flow]).map(|(name, value)| (name.to_owned(), value.clone())));
    let title = Label::MappingPreview.of(crate::common::language(call));
    page(call, &Page::new(Tab::Flows, title), |context| {
        let found = found.as_ref().map_err(|own| Feedback::Refused { text: &own.text, code: own.code.as_deref() });
        matched::tried(context, &own.which, &mapping, &carried, found)
    })
}

async fn review_new_fields(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let filled = connected(&fields);
    match wanted(&filled) {
        Ok(wanted) => review_fields_of(&call, &Mapped::of_new(wanted, filled), &fields).await,
        Err(label) => chosen_again(&call, not_supported(&call, label), &filled).await,
    }
}

async fn review_fields(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    review_fields_of(&call, &Mapped::of_stored(&call), &fields).await
}

/// What the forms of these pages carry on.
fn carried_on(own: &Mapped, fields: &Fields) -> Vec<(String, String)> {
    let mut carried = own.carried();
    carried.extend(matched::carried(&matched::choices(fields).unwrap_or_default()));
    carried.push(("document".to_owned(), line(fields, "document", 200)));
    carried
}

/// The page of the mapping where the flow does not need these fields so.
fn fields_differ(
    call: &Call,
    own: &Mapped,
    mapping: &Mapping,
    document: &str,
    others: &[UserField],
) -> Result<Reply, Rejection> {
    let text = format!("{} {}", Label::FieldsDiffer.of(crate::common::language(call)), needed_fields::names(others));
    own.page_saying(call, mapping, document, (409, Some(&text)))
}

/// Which fields would be made in the ERP. Writes nothing.
async fn review_fields_of(call: &Call, own: &Mapped, fields: &Fields) -> Result<Reply, Rejection> {
    let (document, chosen) = (line(fields, "document", 200), needed_fields::to_create(fields)?);
    let mapping = match mapping::read(&call.ctx, &tenant(), &own.which, matched::choices(fields)).await {
        Ok(mapping) => mapping,
        Err(rejection) => return own.show_rejection(call, rejection).await,
    };
    if chosen.is_empty() {
        return own.page(call, &mapping, &document, 400, Some(Label::NoFieldChosen));
    }
    let others = mapping.not_needed(&chosen);
    if !others.is_empty() {
        return fields_differ(call, own, &mapping, &document, &others);
    }
    let (carried, title) = (carried_on(own, fields), Label::ReviewFields.of(crate::common::language(call)));
    page(call, &Page::new(Tab::Flows, title), |context| {
        needed_fields::review(context, &own.which, &mapping, &carried, &chosen)
    })
}

async fn create_new_fields(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let filled = connected(&fields);
    match wanted(&filled) {
        Ok(wanted) => create_fields_of(&call, &Mapped::of_new(wanted, filled), &fields).await,
        Err(label) => chosen_again(&call, not_supported(&call, label), &filled).await,
    }
}

async fn create_fields(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    create_fields_of(&call, &Mapped::of_stored(&call), &fields).await
}

/// Makes the fields that were shown, and says what came of each.
async fn create_fields_of(call: &Call, own: &Mapped, fields: &Fields) -> Result<Reply, Rejection> {
    let (tenant, by, shown) = (tenant(), actor(call), needed_fields::to_create(fields)?);
    if shown.is_empty() {
        // As where they are reviewed: that none is chosen is not that all are there.
        return review_fields_of(call, own, fields).await;
    }
    let which = (&own.which, matched::choices(fields));
    let made = match mapping::create_fields(&at(&call.ctx, &tenant, &by), which, &shown).await {
        Ok(Making::Done(made)) => made,
        Ok(Making::Differs(mapping, others)) => {
            return fields_differ(call, own, &mapping, &line(fields, "document", 200), &others);
        }
        Err(rejection) => return own.show_rejection(call, rejection).await,
    };
    let (carried, title) = (carried_on(own, fields), Label::MadeFields.of(crate::common::language(call)));
    page(call, &Page::new(Tab::Flows, title), |context| needed_fields::made(context, &own.which, &made, &carried))
}

async fn store_new(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    let filled = connected(&fields);
    match wanted(&filled) {
        Ok(wanted) => store(&call, &Mapped::of_new(wanted, filled), &fields, "stored").await,
        Err(label) => chosen_again(&call, not_supported(&call, label), &filled).await,
    }
}

async fn change(call: Call, fields: Fields) -> Result<Reply, Rejection> {
    store(&call, &Mapped::of_stored(&call), &fields, "mapped").await
}

/// Stores what was shown.
async fn store(call: &Call, own: &Mapped, fields: &Fields, done: &str) -> Result<Reply, Rejection> {
    let (tenant, by) = (tenant(), actor(call));
    let [form, object, flow] = READ.map(|name| line(fields, name, 100));
    let shown = Revision { form, object, flow };
    let choices = matched::choices(fields).unwrap_or_default();
    let document = line(fields, "document", 200);
    let stored = match mapping::store(&at(&call.ctx, &tenant, &by), &own.which, choices, &shown).await {
        Ok(stored) => stored,
        Err(rejection) => return own.show_rejection(call, rejection).await,
    };
    let (mapping, status, label) = match stored {
        Stored::Done(id) => return Ok(see_other(&format!("{HOME}/flows/{id}?done={done}"))),
        Stored::Differs(mapping, Differs { form: true, .. }) => (mapping, 409, Label::FormDiffers),
        Stored::Differs(mapping, Differs { object: true, .. }) => (mapping, 409, Label::ObjectDiffers),
        Stored::Differs(mapping, _) => (mapping, 409, Label::FlowDiffers),
        Stored::Wrong(mapping) if mapping.chosen.is_err() => (mapping, 400, Label::SomeDoNotFit),
        Stored::Wrong(mapping) => (mapping, 400, Label::RulesBroken),
        Stored::Taken(_) => {
            let filled = own.filled.clone().unwrap_or_default();
            return chosen_again(call, not_supported(call, Label::FlowTaken), &filled).await;
        }
    };
    own.page(call, &mapping, &document, status, Some(label))
}
