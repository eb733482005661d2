//! How long something still lasts.

use super::texts::Label;
use tenon_model::Language;

const DAY_MS: i64 = 86_400_000;
const HOUR_MS: i64 = 3_600_000;

/// Days or hours until then, in words; that it is over.
pub fn left(language: Language, until_ms: i64, now_ms: i64) -> String {
    let left = until_ms - now_ms;
    if left <= 0 {
        return Label::Over.of(language).to_owned();
    }
    let up = |unit: i64| (left + unit - 1).div_euclid(unit);
    let (count, zh, en) = if left > DAY_MS { (up(DAY_MS), "天", "day") } else { (up(HOUR_MS), "小时", "hour") };
    match language {
        Language::Zh => format!("剩余{count}{zh}"),
        Language::En => format!("{count} {en}{} left", if count == 1 { "" } else { "s" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begun_is_a_day_and_the_last_one_is_told_in_hours() {
        let label = |left_ms| (left(Language::Zh, left_ms, 0), left(Language::En, left_ms, 0));
        assert_eq!(label(7 * DAY_MS), ("剩余7天".to_owned(), "7 days left".to_owned()));
        assert_eq!(label(6 * DAY_MS + 1).1, "7 days left");
        assert_eq!(label(DAY_MS).1, "24 hours left");
        assert_eq!(label(1), ("剩余1小时".to_owned(), "1 hour left".to_owned()));
        assert_eq!(label(0).0, "已到期");
    }
}
