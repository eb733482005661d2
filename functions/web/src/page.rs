//! What the handlers of pages have in common.

use lambda_http::{Body, Response};
use tenon_model::Language;
use tenon_pages::{html, notice, visitor};
use tenon_platform::dispatch::Call;
use tenon_platform::request::{self, Request};
use tenon_platform::{Error, Rejection};
use tenon_sso::cookies;

/// What a browser says of whoever looks.
pub(crate) struct Seen {
    /// The language to speak.
    pub language: Language,
    /// Whether it is a phone.
    pub is_phone: bool,
}

impl Seen {
    /// Of somebody nobody knows.
    pub fn of(request: &Request) -> Self {
        Self::by(request, Language::default())
    }

    /// Of somebody whose language is this one.
    pub fn by(request: &Request, own: Language) -> Self {
        let header = |name| request::header(request, name);
        Self {
            language: visitor::language(
                request::query(request, "lang"),
                cookies::read(request, visitor::LANGUAGE_COOKIE),
                header("accept-language"),
                own,
            ),
            is_phone: visitor::is_phone(header("sec-ch-ua-mobile"), header("user-agent")),
        }
    }
}

/// The page of a failure of our own.
pub(crate) fn broken<C>(call: &Call<C>, error: Error) -> Response<Body> {
    Rejection::Failed(error).log(request::raw_path(&call.request), &call.request_id);
    html(500, notice::broken(Seen::of(&call.request).language, &call.request_id))
}
