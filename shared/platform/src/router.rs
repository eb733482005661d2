//! Routes by method and path: one matcher for the dispatcher, the local gateway and whoever asks which route
//! a path is. A path without parameters goes before one with, as at API Gateway.

use crate::error::{Error, Result};
use percent_encoding::percent_decode_str;
use std::collections::HashMap;

/// What stands behind each route.
#[derive(Clone)]
pub struct Router<T>(HashMap<&'static str, matchit::Router<T>>);

/// A route that was found.
pub struct Found<'r, 'p, T> {
    /// What stands behind it.
    pub value: &'r T,
    parameters: matchit::Params<'r, 'p>,
}

impl<T> Default for Router<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Router<T> {
    /// Adds a route: an upper-case method, and a path with `{name}` for each parameter.
    ///
    /// # Errors
    /// `platform.route` for a path that is there already, or is none.
    pub fn insert(&mut self, method: &'static str, path: &'static str, value: T) -> Result<()> {
        let routes = self.0.entry(method).or_default();
        routes.insert(path, value).map_err(|e| Error::permanent("platform.route", format!("{method} {path}: {e}")))
    }

    /// The route of this method and path. A slash at the end says nothing; parameters are never empty.
    pub fn find<'r, 'p>(&'r self, method: &str, path: &'p str) -> Option<Found<'r, 'p, T>> {
        let found = self.0.get(method)?.at(plain(path)).ok()?;
        Some(Found { value: found.value, parameters: found.params })
    }

    /// The methods that this path has.
    pub fn methods(&self, path: &str) -> Vec<&'static str> {
        let mut methods: Vec<_> =
            self.0.iter().filter(|(_, routes)| routes.at(plain(path)).is_ok()).map(|(method, _)| *method).collect();
        methods.sort_unstable();
        methods
    }
}

impl<T> Found<'_, '_, T> {
    /// The parameters, percent-decoded; `None` when one is not encoded as it must be.
    pub fn decoded(&self) -> Option<Vec<(String, String)>> {
        self.parameters.iter().map(|(name, value)| Some((name.to_owned(), decoded(value)?))).collect()
    }
}

/// One slash in front, none at the end.
fn plain(path: &str) -> &str {
    let slashes = path.len() - path.trim_start_matches('/').len();
    path.get(slashes.saturating_sub(1)..).unwrap_or(path).trim_end_matches('/')
}

fn decoded(segment: &str) -> Option<String> {
    let escapes = segment.split('%').skip(1);
    let whole = |rest: &str| rest.as_bytes().get(..2).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
    if !escapes.into_iter().all(whole) {
        return None;
    }
    percent_decode_str(segment).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn router() -> Router<u8> {
        let mut router = Router::default();
        for (method, path, value) in [
            ("GET", "/apps/{id}", 1),
            ("GET", "/apps/stats", 2),
            ("POST", "/apps/{id}/logs", 3),
            ("GET", "/callbacks/acme/{connection}", 4),
        ] {
            router.insert(method, path, value).unwrap();
        }
        router
    }

    #[test]
    fn the_route_with_fewer_parameters_is_chosen() {
        let router = router();
        let found = |method: &str, path: &str| router.find(method, path).map(|found| *found.value);
        assert_eq!(found("GET", "/apps/stats"), Some(2));
        assert_eq!(found("GET", "/apps/stats/"), Some(2));
        assert_eq!(found("GET", "/apps/app-1"), Some(1));
        assert_eq!(found("POST", "/apps/app-1/logs"), Some(3));
        for (method, path) in [
            ("POST", "/apps/app-1"),
            ("GET", "/apps"),
            ("GET", "/apps//"),
            ("GET", "/apps/a/b"),
            ("GET", "/callbacks/acme/"),
            ("GET", "/callbacks/acme/a/b"),
            ("GET", "/"),
            ("GET", ""),
            ("GET", "apps/stats"),
        ] {
            assert_eq!(found(method, path), None, "{method} {path}");
        }
        assert_eq!(router.methods("/apps/stats"), ["GET"]);
    }

    #[test]
    fn parameters_are_decoded_or_are_none() {
        let router = router();
        let decoded = |path: &str| router.find("GET", path).unwrap().decoded();
        let of = |value: &str| Some(vec![("connection".to_owned(), value.to_owned())]);
        assert_eq!(decoded("/callbacks/acme/ding%2Dmain"), of("ding-main"));
        assert_eq!(decoded("/callbacks/acme/%E7%BA%A2"), of("红"));
        for wrong in ["%zz", "a%", "%2", "%ff"] {
            assert_eq!(decoded(&format!("/callbacks/acme/{wrong}")), None, "{wrong}");
        }
    }

    #[test]
    fn a_route_is_there_once() {
        let mut router = router();
        assert_eq!(router.insert("GET", "/apps/{other}", 9).unwrap_err().code, "platform.route");
    }
}
