//! The app store: `/system/app-store…`.

use crate::common::{self, Call, at_field, module_status, noted, query_parameter, wrong};
use serde::Deserialize;
use serde_json::Value;
use tenon_catalog::areas::console::store as routes;
use tenon_console_kit::{Console, ENVELOPE, Fields, frame, page, see_other};
use tenon_model::{Module, TenantId};
use tenon_pages::console::orders::{self as order_pages, OrderRow};
use tenon_pages::console::store::{self as pages, Card};
use tenon_pages::console::{Frame, Label};
use tenon_platform::body::{self, BadBody};
use tenon_platform::dispatch::{Path, Reply, Service, on};
use tenon_platform::{Rejection, Result as Done};
use tenon_tenants::store::{self, AppRef, Edit, Listed, NewOrder, Order, OrderState, Subscription, Term, WantedOrders};

/// Orders of a page.
const SIZE: usize = 50;

/// The function.
pub static SERVICE: Service<Console> = Service::new(Console, || {
    vec![
        on(routes::PAGE, cards),
        on(routes::APP, app),
        on(routes::START_TRIAL, start_trial),
        on(routes::ORDER, order),
        on(routes::EDIT, edit),
        on(routes::ORDERS, orders),
        on(routes::ACTIVATE, activate),
        on(routes::CANCEL, cancel),
    ]
})
.answering(ENVELOPE);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OfModule {
    app_id: String,
}

impl OfModule {
    fn module(&self) -> Result<Module, Rejection> {
        AppRef::parse(&self.app_id).map(|app| app.0).ok_or_else(Rejection::not_found)
    }
}

#[derive(Deserialize)]
struct OfOrder {
    number: String,
}

async fn card(call: &Call, listed: &Listed, held: Option<&Subscription>) -> Done<Card> {
    let product = &listed.product;
    let can_try = call.by.has_tenant()
        && !call.by.principal.is_operator()
        && store::trial_status(&call.ctx, &call.by.tenant, product.module).await?.can_try;
    Ok(Card {
        module: product.module,
        description: product.description.clone(),
        prices: [product.monthly_fen, product.yearly_fen(), product.perpetual_fen],
        trial_days: product.trial_days,
        enabled: product.enabled,
        trial_supported: product.trial_supported,
        can_try,
        status: module_status(held, call.ctx.now_ms()),
        version: listed.version,
    })
}

async fn cards(call: Call, (): ()) -> Result<Reply, Rejection> {
    let held = store::subscriptions(&call.ctx, &call.by.tenant).await?;
    let mut cards = Vec::new();
    for listed in store::products(&call.ctx).await? {
        let own = held.iter().find(|own| own.module == listed.product.module);
        // What is no longer offered is shown to those who have it, and to the operator.
        if listed.product.enabled || own.is_some() || call.by.principal.is_operator() {
            cards.push(card(&call, &listed, own).await?);
        }
    }
    Ok(page(200, pages::page(&frame(&call)?, &cards, call.ctx.now_ms())))
}

/// The page of one app, after a form was filled in so and this was wrong with it.
async fn shown(call: &Call, module: Module, fields: &Fields, bad: Option<&BadBody>) -> Result<Reply, Rejection> {
    let listed = store::product(&call.ctx, module).await?;
    let held = store::subscription(&call.ctx, &call.by.tenant, module).await?.map(|stored| stored.data);
    let card = card(call, &listed, held.as_ref()).await?;
    let filled = fields.filled();
    let view = pages::App { card: &card, filled: &filled, wrong: at_field(bad), now_ms: call.ctx.now_ms() };
    Ok(page(if bad.is_some() { 400 } else { 200 }, pages::app(&frame(call)?, &view)))
}

async fn app(call: Call, Path(of): Path<OfModule>) -> Result<Reply, Rejection> {
    shown(&call, of.module()?, &Fields::default(), None).await
}

async fn start_trial(call: Call, (Path(of), fields): (Path<OfModule>, Fields)) -> Result<Reply, Rejection> {
    let module = of.module()?;
    noted(&call, "start-trial", module.code()).await?;
    let started = match store::start_trial(&call.ctx, &call.by.tenant, module).await {
        Ok(started) => started,
        Err(refusal) => return shown(&call, module, &fields, Some(&wrong(refusal)?)).await,
    };
    let frame = frame(&call)?;
    let next = frame.at(&format!("/system/tenant-management/apps/{}", started.credentials.app), &[]);
    Ok(common::credentials(&frame, Label::TrialStarted, &started.credentials, &[], &next))
}

/// The order that a form asks for.
fn new_order(module: Module, fields: &Fields) -> Result<NewOrder, Rejection> {
    let names = [
        "subscriptionType",
        "contactName",
        "contactPhone",
        "contactEmail",
        "companyName",
        "invoiceTitle",
        "invoiceTaxNo",
    ];
    let mut order = fields.object(&names);
    for name in ["contactName", "contactPhone"] {
        order.entry(name).or_insert_with(|| Value::from(""));
    }
    order.insert("appId".to_owned(), Value::from(module.code()));
    for name in ["invoiceRequired", "newCredentials"] {
        order.insert(name.to_owned(), Value::from(fields.ticked(name)));
    }
    if !fields.one("userCount").is_empty() {
        let count = fields.one("userCount").parse::<u32>();
        let count = count.map_err(|_| Rejection::field("userCount", "须为1至100000"))?;
        order.insert("userCount".to_owned(), Value::from(count));
    }
    Ok(body::from_value(&Value::Object(order))?)
}

