//! Schemas of the wire types. What is taken and what is told are different views of a type: an optional
//! field may be left out of a body, and stands as null in an answer.

use crate::shapes::named;
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value};

/// Collects the types that are asked for.
pub struct Types {
    request: SchemaGenerator,
    response: SchemaGenerator,
}

impl Types {
    pub fn new() -> Self {
        let settings = || {
            let mut settings = SchemaSettings::draft2020_12();
            settings.definitions_path = "/components/schemas".into();
            settings.meta_schema = None;
            settings
        };
        Self {
            request: settings().for_deserialize().into_generator(),
            response: settings().for_serialize().into_generator(),
        }
    }

    /// A type that callers send.
    pub fn request<T: JsonSchema>(&mut self) -> Value {
        self.request.subschema_for::<T>();
        named(&T::schema_name())
    }

    /// A type that callers are sent.
    pub fn response<T: JsonSchema>(&mut self) -> Value {
        self.response.subschema_for::<T>();
        named(&T::schema_name())
    }

    /// Every type that was asked for, and those in it, by name.
    ///
    /// # Errors
    /// A type that looks different taken and told: it would need two names.
    pub fn into_schemas(mut self) -> Result<Map<String, Value>, String> {
        let mut all = self.request.take_definitions(true);
        for (name, response) in self.response.take_definitions(true) {
            match all.get(&name) {
                Some(request) if *request != response => {
                    return Err(format!("{name} looks different when taken and when told; give it two types"));
                }
                _ => {
                    all.insert(name, response);
                }
            }
        }
        Ok(all)
    }
}
