//! The readable pages: one HTML file each, which loads nothing.

pub mod chinese;
mod html;
mod index;
mod markdown;
mod schema;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tenon_crypto::digest::sha256;

pub use index::{Readers, index};

const STYLE: &str = include_str!("style.css");

/// The content security policy of every page: its own style sheet, known by its hash, and nothing else.
pub fn policy() -> String {
    let hash = STANDARD.encode(sha256(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

/// The page of one error code.
pub fn error(code: u16, text: &str) -> String {
    let body =
        format!("<nav><a href=\"/openapi/v1/docs\">← API 文档 API reference</a></nav>\n{}", markdown::render(text));
    page(&format!("错误码 {code}"), &body)
}

fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"zh-CN\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>{} · Tenon</title>\n\
         <style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n",
        html::escape(title)
    )
}
