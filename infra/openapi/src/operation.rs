//! One route as the document describes it.

use serde_json::Value;

/// One route. The module, role or app code it asks for is the catalog's, not repeated here.
pub struct Operation {
    pub method: &'static str,
    pub path: &'static str,
    /// In Chinese.
    pub summary: &'static str,
    /// In English.
    pub description: &'static str,
    pub parameters: Vec<Value>,
    /// Schema and example of the body.
    pub request: Option<(Value, Value)>,
    pub answer: Answer,
    /// Statuses other than 200.
    pub refusals: Vec<u16>,
    /// Statuses whose answers have shapes of their own: what each means, its content type and schema.
    pub others: Vec<(u16, &'static str, &'static str, Value)>,
}

/// What is answered with 200.
pub enum Answer {
    /// The envelope with this `data`: schema and example.
    Data(Value, Value),
    /// Something else: content type and schema.
    Plain(&'static str, Value),
}

impl Operation {
    /// A route whose `data` has this schema, for instance this value.
    pub fn new(method: &'static str, path: &'static str, summary: &'static str, data: Value, example: Value) -> Self {
        Self {
            method,
            path,
            summary,
            description: "",
            parameters: Vec::new(),
            request: None,
            answer: Answer::Data(data, example),
            refusals: Vec::new(),
            others: Vec::new(),
        }
    }

    /// A route that answers with something else than the envelope.
    pub fn plain(path: &'static str, summary: &'static str, content_type: &'static str, schema: Value) -> Self {
        Self {
            answer: Answer::Plain(content_type, schema),
            ..Self::new("GET", path, summary, Value::Null, Value::Null)
        }
    }

    pub fn description(self, description: &'static str) -> Self {
        Self { description, ..self }
    }

    pub fn takes(self, schema: Value, example: Value) -> Self {
        Self { request: Some((schema, example)), ..self }
    }

    pub fn with(mut self, parameter: Value) -> Self {
        self.parameters.push(parameter);
        self
    }

    pub fn refuses(self, statuses: &[u16]) -> Self {
        Self { refusals: statuses.to_vec(), ..self }
    }

    /// Another answer; without a content type it has no body.
    pub fn also(mut self, status: u16, meaning: &'static str, content_type: &'static str, schema: Value) -> Self {
        self.others.push((status, meaning, content_type, schema));
        self
    }

    /// `postOpenapiV1OrdersCreate`: stable, since generated clients name their functions after it.
    pub fn id(&self) -> String {
        let words = self.path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let mut id = self.method.to_ascii_lowercase();
        for word in words {
            let mut letters = word.chars();
            id.extend(letters.next().map(|c| c.to_ascii_uppercase()));
            id.push_str(letters.as_str());
        }
        id
    }
}
