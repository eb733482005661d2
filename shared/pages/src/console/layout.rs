//! What all pages of the console have in common.

use super::asset;
use super::texts::Label;
use crate::encoded;
use maud::{DOCTYPE, Markup, html};
use tenon_crypto::digest::sha256_base64url_short;
use tenon_model::Language;

/// Same origin alone, no evaluation, no style of its own: what the policy refuses is not tried.
const HTMX: &str = r#"{"mode":"same-origin","includeIndicatorCSS":false,"history":false}"#;

/// A place of the console that its visitor may go to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nav {
    /// Its path.
    pub path: &'static str,
    /// What it is called.
    pub name: &'static str,
}

/// What a page is shown in: to whom, in which language, and what its forms carry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frame {
    /// The language.
    pub language: Language,
    /// The page's path.
    pub path: String,
    /// Its query, without the language.
    pub query: Vec<(String, String)>,
    /// Where else the visitor may go.
    pub nav: Vec<Nav>,
    /// Who is signed in; nobody where it is empty.
    pub who: String,
    /// Whether that is an operator.
    pub operator: bool,
    /// The tenant an operator looks at, which every link then names.
    pub tenant: Option<String>,
    /// Proves that a form is one of this session's pages.
    pub csrf: String,
    /// Names the forms of this page, so that each is carried out once.
    pub once: String,
}

impl Frame {
    /// A text in the page's language.
    pub fn text(&self, label: Label) -> &'static str {
        label.of(self.language)
    }

    /// An address of the console.
    pub fn at(&self, path: &str, query: &[(&str, &str)]) -> String {
        let tenant = self.tenant.as_deref().map(|tenant| ("tenantId", tenant));
        let pairs = query.iter().copied().filter(|(_, value)| !value.is_empty()).chain(tenant);
        let query: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        if query.is_empty() { path.to_owned() } else { format!("{path}?{}", query.join("&")) }
    }

    /// This page with another value of one parameter.
    pub fn with(&self, name: &str, value: &str) -> String {
        let kept = self.query.iter().filter(|(own, _)| own != name && own != "tenantId");
        let mut pairs: Vec<(&str, &str)> = kept.map(|(own, value)| (own.as_str(), value.as_str())).collect();
        pairs.push((name, value));
        self.at(&self.path, &pairs)
    }

    /// A form that changes something.
    pub fn form(&self, action: &str, class: &str, content: &Markup) -> Markup {
        let action = self.at(action, &[]);
        // Two forms of a page are two calls.
        let once = format!("{}.{}", self.once, sha256_base64url_short(action.as_bytes(), 12));
        html! {
            form method="post" action=(action) class=[(!class.is_empty()).then_some(class)] {
                input type="hidden" name="_csrf" value=(self.csrf);
                input type="hidden" name="_once" value=(once);
                (content)
            }
        }
    }

    /// A form that asks for another view.
    pub fn filters(&self, path: &str, content: &Markup) -> Markup {
        html! {
            form.filters role="search" method="get" action=(path) {
                @if let Some(tenant) = &self.tenant { input type="hidden" name="tenantId" value=(tenant); }
                (content)
            }
        }
    }
}

/// A whole page.
pub fn document(frame: &Frame, title: &str, content: &Markup) -> String {
    let language = frame.language;
    let page = html! {
        (DOCTYPE)
        html lang=(language.of("zh-CN", "en")) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="htmx-config" content=(HTMX);
                title { (title) " · " (frame.text(Label::Console)) }
                link rel="icon" href="data:,";
                link rel="stylesheet" href=(asset::address("console.css"));
                script src=(asset::address("htmx.min.js")) defer {}
                script src=(asset::address("console.js")) defer {}
            }
            body {
                a.skip href="#content" { (frame.text(Label::Skip)) }
                (header(frame))
                main #content tabindex="-1" { (content) }
                (help(frame))
            }
        }
    };
    page.into_string()
}

fn header(frame: &Frame) -> Markup {
    let (word, tag) = frame.language.of(("en", "en"), ("zh", "zh-CN"));
    html! {
        header {
            p.brand { "Tenon" }
            @if !frame.nav.is_empty() {
                nav.places aria-label=(frame.text(Label::Places)) {
                    ul { @for place in &frame.nav { li {
                        a href=(frame.at(place.path, &[])) aria-current=[frame.path.starts_with(place.path).then_some("page")] {
                            (place.name)
                        }
                    } } }
                }
            }
            div.who {
                a href=(frame.with("lang", word)) lang=(tag) { (frame.text(Label::OtherLanguage)) }
                @if !frame.who.is_empty() {
                    span.name { (frame.who) }
                    (frame.form("/system/logout", "", &html! { button.plain { (frame.text(Label::SignOut)) } }))
                }
            }
        }
    }
}

/// What the keys do.
fn help(frame: &Frame) -> Markup {
    let keys = [
        ("/", Label::KeySearch),
        ("j", Label::KeyNext),
        ("k", Label::KeyBefore),
        ("r", Label::KeyRetry),
        ("?", Label::KeyHelp),
    ];
    html! {
        dialog #keys aria-labelledby="keys-title" {
            h2 #keys-title { (frame.text(Label::Keys)) }
            dl.keys { @for (key, label) in keys { div { dt { kbd { (key) } } dd { (frame.text(label)) } } } }
            form method="dialog" { button { (frame.text(Label::Close)) } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame() -> Frame {
        let query = vec![("tab".to_owned(), "logs".to_owned()), ("path".to_owned(), "/a&b".to_owned())];
        Frame {
            path: "/system/x".to_owned(),
            query,
            who: "t-1".to_owned(),
            tenant: Some("t-1".to_owned()),
            ..Frame::default()
        }
    }

    #[test]
    fn links_keep_the_filters_and_the_tenant_that_is_looked_at() {
        assert_eq!(frame().with("lang", "en"), "/system/x?tab=logs&path=%2Fa%26b&lang=en&tenantId=t-1");
        assert_eq!(frame().with("tab", "apps"), "/system/x?path=%2Fa%26b&tab=apps&tenantId=t-1");
        assert_eq!(Frame::default().at("/system/y", &[("q", "")]), "/system/y");
    }

    #[test]
    fn a_page_has_no_script_and_no_style_of_its_own() {
        let page = document(&frame(), "<b>", &html! { p { "x" } });
        assert!(page.starts_with("<!DOCTYPE html><html lang=\"zh-CN\">") && page.contains("&lt;b&gt;"));
        assert!(!page.contains("<style") && !page.contains(" style=") && !page.contains(" on"), "{page}");
        for script in page.split("<script").skip(1) {
            assert!(script.starts_with(" src=\"/system/assets/"), "{script}");
        }
    }

    #[test]
    fn two_forms_of_a_page_are_two_calls() {
        let frame = Frame { once: "once".to_owned(), ..frame() };
        let (one, other) =
            (frame.form("/a", "", &html! {}).into_string(), frame.form("/b", "", &html! {}).into_string());
        let once =
            |form: &str| form.split("name=\"_once\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert!(once(&one) != once(&other) && once(&one).starts_with("once."));
    }
}