async fn order(call: Call, (Path(of), fields): (Path<OfModule>, Fields)) -> Result<Reply, Rejection> {
    let module = of.module()?;
    noted(&call, "place-order", module.code()).await?;
    let placed = match new_order(module, &fields) {
        Ok(new) => store::create_order(&call.ctx, &call.by.tenant, &new).await,
        Err(refusal) => Err(refusal),
    };
    match placed {
        Ok(order) => Ok(see_other(&frame(&call)?.at(order_pages::ORDERS, &[("done", &order.number)]))),
        Err(refusal) => shown(&call, module, &fields, Some(&wrong(refusal)?)).await,
    }
}

async fn edit(call: Call, (Path(of), fields): (Path<OfModule>, Fields)) -> Result<Reply, Rejection> {
    let module = of.module()?;
    noted(&call, "edit-product", module.code()).await?;
    match edited(&call, module, &fields).await {
        Ok(()) => Ok(see_other(&frame(&call)?.at(&format!("{}/{}", pages::PATH, module.code()), &[]))),
        Err(refusal) => shown(&call, module, &fields, Some(&wrong(refusal)?)).await,
    }
}

async fn edited(call: &Call, module: Module, fields: &Fields) -> Result<(), Rejection> {
    let mut wanted = fields.object(&["monthlyPrice", "perpetualPrice"]);
    wanted.insert("description".to_owned(), Value::from(fields.one("description")));
    for name in ["trialSupported", "enabled"] {
        wanted.insert(name.to_owned(), Value::from(fields.ticked(name)));
    }
    let whole =
        |name: &str, problem: &str| fields.one(name).parse::<u64>().map_err(|_| Rejection::field(name, problem));
    wanted.insert("trialDays".to_owned(), Value::from(whole("trialDays", "须为1至90")?));
    wanted.insert("version".to_owned(), Value::from(whole("version", "请重新打开页面")?));
    let wanted: Edit = body::from_value(&Value::Object(wanted))?;
    store::edit(&call.ctx, module, &wanted).await.map(drop)
}

async fn orders(call: Call, (): ()) -> Result<Reply, Rejection> {
    let of = if call.by.has_tenant() { call.by.tenant.clone() } else { TenantId::operator() };
    let (state, module) = (query_parameter(&call, "status"), query_parameter(&call, "appId"));
    let wanted = WantedOrders {
        of,
        module: AppRef::parse(module).map(|app| app.0),
        state: OrderState::ALL.into_iter().find(|own| own.word() == state),
        page: 1,
        size: SIZE,
        cursor: Some(query_parameter(&call, "cursor")).filter(|cursor| !cursor.is_empty()).map(str::to_owned),
    };
    let found = store::orders(&call.ctx, &wanted).await?;
    let rows: Vec<OrderRow> = found.orders.iter().map(row).collect();
    let view = order_pages::Orders {
        rows: &rows,
        total: found.total,
        state: wanted.state.map_or("", OrderState::word),
        module: wanted.module.map_or("", Module::code),
        is_first: wanted.cursor.is_none(),
        next: found.next.as_deref(),
        done: Some(query_parameter(&call, "done")).filter(|done| rows.iter().any(|row| row.number == *done)),
    };
    Ok(page(200, order_pages::orders(&frame(&call)?, &view)))
}

fn row(order: &Order) -> OrderRow {
    let contact = [Some(order.contact.name.as_str()), Some(&order.contact.phone), order.company_name.as_deref()];
    OrderRow {
        number: order.number.clone(),
        tenant: order.tenant.to_string(),
        module: order.module,
        term: match order.term {
            Term::Trial => Label::Trial,
            Term::Monthly => Label::Monthly,
            Term::Yearly => Label::Yearly,
            Term::Perpetual => Label::ForGood,
        },
        amount_fen: order.amount_fen,
        state: order.state.word(),
        contact: contact.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        invoice: order.invoice.as_ref().map(|invoice| format!("{} {}", invoice.title, invoice.tax_no)),
        created_ms: order.created_ms,
        period: order.payment.as_ref().map(|payment| (payment.from_ms, payment.to_ms)),
    }
}

async fn activate(call: Call, (Path(of), fields): (Path<OfOrder>, Fields)) -> Result<Reply, Rejection> {
    noted(&call, "activate-order", &of.number).await?;
    let done = store::activate(&call.ctx, &of.number, fields.one("remark"), &call.by.principal.token).await?;
    let frame = frame(&call)?;
    let next = after(&frame, &done.order.number);
    Ok(match done.credentials {
        Some(shown) => {
            let notes = [frame.text(Label::HandToTenant).to_owned()];
            common::credentials(&frame, Label::OrderActivated, &shown, &notes, &next)
        }
        None => see_other(&next),
    })
}

async fn cancel(call: Call, (Path(of), fields): (Path<OfOrder>, Fields)) -> Result<Reply, Rejection> {
    let refund = fields.ticked("refund");
    noted(&call, if refund { "refund-order" } else { "cancel-order" }, &of.number).await?;
    let order = store::cancel(&call.ctx, &of.number, fields.one("remark"), refund).await?;
    Ok(see_other(&after(&frame(&call)?, &order.number)))
}

fn after(frame: &Frame, number: &str) -> String {
    frame.at(order_pages::ORDERS, &[("done", number)])
}
