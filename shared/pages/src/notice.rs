//! Pages that say one thing: why nobody is signed in, that somebody is not any more, that we failed.

use crate::layout::{Top, document};
use crate::texts::Text;
use maud::html;
use tenon_model::Language;

/// Why a sign-in came to nothing.
pub struct Failed<'f> {
    /// The stable code.
    pub code: &'f str,
    /// What it means.
    pub message: &'f str,
    /// Finds the request in the logs.
    pub request_id: &'f str,
    /// Where one tries again.
    pub again: &'f str,
}

/// The page of a sign-in that failed.
pub fn failed(language: Language, failed: &Failed<'_>) -> String {
    let content = html! {
        div.notice role="alert" {
            h1 { (Text::SignInFailed.of(language)) }
            p { (failed.message) }
            p { a.button href=(failed.again) { (Text::SignIn.of(language)) } }
            dl.small {
                dt { (Text::ErrorCode.of(language)) } dd { code { (failed.code) } }
                dt { (Text::RequestId.of(language)) } dd { code { (failed.request_id) } }
            }
        }
    };
    document(language, Text::SignInFailed.of(language), &plain(), &content)
}

/// The page after signing out.
pub fn signed_out(language: Language, again: &str) -> String {
    let content = html! {
        div.notice {
            h1 { (Text::SignedOut.of(language)) }
            p { a.button href=(again) { (Text::SignIn.of(language)) } }
        }
    };
    document(language, Text::SignOut.of(language), &plain(), &content)
}

/// The page of a failure of our own.
pub fn broken(language: Language, request_id: &str) -> String {
    let content = html! {
        div.notice role="alert" {
            h1 { (Text::Broken.of(language)) }
            dl.small { dt { (Text::RequestId.of(language)) } dd { code { (request_id) } } }
        }
    };
    document(language, Text::TaskCentre.of(language), &plain(), &content)
}

fn plain() -> Top<'static> {
    Top { name: None, other_language: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_say_is_text_and_nothing_else() {
        let message =
            Failed { code: "sso.state", message: "<b>&", request_id: "\"><script>", again: "/aflow/login?a=1&b=\"" };
        let page = failed(Language::Zh, &message);
        assert!(!page.contains("<script") && !page.contains("<b>"), "{page}");
        assert!(page.contains("&lt;b&gt;&amp;") && page.contains("sso.state"));
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"zh-CN\">"));
    }
}
