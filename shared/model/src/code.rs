//! Codes: keys, partners, items, users, instances, forms.

/// A code without what surrounds it by accident: blanks of any width, line feeds, and characters of no
/// width, which come with what people paste. Vendors' own codes have none.
pub fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || c.is_control() || is_unseen(c))
}

fn is_unseen(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2064}' | '\u{feff}')
}

/// For `#[serde(deserialize_with)]`: a text that is a code.
///
/// # Errors
/// When it is no text.
pub fn trimmed<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text: String = serde::Deserialize::deserialize(deserializer)?;
    Ok(trim(&text).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_surrounds_a_code_goes() {
        for text in ["C 1", " C 1\n", "\u{3000}C 1\u{3000}", "\u{feff}C 1\u{200b}\r\n", "\t\u{a0}C 1\0"] {
            assert_eq!(trim(text), "C 1", "{text:?}");
        }
        assert_eq!(trim("\u{200b} \n"), "");
        assert_eq!(trim("A\u{200b}B"), "A\u{200b}B");
    }
}
