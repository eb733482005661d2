//! Where people go after they signed in: a path of our own and nothing else, however it is spelled.

use crate::HOME;
use tenon_platform::request::{self, Request};

/// Longest path that is kept.
const MAX_LENGTH: usize = 2048;
/// Going back to these would begin the sign-in again.
const NEVER: [&str; 3] = ["/aflow/login", "/aflow/logout", "/aflow/api/oauth2/"];

/// The path, when it is one of this site: it begins with one slash, which no second one and no backslash follows, and
/// has nothing in it that browsers drop or turn.
pub fn checked(wanted: &str) -> Option<&str> {
    let mut rest = wanted.strip_prefix('/')?.chars();
    let second_is_fine = !matches!(rest.next(), Some('/' | '\\'));
    let plain = wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\');
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let leads_round = NEVER.iter().any(|never| path.starts_with(never));
    (second_is_fine && plain && wanted.len() <= MAX_LENGTH && !leads_round).then_some(wanted)
}

/// The path, or else the task centre.
pub fn or_home(wanted: Option<&str>) -> &str {
    wanted.and_then(checked).unwrap_or(HOME)
}

/// What a request asked for, with its query.
pub fn of(request: &Request) -> &str {
    or_home(request.uri().path_and_query().map(http::uri::PathAndQuery::as_str))
}

/// The page a script's call was made from, where the browser says it and it is one of ours.
pub fn of_page<'r>(request: &'r Request, own_origin: &str) -> &'r str {
    or_home(request::header(request, "referer").and_then(|referer| referer.strip_prefix(own_origin)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_of_our_own_is_kept() {
        for path in ["/aflow/tasks", "/aflow/tasks?list=done&q=%E9%87%87", "/", "/a//b", "/x#part"] {
            assert_eq!(checked(path), Some(path));
        }
    }

    // facts: return `//evil`, `https:evil`, `/\evil`
    #[test]
    fn no_spelling_of_another_site_is() {
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        for path in [
            "",
            "//evil.example",
            "///evil.example",
            "https:evil.example",
            "https://evil.example",
            "HTTPS://evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "\\/evil.example",
            "/a\\b",
            "/\t/evil.example",
            "\t//evil.example",
            " //evil.example",
            "/\n/evil.example",
            "/a\r\nSet-Cookie: x=y",
            "/\u{0}",
            "/中文",
            "evil.example",
            "javascript:alert(1)",
            "data:text/html,x",
            ".//evil.example",
            long.as_str(),
        ] {
            assert_eq!(checked(path), None, "{path:?}");
            assert_eq!(or_home(Some(path)), HOME);
        }
    }

    #[test]
    fn nor_is_what_would_sign_in_again() {
        for path in ["/aflow/login", "/aflow/login?return=/x", "/aflow/logout", "/aflow/api/oauth2/callback?code=1"] {
            assert_eq!(or_home(Some(path)), HOME);
        }
        assert_eq!(or_home(None), HOME);
    }
}
