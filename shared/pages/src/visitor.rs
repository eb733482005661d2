//! What is known of whoever looks at a page: the language, and what it is looked at with.

use tenon_model::Language;

/// Keeps the language that was chosen.
pub const LANGUAGE_COOKIE: &str = "__Host-aflow-lang";

/// A language by its word.
pub fn language_named(word: &str) -> Option<Language> {
    match word {
        "zh" => Some(Language::Zh),
        "en" => Some(Language::En),
        _ => None,
    }
}

/// The language to speak: the one asked for, the one chosen before, the first of the browser's that there is, or else
/// the person's own.
pub fn language(named: Option<&str>, chosen: Option<&str>, accepted: Option<&str>, own: Language) -> Language {
    let of_browser = || {
        let wanted = accepted?.split(',').map(|part| part.split(';').next().unwrap_or_default().trim());
        wanted.filter_map(|tag| language_named(&tag.get(..2)?.to_ascii_lowercase())).next()
    };
    named.and_then(language_named).or_else(|| chosen.and_then(language_named)).or_else(of_browser).unwrap_or(own)
}

/// Whether it is a phone, by what the browser says of itself.
pub fn is_phone(hint: Option<&str>, agent: Option<&str>) -> bool {
    match hint {
        Some("?1") => true,
        Some("?0") => false,
        _ => agent.is_some_and(|agent| ["Mobile", "Android", "iPhone"].iter().any(|word| agent.contains(word))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_language_is_the_one_asked_for_then_chosen_then_the_browsers_then_the_persons() {
        let (zh, en) = (Language::Zh, Language::En);
        assert_eq!(language(Some("en"), Some("zh"), Some("zh-CN"), zh), en);
        assert_eq!(language(Some("fr"), Some("en"), Some("zh-CN"), zh), en);
        assert_eq!(language(None, None, Some("fr, en-GB;q=0.8, zh;q=0.5"), zh), en);
        assert_eq!(language(None, None, Some("zh-TW"), en), zh);
        assert_eq!(language(None, None, Some("é"), en), en);
        assert_eq!(language(None, None, None, en), en);
    }

    #[test]
    fn a_phone_says_so() {
        let phone =
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 DingTalk/7";
        assert!(is_phone(None, Some(phone)) && is_phone(Some("?1"), None));
        assert!(!is_phone(Some("?0"), Some(phone)) && !is_phone(None, Some("Mozilla/5.0 (X11; Linux x86_64)")));
        assert!(!is_phone(None, None));
    }
}
