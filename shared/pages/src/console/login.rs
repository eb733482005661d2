//! Signing in with a bearer token, or by a link that is good once.

use super::field::Field;
use super::layout::{Frame, document};
use super::texts::Label;
use maud::{Markup, html};

/// What the page is asked for.
pub struct View<'v> {
    /// Where one goes afterwards.
    pub return_to: &'v str,
    /// The link's code, and whose session it would begin.
    pub link: Option<(&'v str, &'v str)>,
    /// Whether what was shown does not count.
    pub refused: bool,
    /// Whether one has just signed out.
    pub out: bool,
}

/// The page.
pub fn page(frame: &Frame, view: &View<'_>) -> String {
    let content = html! {
        div.notice {
            h1 { (frame.text(Label::SignIn)) }
            @if view.refused { p.told.wrong role="alert" { (frame.text(Label::SignInRefused)) } }
            @if view.out { p.told role="status" { (frame.text(Label::SignedOut)) } }
            @match view.link { Some((code, who)) => { (by_link(frame, view, code, who)) } None => { (by_token(frame, view)) } }
        }
    };
    document(frame, frame.text(Label::SignIn), &content)
}

fn by_link(frame: &Frame, view: &View<'_>, code: &str, who: &str) -> Markup {
    html! {
        form.fields method="post" action="/system/login" {
            input type="hidden" name="return" value=(view.return_to);
            input type="hidden" name="code" value=(code);
            p { (frame.text(Label::SignInAs)) " " strong { (who) } }
            p.actions { button { (frame.text(Label::SignIn)) } }
        }
    }
}

fn by_token(frame: &Frame, view: &View<'_>) -> Markup {
    html! {
        form.fields method="post" action="/system/login" {
            input type="hidden" name="return" value=(view.return_to);
            (Field::text("token", frame.text(Label::Token), "").of("password").hint(frame.text(Label::TokenHint)).required().markup())
            p.actions { button { (frame.text(Label::SignIn)) } }
        }
        details.more {
            summary { (frame.text(Label::NoToken)) }
            p { (frame.text(Label::NoTokenHint)) }
            pre tabindex="0" { code { "tenon login\ntenon login --tenant t-1\ntenon token create --role tenant-admin --tenant t-1" } }
        }
    }
}
