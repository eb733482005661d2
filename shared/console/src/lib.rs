//! What the console's functions have in common: who is signed in, what a form says, and how pages are answered.
//!
//! A function of the console is a [`Service`](tenon_platform::dispatch::Service) with [`Console`] as its authenticator and
//! [`ENVELOPE`] as its envelope. Its acts get a [`Visitor`], read [`Fields`], make a [`frame`] and answer with a [`page`] or
//! with [`see_other`]. Whatever is refused is a page in the visitor's language, made here.

mod answer;
mod csrf;
mod fields;
mod frame;
mod nav;
mod origin;
mod visitor;

pub use answer::{ENVELOPE, add_cookie, complete, page, refusal, see_other, takes_gzip};
pub use fields::Fields;
pub use frame::{anonymous, frame, language};
pub use origin::is_ours;
pub use visitor::{Console, Visitor, who};

/// The cookie that holds a session's id.
pub const SESSION: &str = "__Host-tenon";
/// Where one signs in.
pub const LOGIN: &str = "/system/login";

/// A path of the console, and nothing else, to go to after signing in.
pub fn return_to(wanted: &str) -> Option<&str> {
    let path = wanted.split(['?', '#']).next().unwrap_or_default();
    let plain = wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\') && wanted.len() <= 2048;
    let own = path.strip_prefix("/system/").is_some_and(|rest| !rest.is_empty() && !path.contains("//"));
    (plain && own && !matches!(path, "/system/login" | "/system/logout")).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_led_elsewhere_after_signing_in() {
        for own in ["/system/app-store", "/system/tenant-management?tab=logs&path=%2Fa"] {
            assert_eq!(return_to(own), Some(own));
        }
        for other in [
            "",
            "/",
            "//evil",
            "/system/",
            "/system//evil",
            "https://evil",
            "/systemx",
            "/system/login?a",
            "/aflow/tasks",
            "/\\evil",
            "/system/\\evil",
            "/system/a\r\nb",
            "/system/中",
        ] {
            assert_eq!(return_to(other), None, "{other}");
        }
    }
}
