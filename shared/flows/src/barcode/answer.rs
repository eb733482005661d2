//! What a barcode application is answered, in the form that its settings give.

use serde_json::Value;
use tenon_model::config::BarcodeAnswer;
use tenon_platform::Error;

/// What was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// `200`, or the DI API's own.
    pub code: String,
    /// `OK`, or the DI API's own.
    pub message: String,
    /// JSON.
    pub data: String,
    /// It was done before, and nothing was done now.
    pub repeated: bool,
    /// An approval procedure took the document.
    pub draft: bool,
}

/// What was not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallFailure {
    /// The vendor's code where it has said something, else one of ours.
    pub code: String,
    /// What is wrong, in the vendor's words where it has said something.
    pub message: String,
    /// JSON.
    pub data: String,
}

/// What a call came to.
pub type CallOutcome = Result<Done, CallFailure>;

impl Done {
    /// A success with this JSON.
    pub fn of(data: String) -> Self {
        Self { code: "200".to_owned(), message: "OK".to_owned(), data, repeated: false, draft: false }
    }

    /// The body of the answer.
    pub fn body(&self, answer: &BarcodeAnswer) -> String {
        let Self { code, message, data, repeated, draft } = self;
        let filling = Filling { code, message, data, repeated: *repeated, draft: *draft, request_id: "" };
        filling.of(&answer.success)
    }
}

impl CallFailure {
    /// A failure of ours.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into(), data: "null".to_owned() }
    }

    /// Something wrong with the request; `path` is where.
    pub fn at(path: &str, message: impl AsRef<str>) -> Self {
        let message = message.as_ref();
        Self::new("barcode.request", if path.is_empty() { message.to_owned() } else { format!("{path}: {message}") })
    }

    /// The body of the answer.
    pub fn body(&self, answer: &BarcodeAnswer, request_id: &str) -> String {
        let Self { code, message, data } = self;
        Filling { code, message, data, repeated: false, draft: false, request_id }.of(&answer.failure)
    }
}

impl From<&Error> for CallFailure {
    fn from(error: &Error) -> Self {
        let message = error.vendor_message.as_deref().cloned().unwrap_or_else(|| error.message.clone());
        match (&error.vendor_code, &error.vendor_message) {
            (Some(code), Some(_)) => Self::new(code, message),
            _ => Self::new(error.code, message),
        }
    }
}

impl From<Error> for CallFailure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<tenon_sql::Refusal> for CallFailure {
    fn from(refusal: tenon_sql::Refusal) -> Self {
        Self::new(refusal.code, refusal.message)
    }
}

/// What is filled in.
struct Filling<'a> {
    code: &'a str,
    message: &'a str,
    data: &'a str,
    repeated: bool,
    draft: bool,
    request_id: &'a str,
}

impl Filling<'_> {
    fn of(&self, template: &serde_json::Map<String, Value>) -> String {
        let mut out = String::new();
        self.object(&mut out, template);
        out
    }

    fn object(&self, out: &mut String, members: &serde_json::Map<String, Value>) {
        out.push('{');
        let mut first = true;
        for (name, value) in members.iter().filter(|(_, value)| !self.is_omitted(value)) {
            if !first {
                out.push(',');
            }
            first = false;
            out.push_str(&Value::from(name.as_str()).to_string());
            out.push(':');
            self.value(out, value);
        }
        out.push('}');
    }

    fn is_omitted(&self, value: &Value) -> bool {
        match value.as_str() {
            Some("{{repeated}}") => !self.repeated,
            Some("{{draft}}") => !self.draft,
            Some("{{requestId}}") => self.request_id.is_empty(),
            _ => false,
        }
    }

    fn value(&self, out: &mut String, value: &Value) {
        match value {
            Value::String(text) => match text.as_str() {
                "{{data}}" => out.push_str(self.data),
                "{{repeated}}" => out.push_str(if self.repeated { "true" } else { "false" }),
                "{{draft}}" => out.push_str(if self.draft { "true" } else { "false" }),
                text => out.push_str(&Value::from(self.text(text)).to_string()),
            },
            Value::Array(items) => {
                out.push('[');
                for (index, item) in items.iter().enumerate() {
                    if index > 0 {
                        out.push(',');
                    }
                    self.value(out, item);
                }
                out.push(']');
            }
            Value::Object(members) => self.object(out, members),
            other => out.push_str(&other.to_string()),
        }
    }

    /// A text with what stands in it in braces. What is filled in is not looked at again.
    fn text(&self, template: &str) -> String {
        let mut out = String::new();
        let mut rest = template;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let Some((name, after)) = after.split_once("}}") else {
                out.push_str("{{");
                rest = after;
                continue;
            };
            match name {
                "code" => out.push_str(self.code),
                "message" => out.push_str(self.message),
                "data" => out.push_str(self.data),
                "repeated" => out.push_str(if self.repeated { "true" } else { "false" }),
                "draft" => out.push_str(if self.draft { "true" } else { "false" }),
                "requestId" => out.push_str(self.request_id),
                _ => {}
            }
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(text: &str) -> Value {
        serde_json::from_str(text).unwrap()
    }

    // R-B9, R-B24, R-B26
    #[test]
    fn the_usual_answers_are_the_contracts() {
        let usual = BarcodeAnswer::default();
        let done = Done::of(r#"{"DocEntry":9001}"#.to_owned());
        let success = json!({ "success": true, "code": "200", "message": "OK", "data": { "DocEntry": 9001 } });
        assert_eq!(read(&done.body(&usual)), success);
        let again = Done { repeated: true, draft: true, ..done };
        let mut repeated = success;
        (repeated["repeated"], repeated["draft"]) = (json!(true), json!(true));
        assert_eq!(read(&again.body(&usual)), repeated);
        let no = CallFailure::new("-5002", "Batch \"B\" … not available");
        let failure = json!({ "success": false, "code": "-5002", "message": "Batch \"B\" … not available",
            "data": null, "requestId": "r-1" });
        assert_eq!(read(&no.body(&usual, "r-1")), failure);
    }

    #[test]
    fn a_sites_own_words_are_filled_in_and_what_is_filled_in_is_text() {
        let own: BarcodeAnswer = serde_json::from_value(json!({
            "success": { "Result": "Y", "Info": { "Rows": "{{data}}", "Text": "[{{code}}] {{message}}" } },
            "failure": { "Result": "N", "Text": "{{message}} ({{requestId}})" }
        }))
        .unwrap();
        let done = Done { message: "{{data}} \"x\"".to_owned(), ..Done::of("[1.50]".to_owned()) };
        assert_eq!(done.body(&own), r#"{"Info":{"Rows":[1.50],"Text":"[200] {{data}} \"x\""},"Result":"Y"}"#);
        assert_eq!(CallFailure::new("c", "m").body(&own, "r"), r#"{"Result":"N","Text":"m (r)"}"#);
    }
}
