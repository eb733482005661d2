//! Telephone numbers and e-mail addresses, as they are looked up.

/// A mobile number's digits, without China's country code; `None` for what is no number.
pub fn mobile_key(text: &str) -> Option<String> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace() && !matches!(c, '-' | '(' | ')')).collect();
    let own = ["+86", "0086"].into_iter().find_map(|code| plain.strip_prefix(code)).unwrap_or(&plain);
    let number = match own.strip_prefix("86") {
        Some(rest) if rest.len() == 11 && rest.starts_with('1') => rest,
        _ => own,
    };
    let digits = number.strip_prefix('+').unwrap_or(number);
    let is_number = (5..=20).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| number.to_owned())
}

/// An e-mail address as it is looked up: letter case is nobody's meaning.
pub fn email_key(text: &str) -> Option<String> {
    let text = text.trim();
    let (user, host) = text.split_once('@')?;
    (!user.is_empty() && !host.is_empty() && text.len() <= 254).then(|| text.to_lowercase())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_number_however_it_is_written() {
        for text in ["13800000000", "+86 138-0000-0000", "008613800000000", "8613800000000", " 138 0000 0000 "] {
            assert_eq!(mobile_key(text).as_deref(), Some("13800000000"), "{text}");
        }
        assert_eq!(mobile_key("+49 170 1234567").as_deref(), Some("+491701234567"));
        for text in ["", "n/a", "123", "138000x0000"] {
            assert_eq!(mobile_key(text), None, "{text}");
        }
    }

    #[test]
    fn one_address_in_any_letter_case() {
        assert_eq!(email_key(" Zhang.San@Example.com "), Some("zhang.san@example.com".to_owned()));
        assert!(["", "none", "@example.com", "zhang@"].iter().all(|text| email_key(text).is_none()));
    }
}
