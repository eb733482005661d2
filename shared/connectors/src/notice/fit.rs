//! Making a card fit what a vendor takes: the longest values are cut first, and lines go last.

use super::Card;
use serde_json::Value;

/// Shortest text that is still cut; below it whole lines go.
const SHORTEST: usize = 24;

/// At most so many bytes, ended by an ellipsis where something was cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.len() <= most {
        return text.to_owned();
    }
    let mut end = most.saturating_sub('…'.len_utf8());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// What is built from a card, at most so many bytes of JSON.
pub(crate) fn fitted(card: &Card, most: usize, build: impl Fn(&Card) -> Value) -> Value {
    let mut card = card.clone();
    loop {
        let built = build(&card);
        let over = built.to_string().len().saturating_sub(most);
        if over == 0 || !shorten(&mut card, over) {
            return built;
        }
    }
}

/// Shortens the longest text by about so much; `false` when nothing is left to shorten.
fn shorten(card: &mut Card, over: usize) -> bool {
    let texts = std::iter::once(&mut card.text).chain(card.lines.iter_mut().map(|(_, value)| value));
    match texts.max_by_key(|text| text.len()).filter(|text| text.len() > SHORTEST) {
        Some(longest) => {
            let wanted = longest.len().saturating_sub(over + '…'.len_utf8()).max(SHORTEST);
            *longest = cut(longest, wanted);
            true
        }
        None => card.lines.pop().is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn card(value: &str, lines: usize) -> Card {
        Card {
            title: "新任务提醒".into(),
            text: String::new(),
            lines: (0..lines).map(|n| (format!("行{n}"), value.to_owned())).collect(),
            foot: "编号".into(),
            buttons: Vec::new(),
            id: "x".into(),
        }
    }

    fn built(card: &Card) -> Value {
        json!({ "title": card.title, "lines": card.lines, "foot": card.foot })
    }

    #[test]
    fn what_is_too_long_is_cut_between_characters_and_the_foot_stays() {
        for (value, lines) in
            [("单", 1), (&"单".repeat(5_000) as &str, 1), ("短", 400), (&"😀".repeat(900) as &str, 30)]
        {
            let value = fitted(&card(value, lines), 2_048, built);
            assert!(value.to_string().len() <= 2_048, "{}", value.to_string().len());
            assert_eq!(value["foot"], "编号");
        }
        assert_eq!(fitted(&card("短", 2), 2_048, built)["lines"].as_array().unwrap().len(), 2);
        assert_eq!((cut("短文", 6), cut("短文字", 6)), ("短文".to_owned(), "短…".to_owned()));
    }
}
