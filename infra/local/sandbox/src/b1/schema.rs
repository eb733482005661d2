//! Which entity sets exist and which properties they have. User fields (`U_…`) are taken always,
//! unless the host takes one away.

use super::entities::EntitySet;
use std::collections::BTreeMap;
use std::str::SplitWhitespace;

/// Object code, enum word, entity set.
const OBJECTS: [(&str, &str, &str); 16] = [
    ("13", "oInvoices", "Invoices"),
    ("14", "oCreditNotes", "CreditNotes"),
    ("15", "oDeliveryNotes", "DeliveryNotes"),
    ("16", "oReturns", "Returns"),
    ("17", "oOrders", "Orders"),
    ("18", "oPurchaseInvoices", "PurchaseInvoices"),
    ("19", "oPurchaseCreditNotes", "PurchaseCreditNotes"),
    ("20", "oPurchaseDeliveryNotes", "PurchaseDeliveryNotes"),
    ("21", "oPurchaseReturns", "PurchaseReturns"),
    ("22", "oPurchaseOrders", "PurchaseOrders"),
    ("23", "oQuotations", "Quotations"),
    ("59", "oInventoryGenEntry", "InventoryGenEntries"),
    ("60", "oInventoryGenExit", "InventoryGenExits"),
    ("67", "oStockTransfer", "StockTransfers"),
    ("540000006", "oPurchaseQuotations", "PurchaseQuotations"),
    ("1470000113", "oPurchaseRequest", "PurchaseRequests"),
];

/// The number of an object code in either spelling.
pub(crate) fn object_number(code: &str) -> &str {
    let payment = PAYMENTS.iter().find(|(n, word)| *n == code || *word == code).map_or(code, |(n, _)| n);
    OBJECTS.iter().find(|(n, word, _)| *n == code || *word == code).map_or(payment, |(n, _, _)| n)
}

/// The enum word, which is how a draft reports its kind.
pub(crate) fn object_word(code: &str) -> &str {
    let payment = PAYMENTS.iter().find(|(n, word)| *n == code || *word == code).map_or(code, |(_, word)| word);
    OBJECTS.iter().find(|(n, word, _)| *n == code || *word == code).map_or(payment, |(_, word, _)| word)
}

/// The entity set of an object code.
pub(crate) fn object_set(code: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|(n, word, _)| *n == code || *word == code).map(|(_, _, set)| *set)
}

/// The object code of an entity set.
pub(crate) fn set_object(set: &str) -> Option<&'static str> {
    OBJECTS.iter().find(|(_, _, s)| *s == set).map(|(n, _, _)| *n)
}

/// Kinds of draft: the number requests name them by, and the set they are in. Each numbers its drafts on its own.
const DRAFTS: [(&str, &str); 2] = [("112", "Drafts"), ("140", "PaymentDrafts")];

/// Object codes of payments, whose drafts are payment drafts.
const PAYMENTS: [(&str, &str); 2] = [("24", "oIncomingPayments"), ("46", "oVendorPayments")];

/// The set that drafts of an object code are in.
pub(crate) fn draft_set(object_code: &str) -> &'static str {
    let payment = PAYMENTS.iter().any(|(number, word)| *number == object_code || *word == object_code);
    if payment { "PaymentDrafts" } else { "Drafts" }
}

/// The kind of draft a set holds.
pub(crate) fn draft_type(set: &str) -> Option<&'static str> {
    DRAFTS.iter().find(|(_, name)| *name == set).map(|(number, _)| *number)
}

/// The set of a kind of draft.
pub(crate) fn set_of_draft_type(number: &str) -> Option<&'static str> {
    DRAFTS.iter().find(|(kind, _)| *kind == number).map(|(_, set)| *set)
}

