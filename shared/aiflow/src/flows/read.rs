//! A definition as it comes: all names of the document and of later ones.

use super::record::{FlowContent, Rule, Terminal, Urls};
use crate::fields::{self, CODE, Fields, Found, LINE};
use serde_json::Map;
use tenon_platform::Rejection;

const KNOWN: [&str; 17] = [
    "flowCode",
    "thirdFlowCode",
    "businessKey",
    "externalSystemCode",
    "title",
    "initiateUrl",
    "detailUrl",
    "categoryId",
    "groupId",
    "managerUserCode",
    "operationUserCode",
    "configUserCode",
    "createBy",
    "allowedApplyTerminals",
    "allowedApplyRule",
    "allowedManageRule",
    "flowVersion",
];
/// Longest address.
const URL: usize = 2_000;
/// Codes in one list of a rule.
const CODES: usize = 1_000;

/// The flow's code, what it says, and what was passed over.
pub(super) fn definition(body: &[u8]) -> Result<(String, FlowContent, Vec<String>), Rejection> {
    let body = fields::read(body)?;
    let (mut found, of) = (Found::default(), Fields::new(&body, ""));
    found.known(&of, &KNOWN);
    let code = found.required(&of, &["flowCode", "thirdFlowCode"], CODE);
    let content = FlowContent {
        title: found.required(&of, &["title"], LINE),
        initiate: urls(&mut found, &of, "initiateUrl"),
        detail: urls(&mut found, &of, "detailUrl"),
        category: found.required(&of, &["categoryId", "groupId"], CODE),
        business_key: found.text(&of, &["businessKey"], LINE),
        system: found.text(&of, &["externalSystemCode"], CODE),
        manager: found.required(&of, &["managerUserCode"], CODE),
        operation: found.required(&of, &["operationUserCode"], CODE),
        config: found.required(&of, &["configUserCode"], CODE),
        create_by: found.required(&of, &["createBy"], CODE),
        terminals: terminals(&mut found, &of),
        apply: rule(&mut found, &of, "allowedApplyRule"),
        manage: rule(&mut found, &of, "allowedManageRule"),
    };
    Ok((code, content, found.end()?))
}

fn urls(found: &mut Found, of: &Fields<'_>, name: &'static str) -> Urls {
    found.missing(of, &[name]);
    let Some((_, value)) = of.get(&[name]) else { return Urls::default() };
    let path = of.path_of(name);
    let none = Map::new();
    let map = found.object(value, &path).unwrap_or(&none);
    if value.as_object().is_none() {
        return Urls::default();
    }
    let of = Fields::new(map, &path);
    found.known(&of, &["h5Url", "webUrl"]);
    Urls { h5: url(found, &of, "h5Url"), web: url(found, &of, "webUrl") }
}

fn url(found: &mut Found, of: &Fields<'_>, name: &'static str) -> String {
    let text = found.required(of, &[name], URL);
    if !text.is_empty() && !is_https(&text) {
        found.wrong(of.path_of(name), "应为https://开头的有效地址");
    }
    text
}

/// Whether it is an address of a server, without blanks and without a name and password in it.
fn is_https(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("https://") else { return false };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let named = host.chars().any(char::is_alphanumeric) && !host.contains('@');
    // Places for the task's own values are filled in later.
    named && !text.contains([' ', '"', '<', '>', '\\', '^', '`', '|'])
}

fn terminals(found: &mut Found, of: &Fields<'_>) -> Vec<Terminal> {
    let mut all = Vec::new();
    let name = "allowedApplyTerminals";
    for (index, item) in found.list(of, &[name], 2).unwrap_or_default().iter().enumerate() {
        match item.as_str() {
            Some("pc") => all.push(Terminal::Pc),
            Some("mobile") => all.push(Terminal::Mobile),
            _ => found.wrong(format!("{name}[{index}]"), "应为pc、mobile之一"),
        }
    }
    all.sort_unstable();
    all.dedup();
    if all.is_empty() { vec![Terminal::Pc, Terminal::Mobile] } else { all }
}

fn rule(found: &mut Found, of: &Fields<'_>, name: &'static str) -> Rule {
    let Some((_, value)) = of.get(&[name]) else { return Rule::All };
    let path = of.path_of(name);
    let Some(map) = found.object(value, &path) else { return Rule::All };
    let of = Fields::new(map, &path);
    found.known(&of, &["allowedApplyType", "userCodes", "deptCodes", "userGroupCodes"]);
    // The vendor's own client calls them otherwise.
    let words = [("all", false), ("specify", true), ("ALL", false), ("CUSTOM", true), ("SPECIFY", true)];
    let kind = found.text(&of, &["allowedApplyType"], CODE);
    let specify = match kind.as_deref() {
        None => false,
        Some(kind) => match words.iter().find(|(word, _)| *word == kind) {
            Some((_, specify)) => *specify,
            None => {
                found.wrong(of.path_of("allowedApplyType"), "应为all、specify之一");
                false
            }
        },
    };
    let users = found.codes(&of, &["userCodes"], CODES);
    let departments = found.codes(&of, &["deptCodes"], CODES);
    let groups = found.codes(&of, &["userGroupCodes"], CODES);
    if !specify {
        return Rule::All;
    }
    if users.is_empty() && departments.is_empty() && groups.is_empty() {
        found.wrong(of.path_of("userCodes"), "指定范围时，用户、部门、用户组至少填写一项");
    }
    Rule::Specify { users, departments, groups }
}

#[cfg(test)]
mod tests {
    use super::is_https;

    #[test]
    fn addresses_are_of_https_and_name_a_server() {
        for good in ["https://odoo.example.com/a", "https://例子.cn/x?id={orderId}", "https://10.0.0.1:8443"] {
            assert!(is_https(good), "{good}");
        }
        for bad in [
            "http://odoo.example.com",
            "https://",
            "https:///x",
            "https://u:p@h/",
            "javascript:alert(1)",
            "https://a b",
        ] {
            assert!(!is_https(bad), "{bad}");
        }
    }
}
