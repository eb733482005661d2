//! Where a request comes from.

use tenon_platform::request::{self, Request};

/// Whether it was made by a page of this very origin: a browser says so in `Sec-Fetch-Site`, an old one names the origin,
/// which must be this host. Another port of the same host is another origin, and its pages send our cookie along.
pub fn is_ours(request: &Request) -> bool {
    match request::header(request, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        // Given twice, it is none.
        None if request.headers().contains_key("sec-fetch-site") => false,
        None => named(request).is_some_and(|from| Some(from) == request::header(request, "host")),
    }
}

/// Host and port of the `Origin`.
fn named(request: &Request) -> Option<&str> {
    let origin = request::header(request, "origin")?;
    origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &[(&'static str, &str)]) -> Request {
        let mut request = Request::new(lambda_http::Body::Empty);
        request.headers_mut().insert("host", "tenon.example.com".parse().unwrap());
        for (name, value) in lines {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_a_page_of_this_origin_may_change_something() {
        assert!(is_ours(&with(&[("sec-fetch-site", "same-origin")])));
        assert!(is_ours(&with(&[("origin", "https://tenon.example.com")])));
        for others in [
            &[("sec-fetch-site", "same-site"), ("origin", "https://tenon.example.com")][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
            &[("sec-fetch-site", "same-origin"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://tenon.example.com:8443")],
            &[("origin", "https://tenon.example.com.evil")],
            &[("origin", "null")],
            &[],
        ] {
            assert!(!is_ours(&with(others)), "{others:?}");
        }
    }
}
