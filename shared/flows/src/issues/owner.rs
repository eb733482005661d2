//! Whose a feeding is: the company whose order the MES's work order is. A code is another company's as long as nothing
//! says that it is this one's.

use super::reading::FeedingDetail;
use crate::kinds::Scope;
use crate::manufacturing;
use tenon_connectors::blacklake::Blacklake;
use tenon_model::config::{Flow, MesWorkOrdersFlow, ProductionIssuesFlow};
use tenon_platform::{Error, Result};

/// Whose it is.
pub(super) enum Owner<'l> {
    /// This flow's, and the order's number in its company.
    Ours(&'l ProductionIssuesFlow, i64),
    /// Nobody's here; why.
    Nobody(String),
}

/// What a company writes before the codes of its orders.
fn prefix<'l>(at: Scope<'l>, mes: &'l Blacklake<'_>, flow: &ProductionIssuesFlow) -> &'l str {
    let own = sending(at, flow).and_then(|flow| flow.code_prefix.as_deref());
    own.unwrap_or_else(|| mes.connection().code_prefix(&flow.erp))
}

/// The flow that sends the company's orders to the factory.
fn sending<'l>(at: Scope<'l>, flow: &ProductionIssuesFlow) -> Option<&'l MesWorkOrdersFlow> {
    let all = at.loaded.flows().iter().filter_map(Flow::as_mes_work_orders);
    all.into_iter().find(|sending| sending.erp == flow.erp && sending.mes == flow.mes)
}

/// The code of a company's order in the MES.
pub(super) fn code_of(at: Scope<'_>, mes: &Blacklake<'_>, flow: &ProductionIssuesFlow, number: i64) -> String {
    format!("{}{number}", prefix(at, mes, flow))
}

/// A number as B1 writes its own keys: without a sign, and without zeros before it.
fn number(text: &str) -> Option<i64> {
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) && !text.starts_with('0');
    text.parse().ok().filter(|_| digits)
}

/// Decides among the flows of a factory. A code that one of our flows has given an order is that order's; where orders
/// go to the MES by other ways, the prefix and the number say whose it is.
///
/// # Errors
/// `flow.issue-order` when it may be several companies'.
pub(super) async fn of<'l>(
    at: Scope<'_>,
    mes: &Blacklake<'_>,
    flows: &[&'l ProductionIssuesFlow],
    detail: &FeedingDetail,
) -> Result<Owner<'l>> {
    let code = detail.order.code.as_str();
    let nobody = || {
        let why = format!("work order {code} of the MES is no order of a company that is configured here");
        Ok(Owner::Nobody(why))
    };
    if let Some(known) = manufacturing::of_code(at.ctx, at.tenant, &mes.connection().id, code).await? {
        return match flows.iter().find(|flow| flow.erp == known.erp) {
            Some(flow) => Ok(Owner::Ours(flow, known.entry)),
            None => nobody(),
        };
    }
    // Where our own flow sends the orders, a work order that it did not send is a person's, whatever its code.
    let by_others = flows.iter().filter(|flow| sending(at, flow).is_none());
    let ours: Vec<_> =
        by_others.filter_map(|flow| Some((*flow, number(code.strip_prefix(prefix(at, mes, flow))?)?))).collect();
    match ours.as_slice() {
        [] => nobody(),
        [(flow, number)] => Ok(Owner::Ours(flow, *number)),
        several => {
            let companies: Vec<&str> = several.iter().map(|(flow, _)| flow.erp.as_str()).collect();
            Err(Error::permanent(
                "flow.issue-order",
                format!(
                    "work order {code} may be an order of {}: nothing is posted. Give each company a prefix of its own \
                     (code_prefixes of connection {})",
                    companies.join(" or of "),
                    mes.connection().id
                ),
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn r_m50_only_a_number_as_b1_writes_it_is_one_of_its_orders() {
        assert_eq!(number("478"), Some(478));
        for code in ["", "0478", "+478", "-1", "478 ", "PO-9", "４７８", "99999999999999999999", "4.0"] {
            assert_eq!(number(code), None, "{code}");
        }
    }
}