/// Properties of drafts and marketing documents.
const DOCUMENT: &str = "DocEntry DocNum DocType HandWritten Printed DocDate DocDueDate TaxDate CardCode CardName \
    Address NumAtCard DocTotal DocCurrency DocRate Reference1 Reference2 Comments JournalMemo PaymentGroupCode \
    SalesPersonCode Confirmed CreationDate UpdateDate UpdateTime Series DocObjectCode DocumentStatus Cancelled \
    RequriedDate RequiredDate Requester RequesterName RequesterEmail RequesterBranch RequesterDepartment ReqType \
    ReqCode SendNotification AuthorizationStatus BPL_IDAssignedToInvoice UserSign DocumentsOwner Project VatSum \
    TransportationCode FromWarehouse ToWarehouse DiscountPercent ContactPersonCode Remarks DocumentLines \
    StockTransferLines Document_ApprovalRequests AttachmentEntry";

const PAYMENT: &str = "DocEntry DocNum DocType DocDate DueDate TaxDate CardCode CardName Address DocCurrency DocRate \
    CashAccount CashSum TransferAccount TransferSum TransferDate Reference1 Remarks JournalRemarks DocObjectCode \
    AuthorizationStatus PaymentInvoices PaymentChecks UpdateDate CreationDate";

const PRICES: &str = "ItemCode CardCode Price Currency DiscountPercent PriceListNum AutoUpdate SourcePrice Valid \
    ValidFrom ValidTo SpecialPriceDataAreas";

const ITEMS: &str = "ItemCode ItemName ForeignName ItemsGroupCode BarCode PurchaseItem SalesItem InventoryItem \
    ManageSerialNumbers ManageBatchNumbers QuantityOnStock Valid Frozen ItemType InventoryUOM SalesUnit \
    PurchaseUnit DefaultWarehouse IssueMethod ProcurementMethod UpdateDate UpdateTime CreateDate CreateTime \
    PurchaseItemsPerUnit SalesItemsPerUnit PurchaseQtyPerPackUnit UoMGroupEntry InventoryUoMEntry \
    DefaultPurchasingUoMEntry DefaultSalesUoMEntry MinOrderQuantity MinInventory PurchaseVATGroup SalesVATGroup \
    User_Text ItemWarehouseInfoCollection ItemUnitOfMeasurementCollection Series VatLiable CustomsGroupCode \
    TreeType Mainsupplier AssetItem Manufacturer SalesUnitWeight InventoryWeight PurchaseUnitWeight SWW \
    MaterialType ItemPrices";

const PRODUCTION_ORDERS: &str = "AbsoluteEntry DocumentNumber Series ItemNo ProductionOrderStatus \
    ProductionOrderType PlannedQuantity CompletedQuantity RejectedQuantity PostingDate DueDate StartDate \
    ProductionOrderOriginEntry ProductionOrderOriginNumber ProductionOrderOrigin UserSignature Remarks ClosingDate \
    ReleaseDate CustomerCode Warehouse InventoryUOM UoMEntry JournalRemarks TransactionNumber CreationDate Printed \
    DistributionRule DistributionRule2 DistributionRule3 DistributionRule4 DistributionRule5 Project \
    ProductDescription Priority RoutingDateCalculation UpdateAllocation AttachmentEntry PickRemarks \
    ProductionOrderLines ProductionOrdersSalesOrderLines ProductionOrdersStages \
    ProductionOrdersDocumentReferences";

const TREES: &str = "TreeCode TreeType Quantity DistributionRule DistributionRule2 DistributionRule3 DistributionRule4 \
    DistributionRule5 Project PriceList Warehouse PlanAvgProdSize HideBOMComponentsInPrintout ProductDescription \
    ProductTreeLines ProductTreeStages";

const PARTNERS: &str = "CardCode CardName CardType GroupCode Currency Phone1 Phone2 EmailAddress Address Valid Frozen \
    PriceListNum FederalTaxID ContactPerson UpdateDate CreateDate";

const REQUESTS: &str = "Code ApprovalTemplatesID ObjectType IsDraft ObjectEntry Status Remarks CurrentStage \
    OriginatorID CreationDate CreationTime DraftEntry DraftType ApprovalRequestLines ApprovalRequestDecisions";

const USERS: &str = "InternalKey UserCode UserName UserPassword eMail MobilePhoneNumber FaxNumber Department Branch \
    Superuser Locked";

/// Whether a set of the product has a property.
pub(crate) fn knows(set: &str, property: &str) -> bool {
    listed(set).is_none_or(|mut list| list.any(|p| p == property))
}

