//! The four modules as the store offers them. What the operator has not changed is as it comes.

use super::keys;
use super::records::Product;
use crate::optimistic::settle;
use crate::times;
use serde::Deserialize;
use tenon_model::Module;
use tenon_model::openapi::Yuan;
use tenon_platform::table::{Expect, Outcome, Range, Stored, Write};
use tenon_platform::{Context, Rejection};

const TRIAL_DAYS: u16 = 7;
/// A year costs ten months; "for good" costs three years unless the operator sets another price.
const PERPETUAL_MONTHS: i64 = 30;
/// ¥1,000,000.
const MAX_FEN: i64 = 100_000_000;

/// A product and its version, which an edit may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The product.
    pub product: Product,
    /// 0 until it is first changed.
    pub version: u64,
}

/// A change of a product; what is absent stays.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Edit {
    /// Yuan a month; a year is ten times as much.
    pub monthly_price: Option<Yuan>,
    /// Yuan for good.
    pub perpetual_price: Option<Yuan>,
    /// At most 2000 characters.
    pub description: Option<String>,
    /// 1 to 90.
    pub trial_days: Option<u16>,
    /// Whether it may be tried.
    pub trial_supported: Option<bool>,
    /// Whether it may be tried and bought.
    pub enabled: Option<bool>,
    /// The version that was read; when given, a change made meanwhile is not overwritten.
    pub version: Option<u64>,
}

fn standard(module: Module) -> Product {
    let (yuan, description) = match module {
        Module::OrderSync => (999, "客户ERP直接下单并跟踪生产进度，也可从纸样、制单系统拉取数据"),
        Module::QualityFeedback => (799, "入库质检结果推送给客户，客户可随时查询质检报告"),
        Module::LogisticsSync => (799, "成品出库信息推送给客户，客户可随时查询发货记录"),
        Module::PaymentSync => (999, "对账单审批后推送给客户，客户系统回传付款确认"),
    };
    Product {
        module,
        monthly_fen: yuan * 100,
        perpetual_fen: yuan * 100 * PERPETUAL_MONTHS,
        description: description.to_owned(),
        trial_days: TRIAL_DAYS,
        trial_supported: true,
        enabled: true,
        updated_ms: 0,
    }
}

/// Every product, in the order of the store.
///
/// # Errors
/// Those of the table.
pub async fn products(ctx: &Context) -> tenon_platform::Result<Vec<Listed>> {
    let edited: Vec<Stored<Product>> = ctx.table.query_all(&keys::products(), Range::default()).await?;
    let of = |module| edited.iter().find(|s| s.data.module == module).cloned();
    Ok(Module::ALL.into_iter().map(|module| listed(module, of(module))).collect())
}

/// One product.
///
/// # Errors
/// Those of the table.
pub async fn product(ctx: &Context, module: Module) -> tenon_platform::Result<Listed> {
    Ok(listed(module, ctx.table.get(&keys::product(module)).await?))
}

fn listed(module: Module, stored: Option<Stored<Product>>) -> Listed {
    match stored {
        Some(stored) => Listed { product: stored.data, version: stored.version },
        None => Listed { product: standard(module), version: 0 },
    }
}

/// Changes a product. What was ordered before keeps its price.
///
/// # Errors
/// 400 that names the field; what the table refuses.
pub async fn edit(ctx: &Context, module: Module, edit: &Edit) -> Result<Listed, Rejection> {
    settle(ctx, || async {
        let Listed { product, version } = self::product(ctx, module).await?;
        if edit.version.is_some_and(|read| read != version) {
            let message = format!("已于{}被修改，请重新读取后再改", times::local(product.updated_ms));
            return Err(Rejection::field("version", message));
        }
        let product = changed(product, edit, ctx.now_ms())?;
        let expect = if version == 0 { Expect::AbsentAt(ctx.now_ms()) } else { Expect::Version(version) };
        Ok(match ctx.table.write(Write::put(keys::product(module), &product, expect)?).await? {
            Outcome::Done => Some(Listed { product, version: version + 1 }),
            Outcome::Conflict => None,
        })
    })
    .await
}

fn changed(mut product: Product, edit: &Edit, now_ms: i64) -> Result<Product, Rejection> {
    if let Some(yuan) = edit.monthly_price {
        product.monthly_fen = fen("monthlyPrice", yuan)?;
    }
    if let Some(yuan) = edit.perpetual_price {
        product.perpetual_fen = fen("perpetualPrice", yuan)?;
    }
    if let Some(description) = &edit.description {
        if description.chars().count() > 2000 {
            return Err(Rejection::field("description", "不能超过2000个字符"));
        }
        product.description.clone_from(description);
    }
    if let Some(days) = edit.trial_days {
        if !(1..=90).contains(&days) {
            return Err(Rejection::field("trialDays", "须为1至90"));
        }
        product.trial_days = days;
    }
    product.trial_supported = edit.trial_supported.unwrap_or(product.trial_supported);
    product.enabled = edit.enabled.unwrap_or(product.enabled);
    product.updated_ms = now_ms;
    Ok(product)
}

/// A price in fen.
fn fen(field: &str, price: Yuan) -> Result<i64, Rejection> {
    let sound = (0..=MAX_FEN).contains(&price.fen());
    sound.then(|| price.fen()).ok_or_else(|| Rejection::field(field, "须为0至1000000元，最多两位小数"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_store_comes_with_its_prices() {
        let months: Vec<i64> = Module::ALL.into_iter().map(|m| standard(m).monthly_fen).collect();
        assert_eq!(months, [99_900, 79_900, 79_900, 99_900]);
        assert_eq!(standard(Module::OrderSync).yearly_fen(), 999_000);
    }

    #[test]
    fn a_price_is_at_most_a_million_yuan_and_a_whole_number_of_fen() {
        let edit =
            |price: &str| tenon_platform::body::read::<Edit>(format!(r#"{{"monthlyPrice":{price}}}"#).as_bytes());
        for (price, wanted) in [("0.29", 29), ("1299.99", 129_999), ("0", 0), ("1000000", MAX_FEN)] {
            let product = changed(standard(Module::OrderSync), &edit(price).unwrap(), 0).unwrap();
            assert_eq!(product.monthly_fen, wanted, "{price}");
        }
        for wrong in ["-1", "1000000.01"] {
            assert!(changed(standard(Module::OrderSync), &edit(wrong).unwrap(), 0).is_err(), "{wrong}");
        }
        let bad = edit("0.001").unwrap_err();
        assert_eq!((bad.field.as_str(), bad.message.as_str()), ("monthlyPrice", "应为金额（元，最多两位小数）"));
    }
}
