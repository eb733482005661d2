//! Cookies. Each is `__Host-`: a browser takes it from this host alone, over TLS, for all paths, so that no neighbour
//! on another host or path can plant one.

use crate::request::Request;

/// When a browser sends a cookie that another site made it go here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SameSite {
    /// When it is followed as a link: the way back from the login server is one.
    Lax,
    /// Never.
    Strict,
}

/// The value of a cookie; none where it is there twice, since nobody knows which is meant.
pub fn read<'r>(request: &'r Request, name: &str) -> Option<&'r str> {
    let lines = request.headers().get_all(http::header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut found = lines.flat_map(|line| line.split([';', ','])).filter_map(|pair| {
        let (own, value) = pair.trim().split_once('=')?;
        (own == name).then_some(value)
    });
    let first = found.next()?;
    found.next().is_none().then_some(first)
}

/// The line that sets a cookie for so many seconds.
pub fn set(name: &str, value: &str, seconds: i64, same_site: SameSite) -> String {
    let same_site = match same_site {
        SameSite::Lax => "Lax",
        SameSite::Strict => "Strict",
    };
    format!("{name}={value}; Path=/; Secure; HttpOnly; SameSite={same_site}; Max-Age={seconds}")
}

/// The line that takes a cookie away.
pub fn clear(name: &str) -> String {
    set(name, "", 0, SameSite::Lax)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(lines: &[&str]) -> Request {
        let mut request = Request::new(lambda_http::Body::Empty);
        for line in lines {
            request.headers_mut().append("cookie", line.parse().unwrap());
        }
        request
    }

    #[test]
    fn a_cookie_is_read_by_its_whole_name_and_not_where_it_is_there_twice() {
        let one = request(&["a=1; __Host-sso=x=y; __Host-sso2=z"]);
        assert_eq!(read(&one, "__Host-sso"), Some("x=y"));
        assert_eq!(read(&one, "__Host-ss"), None);
        assert_eq!(read(&request(&["__Host-sso=1; __Host-sso=2"]), "__Host-sso"), None);
        assert_eq!(read(&request(&["__Host-sso=1", "__Host-sso=2"]), "__Host-sso"), None);
        assert_eq!(read(&request(&[]), "__Host-sso"), None);
    }

    #[test]
    fn every_cookie_is_secure_and_out_of_reach_of_scripts() {
        let line = set("__Host-aflow", "v", 60, SameSite::Lax);
        assert_eq!(line, "__Host-aflow=v; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=60");
        assert!(!line.contains("Domain"));
        assert!(clear("__Host-aflow").contains("Max-Age=0"));
    }
}
