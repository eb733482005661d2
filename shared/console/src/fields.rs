//! What a form says.

use lambda_http::Request;
use serde_json::{Map, Value};
use tenon_platform::Rejection;
use tenon_platform::dispatch::Input;
use tenon_platform::request;

/// Names and values of a form, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Those of a request's body; none of another kind of body.
    pub fn of(request: &Request) -> Self {
        let kind = request::header(request, "content-type").unwrap_or_default();
        if !kind.to_ascii_lowercase().starts_with("application/x-www-form-urlencoded") {
            return Self::default();
        }
        Self(form_urlencoded::parse(request::bytes(request)).into_owned().collect())
    }

    /// One value, trimmed of its ends; empty where there is none.
    pub fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value.trim())
    }

    /// Every value of that name.
    pub fn all<'f>(&'f self, name: &str) -> Vec<&'f str> {
        self.0.iter().filter(|(own, _)| own == name).map(|(_, value)| value.trim()).collect()
    }

    /// Whether a box is ticked.
    pub fn ticked(&self, name: &str) -> bool {
        self.one(name) == "true"
    }

    /// What was filled in, to be shown again.
    pub fn filled(&self) -> Vec<(String, String)> {
        self.0.iter().filter(|(name, _)| !name.starts_with('_')).cloned().collect()
    }

    /// The values of these names as an object of texts, without those that are empty.
    pub fn object(&self, names: &[&str]) -> Map<String, Value> {
        let given = names.iter().map(|name| ((*name).to_owned(), self.one(name)));
        given.filter(|(_, value)| !value.is_empty()).map(|(name, value)| (name, Value::from(value))).collect()
    }
}

impl Input for Fields {
    fn read(request: &Request) -> Result<Self, Rejection> {
        Ok(Self::of(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_and_another_body_is_none() {
        let mut request = Request::new(lambda_http::Body::Text("a=%E5%8D%95+1&b=x&b=y&_csrf=z&c=".to_owned()));
        assert_eq!(Fields::of(&request), Fields::default());
        request
            .headers_mut()
            .insert("content-type", "application/x-www-form-urlencoded; charset=UTF-8".parse().unwrap());
        let fields = Fields::of(&request);
        assert_eq!((fields.one("a"), fields.all("b"), fields.one("none")), ("单 1", vec!["x", "y"], ""));
        assert_eq!(fields.filled().len(), 4);
        assert_eq!(serde_json::to_string(&fields.object(&["a", "c"])).unwrap(), r#"{"a":"单 1"}"#);
    }
}
