//! A select of components held to the production orders that were received.

use crate::Select;
use crate::refusal::Refusal;
use crate::scan::{self, Token};
use crate::walk;
use sqlparser::ast::SetExpr;

/// The table of orders, and that of their lines.
const ORDERS: [&str; 2] = ["OWOR", "WOR1"];
/// Words that end a condition.
const AFTER: [&str; 7] = ["GROUP", "HAVING", "ORDER", "LIMIT", "OFFSET", "FETCH", "FOR"];

/// The select with a condition of its own: `… and T0."DocEntry" in (478)`, at the end of its WHERE, or as one. The numbers
/// are whole; nothing else of a request is written into it.
///
/// # Errors
/// `sql.orders` for a select that is more than one, or reads no orders.
pub fn of_orders(select: &Select, orders: &[i64]) -> Result<String, Refusal> {
    let refused = |why: &str| Refusal::new("sql.orders", format!("倒扣料查询{why}；未执行"));
    let SetExpr::Select(body) = select.query.body.as_ref() else { return Err(refused("只能是一个 SELECT")) };
    if select.query.with.is_some() {
        return Err(refused("不能带 WITH"));
    }
    if orders.is_empty() {
        return Err(refused("没有生产订单"));
    }
    let name =
        ORDERS.iter().find_map(|table| walk::name_of(body, table)).ok_or_else(|| refused("没有读取 OWOR 或 WOR1"))?;
    let list = orders.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
    let condition = format!("{name}.\"DocEntry\" in ({list})");
    let text = select.text();
    let tokens = scan::tokens(text)?;
    let outside = |token: &&Token<'_>| token.depth == 0;
    let first = tokens.iter().filter(outside).find(|token| token.is_word("WHERE"));
    let begins = first.map_or(0, |token| token.at);
    let end = tokens
        .iter()
        .filter(outside)
        .find(|token| token.at > begins && AFTER.iter().any(|word| token.is_word(word)))
        .map_or(text.len(), |token| token.at);
    let (head, tail) = (text.get(..end).unwrap_or_default().trim_end(), text.get(end..).unwrap_or_default());
    let tail = if tail.is_empty() { String::new() } else { format!(" {tail}") };
    let Some(first) = first else { return Ok(format!("{head} where {condition}{tail}")) };
    let is_in = |token: &&Token<'_>| token.at > begins && token.at < end;
    if !tokens.iter().filter(outside).filter(is_in).any(|token| token.is_word("OR")) {
        return Ok(format!("{head} and {condition}{tail}"));
    }
    // Of `a or b and c`, c would hold for b alone.
    let after = first.at + first.text.len();
    let (before, own) = (head.get(..after).unwrap_or_default(), head.get(after..).unwrap_or_default().trim());
    Ok(format!("{before} ({own}) and {condition}{tail}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rules, judge};

    fn of(sql: &str) -> Result<String, Refusal> {
        of_orders(&judge(sql, &Rules::default())?, &[478, 479])
    }

    // R-B28
    #[test]
    fn the_condition_holds_for_the_whole_where() {
        let printed = "\nSelect T0.\"DocEntry\",T1.\"LineNum\",T1.\"ItemCode\",T2.\"ItemName\",T1.\"BaseQty\",T1.\"wareHouse\" \nFrom OWOR T0 Left Join WOR1 T1 On T0.\"DocEntry\"=T1.\"DocEntry\" \nLeft Join OITM T2 On T1.\"ItemCode\"=T2.\"ItemCode\" \nWhere T2.\"ManBtchNum\"='Y' \n";
        assert_eq!(of(printed).unwrap(), format!("{} and T0.\"DocEntry\" in (478,479)", printed.trim()));
        for (sql, text) in [
            ("select 1 from OWOR T0", "select 1 from OWOR T0 where T0.\"DocEntry\" in (478,479)"),
            ("select 1 from OWOR", "select 1 from OWOR where OWOR.\"DocEntry\" in (478,479)"),
            (
                "select 1 from OWOR \"A\" where a=1 or b=2 order by a",
                "select 1 from OWOR \"A\" where (a=1 or b=2) and \"A\".\"DocEntry\" in (478,479) order by a",
            ),
            (
                "select 1 from WOR1 L where (a=1 or b=2) group by c",
                "select 1 from WOR1 L where (a=1 or b=2) and L.\"DocEntry\" in (478,479) group by c",
            ),
            (
                "select 1 from OWOR T0 order by (select 1 from DUMMY where 1=1)",
                "select 1 from OWOR T0 where T0.\"DocEntry\" in (478,479) order by (select 1 from DUMMY where 1=1)",
            ),
        ] {
            assert_eq!(of(sql).unwrap(), text);
        }
        for sql in [
            "select 1 from OITM",
            "select 1 from OWOR T0 union all select 1 from OWOR T0",
            "with a as (select 1 b from OWOR) select b from a",
        ] {
            assert_eq!(of(sql).unwrap_err().code, "sql.orders", "{sql}");
        }
    }
}