/// The properties of a set of the product; none of one that takes any.
pub(crate) fn listed(set: &str) -> Option<SplitWhitespace<'static>> {
    let list: &'static str = match set {
        "PaymentDrafts" => PAYMENT,
        "SpecialPrices" => PRICES,
        "Items" => ITEMS,
        "ProductionOrders" => PRODUCTION_ORDERS,
        "ProductTrees" => TREES,
        "BusinessPartners" => PARTNERS,
        "ApprovalRequests" => REQUESTS,
        "ApprovalStages" => "Code Name NoOfApproversRequired Remarks ApprovalStageApprovers",
        "ApprovalTemplates" => {
            "Code Name Remarks IsActive UseTerms ApprovalTemplateUsers ApprovalTemplateStages ApprovalTemplateDocuments ApprovalTemplateTerms"
        }
        "Users" => USERS,
        "SQLQueries" => "SqlCode SqlName SqlText ParamList CreateDate UpdateDate",
        _ if set == "Drafts" || set_object(set).is_some() => DOCUMENT,
        _ => return None,
    };
    Some(list.split_whitespace())
}

/// The properties of a draft or marketing document but its collections.
pub(crate) fn document_properties(set: &str) -> impl Iterator<Item = &'static str> {
    let list = if set == "Drafts" || set_object(set).is_some() { DOCUMENT } else { "" };
    list.split_whitespace().filter(|name| !name.ends_with("Lines") && !name.ends_with("Requests"))
}

/// Properties of a line of a draft or marketing document that B1 shows whether or not they are filled.
pub(crate) fn line_properties() -> impl Iterator<Item = &'static str> {
    LINE.split_whitespace()
}

const LINE: &str = "LineNum ItemCode ItemDescription Quantity ShipDate RequiredDate Price PriceAfterVAT Currency Rate \
    DiscountPercent UnitPrice LineTotal TaxCode VatGroup WarehouseCode AccountCode ProjectCode CostingCode FreeText \
    UoMCode MeasureUnit SupplierCatNum LineVendor BaseType BaseEntry BaseLine LineStatus";

/// The sets of a fresh company.
pub(crate) fn standard_sets() -> BTreeMap<String, EntitySet> {
    let mut sets = vec![
        EntitySet::new("Drafts", &["DocEntry"], true, true, false),
        EntitySet::new("PaymentDrafts", &["DocEntry"], true, true, false),
        EntitySet::new("ApprovalRequests", &["Code"], true, false, false),
        EntitySet::new("ApprovalStages", &["Code"], true, false, false),
        EntitySet::new("ApprovalTemplates", &["Code"], true, false, false),
        EntitySet::new("Users", &["InternalKey"], true, false, false),
        EntitySet::new("SpecialPrices", &["CardCode", "ItemCode"], false, false, false),
        EntitySet::new("SQLQueries", &["SqlCode"], false, false, false),
        EntitySet::new("Items", &["ItemCode"], false, true, false),
        EntitySet::new("BusinessPartners", &["CardCode"], false, true, false),
        EntitySet::new("ProductionOrders", &["AbsoluteEntry"], true, false, false),
        EntitySet::new("Warehouses", &["WarehouseCode"], false, false, true),
        EntitySet::new("BinLocations", &["AbsEntry"], true, false, true),
        EntitySet::new("BatchNumberDetails", &["DocEntry"], true, false, true),
        EntitySet::new("UnitOfMeasurements", &["AbsEntry"], true, false, true),
        EntitySet::new("UnitOfMeasurementGroups", &["AbsEntry"], true, false, true),
        EntitySet::new("Attachments2", &["AbsoluteEntry"], true, false, true),
        EntitySet::new("ProductTrees", &["TreeCode"], false, false, false),
        EntitySet::new("ItemGroups", &["Number"], true, false, true),
    ];
    sets.extend(OBJECTS.iter().map(|(_, _, set)| EntitySet::new(set, &["DocEntry"], true, true, false)));
    sets.into_iter().map(|set| (set.name.clone(), set)).collect()
}
