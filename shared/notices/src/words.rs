//! A notice as its person reads it.

use crate::message::{Link, Notice, Text};
use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use tenon_connectors::notice::{Button, Card};
use tenon_model::Language;

/// Hours that China is ahead of UTC.
const CHINA: i8 = 8;

/// The card of a notice in a language. `at_ms` is when it was first sent, so that a repetition reads the same.
pub(crate) fn card(notice: &Notice, name: &str, language: Language, at_ms: i64) -> Card {
    let title = Some(notice.title.of(language).trim()).filter(|title| !title.is_empty());
    let number: String = name.chars().take(8).collect();
    let at = moment(at_ms);
    Card {
        title: title.unwrap_or(language.of("通知", "Notice")).to_owned(),
        text: notice.text.of(language).to_owned(),
        lines: notice
            .lines
            .iter()
            .map(|line| (line.label.of(language).to_owned(), line.value.of(language).to_owned()))
            .collect(),
        foot: language.of(format!("编号 {number} · {at}"), format!("No. {number} · {at} (UTC+8)")),
        buttons: notice.link.as_ref().map(|link| buttons(link, notice.button.as_ref(), language)).unwrap_or_default(),
        id: name.to_owned(),
    }
}

/// One button where both pages are the same or only one is there; one for phones and one for desks otherwise.
fn buttons(link: &Link, words: Option<&Text>, language: Language) -> Vec<Button> {
    let words = words.map_or(language.of("处理", "Open"), |words| words.of(language));
    let (h5, web) = (link.h5.trim(), link.web.trim());
    let one = |url: &str| vec![Button { text: words.to_owned(), url: url.to_owned() }];
    match (h5.is_empty(), web.is_empty()) {
        (true, true) => Vec::new(),
        (true, false) => one(web),
        (false, true) => one(h5),
        (false, false) if h5 == web => one(web),
        (false, false) => vec![
            Button {
                text: language.of(format!("{words}（手机）"), format!("{words} (phone)")), url: h5.to_owned()
            },
            Button {
                text: language.of(format!("{words}（电脑）"), format!("{words} (desktop)")), url: web.to_owned()
            },
        ],
    }
}

/// A moment on China's clock.
fn moment(at_ms: i64) -> String {
    let at = Timestamp::from_millisecond(at_ms).unwrap_or(Timestamp::UNIX_EPOCH);
    at.to_zoned(TimeZone::fixed(Offset::constant(CHINA))).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::{Line, Recipient};

    fn notice(h5: &str, web: &str) -> Notice {
        Notice {
            recipient: Recipient::person("p"),
            title: Text::new("新任务提醒", "New task"),
            text: Text::new("您有新的待处理任务【部门审批】", "A task waits for you: 部门审批"),
            lines: vec![Line::new(Text::new("截止时间", "Deadline"), Text::same("2025-01-25 18:00:00"))],
            link: Some(Link { web: web.into(), h5: h5.into() }),
            button: None,
            key: "task/1".into(),
        }
    }

    #[test]
    fn a_person_reads_the_own_language_and_finds_the_page_of_the_device() {
        let zh = card(&notice("https://h5", "https://web"), "0123456789ab", Language::Zh, 1_737_705_600_000);
        assert_eq!((zh.title.as_str(), zh.lines[0].0.as_str()), ("新任务提醒", "截止时间"));
        assert_eq!(zh.foot, "编号 01234567 · 2025-01-24 16:00:00");
        let named: Vec<_> = zh.buttons.iter().map(|b| (b.text.as_str(), b.url.as_str())).collect();
        assert_eq!(named, [("处理（手机）", "https://h5"), ("处理（电脑）", "https://web")]);
        let en = card(&notice("https://one", "https://one"), "0123456789ab", Language::En, 0);
        assert_eq!((en.title.as_str(), en.buttons.len(), en.buttons[0].text.as_str()), ("New task", 1, "Open"));
    }
}
