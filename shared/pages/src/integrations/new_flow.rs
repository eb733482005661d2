//! A flow that a person has written: what is connected with what.

use super::{HOME, Label, ViewContext};
use maud::{Markup, html};
use tenon_model::Language;

/// Where it is.
pub const NEW_FLOW: &str = "/system/integrations/new-flow";
/// What drafts are called by before their kind.
pub const DRAFTS_OF: char = '/';

/// A connection to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectionChoice {
    /// Its id.
    pub id: String,
    /// Its kind.
    pub kind: &'static str,
}

/// What is connected, as far as it is filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Connected {
    /// The ERP's connection.
    pub erp: String,
    /// The kind of document: `PurchaseOrders`, `Drafts/PurchaseRequests`.
    pub object: String,
    /// Another object, by its code.
    pub custom: String,
    /// The OA's connection.
    pub oa: String,
    /// The form's template.
    pub template: String,
    /// The flow's id, where a person names it.
    pub id: String,
}

impl Connected {
    /// The fields of forms that carry it on.
    pub fn fields(&self) -> Vec<(String, String)> {
        let all = [
            ("erp", &self.erp),
            ("object", &self.object),
            ("custom", &self.custom),
            ("oa", &self.oa),
            ("template", &self.template),
            ("id", &self.id),
        ];
        all.into_iter().map(|(name, value)| (name.to_owned(), value.clone())).collect()
    }
}

/// What there is to choose.
pub struct ChooseView<'v> {
    /// ERPs.
    pub erps: &'v [ConnectionChoice],
    /// OAs.
    pub oas: &'v [ConnectionChoice],
    /// Objects, with where their drafts lie.
    pub objects: &'v [(&'static str, Option<&'static str>)],
    /// What is filled in.
    pub filled: &'v Connected,
}

/// The page.
pub fn choose(context: &ViewContext<'_>, view: &ChooseView<'_>) -> Markup {
    let ready = !view.erps.is_empty() && !view.oas.is_empty();
    html! {
        p.back { a href=(HOME) { "← " (context.text(Label::Flows)) } }
        section.panel {
            h1 { (context.text(Label::NewFlow)) }
            p { (context.text(Label::NewFlowHint)) }
            @if ready { (fields(context, view)) } @else {
                p.nothing { (context.text(Label::NeedsConnections)) " "
                    a href=(super::Tab::Connections.address()) { (context.text(Label::Connections)) } }
            }
        }
    }
}

fn fields(context: &ViewContext<'_>, view: &ChooseView<'_>) -> Markup {
    let filled = view.filled;
    let connection = |name: &str, label: Label, all: &[ConnectionChoice], chosen: &str| {
        html! {
            div.field {
                label for=(name) { (context.text(label)) }
                select id=(name) name=(name) {
                    @for own in all {
                        option value=(own.id) selected[own.id == chosen] { (own.id) " (" (own.kind) ")" }
                    }
                }
            }
        }
    };
    let text = |name: &str, label: Label, hint: Label, value: &str, required: bool, most: u32| {
        html! {
            div.field {
                label for=(name) { (context.text(label)) }
                input id=(name) name=(name) value=(value) maxlength=(most) required[required]
                    aria-describedby={ (name) "-hint" } autocomplete="off";
                p.hint id={ (name) "-hint" } { (context.text(hint)) }
            }
        }
    };
    let content = html! {
        (connection("erp", Label::ErpConnection, view.erps, &filled.erp))
        (objects(context, view))
        (text("custom", Label::CustomObject, Label::CustomObjectHint, &filled.custom, false, 100))
        (connection("oa", Label::OaConnection, view.oas, &filled.oa))
        (text("template", Label::Template, Label::TemplateHint, &filled.template, true, 200))
        (text("id", Label::FlowId, Label::FlowIdHint, &filled.id, false, 64))
        div.actions { button { (context.text(Label::ShowMapping)) } }
    };
    context.frame.form(&format!("{NEW_FLOW}/mapping"), "fields", &content)
}

fn objects(context: &ViewContext<'_>, view: &ChooseView<'_>) -> Markup {
    let chosen = view.filled.object.as_str();
    let drafts: Vec<(String, &str)> = view
        .objects
        .iter()
        .filter_map(|(object, drafts)| drafts.map(|drafts| (format!("{drafts}{DRAFTS_OF}{object}"), *object)))
        .collect();
    html! {
        div.field {
            label for="object" { (context.text(Label::ErpObject)) }
            select #object name="object" {
                optgroup label=(context.text(Label::Drafts)) {
                    @for (value, object) in &drafts {
                        option value=(value) selected[value == chosen] { (context.text(Label::DraftOf)) (object_name(object, context.language())) }
                    }
                }
                optgroup label=(context.text(Label::Documents)) {
                    @for (object, _) in view.objects {
                        option value=(object) selected[*object == chosen] { (object_name(object, context.language())) }
                    }
                }
            }
        }
    }
}

/// What people call an object of B1, with its own name behind it.
pub fn object_name(object: &str, language: Language) -> String {
    let name = match object {
        "BusinessPartners" => ("业务伙伴", "Business partner"),
        "CreditNotes" => ("应收贷项凭证", "A/R credit memo"),
        "DeliveryNotes" => ("交货单", "Delivery"),
        "IncomingPayments" => ("收款", "Incoming payment"),
        "InventoryGenEntries" => ("库存收货", "Goods receipt"),
        "InventoryGenExits" => ("库存发货", "Goods issue"),
        "InventoryTransferRequests" => ("库存转储请求", "Inventory transfer request"),
        "Invoices" => ("应收发票", "A/R invoice"),
        "Items" => ("物料主数据", "Item"),
        "Orders" => ("销售订单", "Sales order"),
        "ProductionOrders" => ("生产订单", "Production order"),
        "PurchaseCreditNotes" => ("应付贷项凭证", "A/P credit memo"),
        "PurchaseDeliveryNotes" => ("采购收货", "Goods receipt PO"),
        "PurchaseInvoices" => ("应付发票", "A/P invoice"),
        "PurchaseOrders" => ("采购订单", "Purchase order"),
        "PurchaseQuotations" => ("采购报价单", "Purchase quotation"),
        "PurchaseRequests" => ("采购申请", "Purchase request"),
        "PurchaseReturns" => ("采购退货", "Goods return"),
        "Quotations" => ("销售报价单", "Sales quotation"),
        "Returns" => ("销售退货", "Return"),
        "StockTransfers" => ("库存转储", "Inventory transfer"),
        "VendorPayments" => ("付款", "Outgoing payment"),
        _ => return object.to_owned(),
    };
    format!("{} ({object})", language.of(name.0, name.1))
}
