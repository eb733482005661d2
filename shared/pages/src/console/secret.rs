//! What is shown once. It stands in the answer to the form that made it, and nowhere else: no address leads here again.

use super::field::tick;
use super::layout::{Frame, document};
use super::texts::Label;
use maud::{Markup, html};

/// What was made.
pub struct Made<'m> {
    /// What happened.
    pub title: &'m str,
    /// Names and values, in their order.
    pub values: &'m [(Label, &'m str)],
    /// What else is to be known.
    pub notes: &'m [String],
    /// Where one goes on, once it is stored.
    pub next: &'m str,
}

/// The page.
pub fn page(frame: &Frame, made: &Made<'_>) -> String {
    let content = html! {
        h1 { (made.title) }
        section.panel.once aria-labelledby="once" {
            h2 #once { (frame.text(Label::ShownOnce)) }
            p.told.warn role="status" { (frame.text(Label::ShownOnceHint)) }
            dl { @for (label, value) in made.values { (value_of(frame, *label, value)) } }
            @for note in made.notes { p { (note) } }
            form.fields method="get" action=(made.next.split('?').next().unwrap_or_default()) {
                @for (name, value) in query(made.next) { input type="hidden" name=(name) value=(value); }
                (tick("stored", frame.text(Label::StoredIt), false, true))
                p.actions { button { (frame.text(Label::GoOn)) } }
            }
        }
    };
    document(frame, made.title, &content)
}

fn value_of(frame: &Frame, label: Label, value: &str) -> Markup {
    let id = format!("value-{label:?}").to_lowercase();
    html! {
        div {
            dt { (frame.text(label)) }
            dd {
                code id=(id) { (value) }
                button.light type="button" hidden data-copy=(id) data-done=(frame.text(Label::Copied)) {
                    (frame.text(Label::Copy)) span.hidden { " " (frame.text(label)) }
                }
            }
        }
    }
}

fn query(address: &str) -> Vec<(&str, &str)> {
    let query = address.split_once('?').map_or("", |(_, query)| query);
    query.split('&').filter_map(|pair| pair.split_once('=')).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_text_of_the_page_and_in_no_address() {
        let values = [(Label::AppKey, "os_1"), (Label::AppSecret, "s3cret")];
        let made = Made { title: "made", values: &values, notes: &[], next: "/system/x?tenantId=t-1" };
        let page = page(&Frame::default(), &made);
        assert_eq!(page.matches("s3cret").count(), 1, "{page}");
        assert!(page.contains("<code id=\"value-appsecret\">s3cret</code>") && page.contains("required"));
        assert!(page.contains("name=\"tenantId\" value=\"t-1\""));
    }
}
