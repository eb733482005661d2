//! Pages that say one thing: what is refused, what is not there, that we failed.

use super::layout::{Frame, document};
use super::texts::Label;
use super::translate::translate;
use maud::html;

/// Why there is no page.
pub struct Refused<'r> {
    /// The HTTP status.
    pub status: u16,
    /// What was said of it.
    pub message: &'r str,
    /// Finds the request in the logs.
    pub request_id: &'r str,
    /// Where one goes on.
    pub back: &'r str,
    /// Where one signs in, where that is what helps.
    pub sign_in: Option<&'r str>,
}

/// The page of a refusal.
pub fn refused(frame: &Frame, refused: &Refused<'_>) -> String {
    let title = match refused.status {
        401 => Label::SessionOver,
        403 => Label::NotAllowed,
        404 => Label::NotThere,
        400 | 422 => Label::NotTaken,
        409 | 429 => Label::NotNow,
        _ => Label::Broken,
    };
    let message = translate(frame.language, refused.message);
    let content = html! {
        div.notice role="alert" {
            h1 { (frame.text(title)) }
            @if refused.status < 500 && !matches!(refused.status, 401 | 404) { p { (message) } }
            p.actions {
                @if let Some(address) = refused.sign_in { a.button href=(address) { (frame.text(Label::SignInAgain)) } }
                @else { a.button href=(refused.back) { (frame.text(Label::Back)) } }
            }
            @if !refused.request_id.is_empty() {
                dl.small { dt { (frame.text(Label::RequestId)) } dd { code { (refused.request_id) } } }
            }
        }
    };
    document(frame, frame.text(title), &content)
}
