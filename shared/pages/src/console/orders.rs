//! Orders of the app store, and what operators do about them.

use super::field::{Choice, Field};
use super::layout::{Frame, document};
use super::list;
use super::store::{PATH, module_name, yuan};
use super::texts::Label;
use crate::tasks::moment;
use maud::{Markup, html};
use tenon_model::Module;

/// The orders' path.
pub const ORDERS: &str = "/system/app-store/orders";

/// An order as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderRow {
    /// `ORD…`.
    pub number: String,
    /// Whose.
    pub tenant: String,
    /// The module.
    pub module: Module,
    /// The term bought.
    pub term: Label,
    /// In fen.
    pub amount_fen: i64,
    /// `PENDING`, `PAID`, `CANCELED` or `REFUNDED`.
    pub state: &'static str,
    /// Whom to talk to.
    pub contact: String,
    /// Title and tax number.
    pub invoice: Option<String>,
    /// Epoch ms.
    pub created_ms: i64,
    /// The time it bought.
    pub period: Option<(i64, i64)>,
}

/// The orders.
pub struct Orders<'o> {
    /// A page of them.
    pub rows: &'o [OrderRow],
    /// How many in all.
    pub total: i64,
    /// Which state is asked for.
    pub state: &'o str,
    /// Which module is asked for.
    pub module: &'o str,
    /// Whether this is the first page.
    pub is_first: bool,
    /// Where the next begins.
    pub next: Option<&'o str>,
    /// The order that was just made or changed.
    pub done: Option<&'o str>,
}

/// The state of an order, in words.
pub fn order_state(state: &str) -> Label {
    match state {
        "PENDING" => Label::OrderPending,
        "PAID" => Label::OrderPaid,
        "CANCELED" => Label::OrderCanceled,
        _ => Label::OrderRefunded,
    }
}

/// Their page.
pub fn orders(frame: &Frame, orders: &Orders<'_>) -> String {
    let title = frame.text(if frame.operator { Label::AllOrders } else { Label::MyOrders });
    let any = || Choice::new("", frame.text(Label::Any));
    let states = ["PENDING", "PAID", "CANCELED", "REFUNDED"];
    let states: Vec<Choice> =
        std::iter::once(any()).chain(states.map(|state| Choice::new(state, frame.text(order_state(state))))).collect();
    let modules = Module::ALL.into_iter().map(|own| Choice::new(own.code(), module_name(frame.language, own)));
    let modules: Vec<Choice> = std::iter::once(any()).chain(modules).collect();
    let filters = html! {
        (Field::text("status", frame.text(Label::State), orders.state).choice(&states))
        (Field::text("appId", frame.text(Label::Module), orders.module).choice(&modules))
        button { (frame.text(Label::Show)) }
    };
    let filtered = !orders.state.is_empty() || !orders.module.is_empty();
    let content = html! {
        p.back { a href=(frame.at(PATH, &[])) { "← " (frame.text(Label::AppStore)) } }
        h1 { (title) }
        @if let Some(number) = orders.done { p.told role="status" { (frame.text(Label::OrderDone)) " " code { (number) } } }
        (frame.filters(ORDERS, &filters))
        @if orders.rows.is_empty() { (list::nothing(frame, Label::NoOrders, filtered, false)) } @else {
            table.list.stack {
                caption { (frame.text(Label::Orders)) ": " (orders.total) }
                thead { tr {
                    th scope="col" { (frame.text(Label::OrderNumber)) }
                    @if frame.operator { th scope="col" { (frame.text(Label::Tenant)) } }
                    th scope="col" { (frame.text(Label::Module)) }
                    th scope="col" { (frame.text(Label::Amount)) }
                    th scope="col" { (frame.text(Label::State)) }
                    th scope="col" { (frame.text(Label::ContactName)) }
                    th scope="col" { (frame.text(Label::Created)) }
                    @if frame.operator { th scope="col" { (frame.text(Label::Actions)) } }
                } }
                tbody { @for row in orders.rows { (order_row(frame, row)) } }
            }
        }
        (list::pages(frame, orders.is_first, orders.next))
    };
    document(frame, title, &content)
}

fn order_row(frame: &Frame, row: &OrderRow) -> Markup {
    let class = match row.state {
        "PENDING" => "badge warn",
        "PAID" => "badge good",
        _ => "badge",
    };
    html! {
        tr data-row tabindex="-1" {
            th scope="row" { code { (row.number) } }
            @if frame.operator { td data-name=(frame.text(Label::Tenant)) { (row.tenant) } }
            td data-name=(frame.text(Label::Module)) { (module_name(frame.language, row.module)) " · " (frame.text(row.term)) }
            td data-name=(frame.text(Label::Amount)) { (yuan(row.amount_fen)) }
            td data-name=(frame.text(Label::State)) {
                span class=(class) { (frame.text(order_state(row.state))) }
                @if let Some((from, to)) = row.period { " " span.hint { (moment(from)) " – " (moment(to)) } }
            }
            td data-name=(frame.text(Label::ContactName)) {
                (row.contact)
                @if let Some(invoice) = &row.invoice { br; span.hint { (frame.text(Label::Invoice)) ": " (invoice) } }
            }
            td data-name=(frame.text(Label::Created)) { (moment(row.created_ms)) }
            @if frame.operator { td { (acts(frame, row)) } }
        }
    }
}

/// What an operator may do about an order.
fn acts(frame: &Frame, row: &OrderRow) -> Markup {
    let path = |what: &str| format!("{ORDERS}/{}/{what}", row.number);
    let number = html! { span.hidden { " " (row.number) } };
    let remark = |id: &str| {
        let id = format!("remark-{id}-{}", row.number);
        html! { label.hint for=(id) { (frame.text(Label::Remark)) } input id=(id) name="remark" maxlength="500"; }
    };
    html! {
        @if row.state == "PENDING" {
            details.more { summary { (frame.text(Label::MarkPaid)) (number) }
                (frame.form(&path("activate"), "", &html! { (remark("paid")) " " button { (frame.text(Label::MarkPaid)) (number) } })) }
            details.more { summary { (frame.text(Label::CancelOrder)) (number) }
                (frame.form(&path("cancel"), "", &html! { (remark("cancel")) " " button.danger { (frame.text(Label::CancelOrder)) (number) } })) }
        }
        @if row.state == "PAID" {
            details.more { summary { (frame.text(Label::Refund)) (number) }
                (frame.form(&path("cancel"), "", &html! {
                    input type="hidden" name="refund" value="true";
                    (remark("refund")) " " button.danger { (frame.text(Label::Refund)) (number) }
                })) }
        }
    }
}
