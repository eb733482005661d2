//! Placing an order.

use super::app_ref::AppRef;
use super::records::{Contact, Invoice, Order, OrderKind, OrderState, Subscription, Term};
use super::{catalogue, keys, numbers, subscriptions};
use crate::contention;
use crate::optimistic::settle;
use serde::Deserialize;
use tenon_model::TenantId;
use tenon_platform::body::BadBody;
use tenon_platform::table::{Expect, Transacted};
use tenon_platform::{Context, Rejection};

/// An order as a tenant places it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewOrder {
    /// The module.
    pub app_id: AppRef,
    /// `MONTHLY`, `YEARLY` or `PERPETUAL`.
    pub subscription_type: Term,
    /// 1 to 100000; 1 when absent.
    #[serde(default)]
    pub user_count: Option<u32>,
    /// 1 to 50 characters.
    pub contact_name: String,
    /// 6 to 20 digits, spaces, `+`, `-`, brackets.
    pub contact_phone: String,
    /// A mail address.
    #[serde(default)]
    pub contact_email: Option<String>,
    /// At most 100 characters.
    #[serde(default)]
    pub company_name: Option<String>,
    /// Whether an invoice is wanted.
    #[serde(default)]
    pub invoice_required: bool,
    /// 1 to 100 characters, where an invoice is wanted.
    #[serde(default)]
    pub invoice_title: Option<String>,
    /// 15 to 20 letters and digits, where an invoice is wanted.
    #[serde(default)]
    pub invoice_tax_no: Option<String>,
    /// Whether an upgrade of a trial shall come with a new key and secret.
    #[serde(default)]
    pub new_credentials: bool,
}

impl OrderKind {
    /// What an order does, as things stand.
    pub(super) fn of(held: Option<&Subscription>) -> Self {
        match held {
            None => Self::New,
            Some(held) if held.term == Term::Trial => Self::Upgrade,
            Some(_) => Self::Renew,
        }
    }
}

/// Places an order, or finds the one that an earlier call with the same idempotency key placed.
///
/// # Errors
/// 400 that names the field.
pub async fn create(ctx: &Context, tenant: &TenantId, new: &NewOrder) -> Result<Order, Rejection> {
    let module = new.app_id.0;
    let product = catalogue::product(ctx, module).await?.product;
    if !product.enabled {
        return Err(Rejection::field("appId", "应用已下架"));
    }
    let held = subscriptions::one(ctx, tenant, module).await?.map(|s| s.data);
    settle(ctx, || async {
        if let Some(order) = ctx.once.made::<Order>(ctx).await? {
            return Ok(Some(order));
        }
        let now = ctx.now_ms();
        let order = Order {
            number: numbers::new(ctx, "ORD")?,
            tenant: tenant.clone(),
            module,
            kind: OrderKind::of(held.as_ref()),
            term: term(new.subscription_type)?,
            amount_fen: product.price_fen(new.subscription_type),
            user_count: user_count(new.user_count)?,
            contact: contact(new)?,
            company_name: optional("companyName", new.company_name.as_deref(), 100)?,
            invoice: invoice(new)?,
            new_credentials: new.new_credentials,
            state: OrderState::Pending,
            created_ms: now,
            updated_ms: now,
            payment: None,
            remark: String::new(),
        };
        let mut writes = keys::order_writes(&order, None, Expect::AbsentAt(now))?;
        writes.extend(ctx.once.note(&order, now)?);
        Ok(match contention::transact(ctx, writes).await? {
            Transacted::Done => Some(order),
            Transacted::Conflict(_) => None,
        })
    })
    .await
}

fn term(term: Term) -> Result<Term, BadBody> {
    match term {
        Term::Trial => Err(BadBody::field("subscriptionType", "试用无需下单，请直接开通试用")),
        Term::Monthly | Term::Yearly | Term::Perpetual => Ok(term),
    }
}

fn user_count(count: Option<u32>) -> Result<u32, BadBody> {
    let count = count.unwrap_or(1);
    if (1..=100_000).contains(&count) { Ok(count) } else { Err(BadBody::field("userCount", "须为1至100000")) }
}

