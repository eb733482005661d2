//! Where a task is opened in the system that runs it.

use crate::flows::Urls;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What may stand in a query as it is.
const VALUE: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The addresses of a flow's page for one order or task. `{orderId}`, `{taskId}` and `{businessKey}` in an address are
/// filled in; an address with none of them gets them as query parameters of these names.
pub fn open_at(urls: &Urls, order: i64, task: Option<&str>, business_key: &str) -> Urls {
    let order = order.to_string();
    let values = [("orderId", Some(order.as_str())), ("taskId", task), ("businessKey", Some(business_key))];
    Urls { h5: filled(&urls.h5, &values), web: filled(&urls.web, &values) }
}

fn filled(url: &str, values: &[(&str, Option<&str>)]) -> String {
    let place = |name: &str| format!("{{{name}}}");
    let encoded = |value: &str| utf8_percent_encode(value, VALUE).to_string();
    if values.iter().any(|(name, _)| url.contains(&place(name))) {
        return values
            .iter()
            .fold(url.to_owned(), |url, (name, value)| url.replace(&place(name), &encoded(value.unwrap_or_default())));
    }
    let given = values.iter().filter_map(|(name, value)| Some(format!("{name}={}", encoded((*value)?))));
    let query = given.collect::<Vec<_>>().join("&");
    let (page, fragment) = url.split_once('#').map_or((url, None), |(page, fragment)| (page, Some(fragment)));
    let joint = if page.contains('?') { '&' } else { '?' };
    match fragment {
        Some(fragment) => format!("{page}{joint}{query}#{fragment}"),
        None => format!("{page}{joint}{query}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_one_task_and_nothing_in_a_key_leads_elsewhere() {
        let urls = Urls {
            h5: "https://e.example/h5/{orderId}?t={taskId}".to_owned(),
            web: "https://e.example/web?a=1#top".to_owned(),
        };
        let opened = open_at(&urls, 7, Some("T&1"), "PO 1/2");
        assert_eq!(opened.h5, "https://e.example/h5/7?t=T%261");
        assert_eq!(opened.web, "https://e.example/web?a=1&orderId=7&taskId=T%261&businessKey=PO%201%2F2#top");
        assert_eq!(open_at(&urls, 7, None, "K").web, "https://e.example/web?a=1&orderId=7&businessKey=K#top");
    }
}
