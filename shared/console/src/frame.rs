//! What a page is shown in.

use crate::visitor::{Visitor, who};
use crate::{csrf, nav};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tenon_model::Language;
use tenon_pages::console::Frame;
use tenon_pages::visitor::{self, LANGUAGE_COOKIE};
use tenon_platform::dispatch::Call;
use tenon_platform::request::{self, Request};
use tenon_platform::{Context, Result, cookies};

/// The language a page is asked for in.
pub fn language(request: &Request) -> Language {
    visitor::language(
        request::query(request, "lang"),
        cookies::read(request, LANGUAGE_COOKIE),
        request::header(request, "accept-language"),
        Language::default(),
    )
}

/// The frame of a page for nobody in particular.
pub fn anonymous(request: &Request) -> Frame {
    let query = request.uri().query().unwrap_or_default();
    // What is in a link that signs in is not carried on.
    let query = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| !matches!(name.as_ref(), "lang" | "code"));
    Frame {
        language: language(request),
        path: request::raw_path(request).to_owned(),
        query: query.map(|(name, value)| (name.into_owned(), value.into_owned())).collect(),
        ..Frame::default()
    }
}

/// The frame of a page for its visitor.
///
/// # Errors
/// When there is no randomness.
pub fn frame(call: &Call<Visitor>) -> Result<Frame> {
    of(&call.ctx, &call.by, &call.request)
}

pub(crate) fn of(ctx: &Context, by: &Visitor, request: &Request) -> Result<Frame> {
    let frame = anonymous(request);
    Ok(Frame {
        nav: nav::of(&by.principal, frame.language),
        who: who(&by.principal, frame.language),
        operator: by.principal.is_operator(),
        tenant: by.named.then(|| by.tenant.as_str().to_owned()),
        csrf: csrf::masked(by.session.expose(), ctx.entropy.bytes::<16>()?),
        once: URL_SAFE_NO_PAD.encode(ctx.entropy.bytes::<12>()?),
        ..frame
    })
}
