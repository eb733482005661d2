//! Where a request of a browser comes from.

use tenon_model::config::sso::origin;
use tenon_platform::request::{self, Request};

/// Whether it was made by a page of our own: a browser says so in `Sec-Fetch-Site`, an old one in `Origin`. A page on
/// another port of the same host is not.
pub fn is_ours(request: &Request, public_url: &str) -> bool {
    match request::header(request, "sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => request::header(request, "origin").is_some_and(|from| from == origin(public_url)),
    }
}

/// Whether a person looks at what comes: then a redirect leads somewhere. A script's call is told instead.
pub fn is_navigation(request: &Request) -> bool {
    let reads = matches!(request.method().as_str(), "GET" | "HEAD");
    reads
        && match request::header(request, "sec-fetch-mode") {
            Some(mode) => mode == "navigate",
            None => {
                let accepts = request::header(request, "accept").unwrap_or_default();
                accepts.contains("text/html") && !request.headers().contains_key("x-requested-with")
            }
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lines: &[(&'static str, &str)]) -> Request {
        let mut request = Request::new(lambda_http::Body::Empty);
        for (name, value) in lines {
            request.headers_mut().append(*name, value.parse().unwrap());
        }
        request
    }

    #[test]
    fn only_a_page_of_our_own_origin_may_change_something() {
        let own = "https://tenon.example.com";
        assert!(is_ours(&with(&[("sec-fetch-site", "same-origin")]), own));
        assert!(is_ours(&with(&[("origin", own)]), own));
        for others in [
            &[("sec-fetch-site", "same-site"), ("origin", own)][..],
            &[("sec-fetch-site", "cross-site")],
            &[("sec-fetch-site", "none")],
            &[("origin", "https://tenon.example.com:8443")],
            &[("origin", "null")],
            &[],
        ] {
            assert!(!is_ours(&with(others), own), "{others:?}");
        }
    }

    #[test]
    fn a_person_is_told_from_a_script() {
        assert!(is_navigation(&with(&[("sec-fetch-mode", "navigate")])));
        assert!(is_navigation(&with(&[("accept", "text/html,*/*;q=0.8")])));
        for script in [
            &[("accept", "*/*")][..],
            &[("accept", "application/json")],
            &[("accept", "text/html"), ("x-requested-with", "XMLHttpRequest")],
            &[("accept", "text/html"), ("sec-fetch-mode", "cors")],
            &[],
        ] {
            assert!(!is_navigation(&with(script)), "{script:?}");
        }
    }
}