fn contact(new: &NewOrder) -> Result<Contact, BadBody> {
    let name = required("contactName", Some(&new.contact_name), 50)?;
    let phone = required("contactPhone", Some(&new.contact_phone), 20)?;
    let digits = phone.bytes().filter(u8::is_ascii_digit).count();
    if digits < 6 || !phone.bytes().all(|b| b.is_ascii_digit() || b" +-()".contains(&b)) {
        return Err(BadBody::field("contactPhone", "不是有效的电话号码"));
    }
    let email = optional("contactEmail", new.contact_email.as_deref(), 100)?;
    if email.as_deref().is_some_and(|e| !is_email(e)) {
        return Err(BadBody::field("contactEmail", "不是有效的邮箱地址"));
    }
    Ok(Contact { name, phone, email })
}

/// Something before one `@`, a domain of several labels after it, and no spaces: whether it exists
/// only a letter to it can show.
fn is_email(text: &str) -> bool {
    let Some((user, domain)) = text.split_once('@') else { return false };
    let label = |l: &str| !l.is_empty() && !l.contains('@');
    !user.is_empty()
        && !text.contains(|c: char| c.is_whitespace() || c.is_control())
        && domain.contains('.')
        && domain.split('.').all(label)
}

fn invoice(new: &NewOrder) -> Result<Option<Invoice>, BadBody> {
    if !new.invoice_required {
        return Ok(None);
    }
    let title = required("invoiceTitle", new.invoice_title.as_deref(), 100)?;
    let tax_no = required("invoiceTaxNo", new.invoice_tax_no.as_deref(), 20)?;
    if tax_no.len() < 15 || !tax_no.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(BadBody::field("invoiceTaxNo", "须为15至20位字母和数字"));
    }
    Ok(Some(Invoice { title, tax_no: tax_no.to_ascii_uppercase() }))
}

fn required(field: &str, text: Option<&str>, most: usize) -> Result<String, BadBody> {
    optional(field, text, most)?.ok_or_else(|| BadBody::field(field, "不能为空"))
}

/// Forms send empty texts for what was not filled in.
fn optional(field: &str, text: Option<&str>, most: usize) -> Result<Option<String>, BadBody> {
    let text = text.unwrap_or_default().trim();
    if text.chars().count() > most || text.contains(char::is_control) {
        return Err(BadBody::field(field, format!("不能超过{most}个字符，且不含控制字符")));
    }
    Ok((!text.is_empty()).then(|| text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn wrong(change: Value) -> String {
        let mut body = json!({
            "appId": "ORDER_SYNC", "subscriptionType": "MONTHLY", "contactName": "王小明", "contactPhone": "+86 138-0000-0000",
            "contactEmail": "wang@example.com", "invoiceRequired": true, "invoiceTitle": "某某公司", "invoiceTaxNo": "91310000ma1k00000x"
        });
        body.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        let new: NewOrder = serde_json::from_value(body).unwrap();
        let all = || -> Result<(), BadBody> {
            term(new.subscription_type)?;
            user_count(new.user_count)?;
            contact(&new)?;
            optional("companyName", new.company_name.as_deref(), 100)?;
            invoice(&new)?;
            Ok(())
        };
        all().err().map(|b| b.field).unwrap_or_default()
    }

    #[test]
    fn each_field_is_checked_by_itself() {
        assert_eq!(wrong(json!({})), "");
        assert_eq!(wrong(json!({ "contactEmail": "", "companyName": null, "userCount": 5 })), "");
        assert_eq!(wrong(json!({ "invoiceRequired": false, "invoiceTaxNo": "" })), "");
        for (field, values) in [
            ("contactName", vec![json!(" "), json!("王".repeat(51))]),
            ("contactPhone", vec![json!(""), json!("12345"), json!("call me 138000"), json!("1".repeat(21))]),
            ("contactEmail", vec![json!("wang"), json!("a@b"), json!("a@@b.c"), json!("a b@c.d"), json!("a@b..c")]),
            ("companyName", vec![json!("x".repeat(101))]),
            ("invoiceTitle", vec![json!(null), json!("")]),
            ("invoiceTaxNo", vec![json!(null), json!("9131"), json!("91310000-A1K00000X")]),
            ("userCount", vec![json!(0), json!(100_001)]),
            ("subscriptionType", vec![json!("TRIAL")]),
        ] {
            for value in values {
                assert_eq!(wrong(json!({ field: value })), field, "{value}");
            }
        }
    }
}
