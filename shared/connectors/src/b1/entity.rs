//! Paths of entities.

use crate::base::encode::percent;
use std::fmt;
use tenon_model::DocumentKey;

/// An entity set, or one entity of it, below the service root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entity {
    path: String,
    shown: String,
}

impl Entity {
    /// An entity set: `Drafts`, `ITEM`. An action of an entity is its path with the action's name.
    pub fn new(set: &str) -> Self {
        // A set's name comes from configuration; slashes and parentheses belong to it.
        let path = set.split('/').map(percent_name).collect::<Vec<_>>().join("/");
        Self { path, shown: set.to_owned() }
    }

    /// One entity: `Drafts(16)`, `Items('a''b')`.
    #[must_use]
    pub fn key(self, key: &DocumentKey) -> Self {
        let (escaped, shown) = (literal(key, true), literal(key, false));
        Self { path: format!("{}({escaped})", self.path), shown: format!("{}({shown})", self.shown) }
    }

    /// One entity with a key of several parts: `SpecialPrices(CardCode='C1',ItemCode='I1')`.
    pub fn composite(set: &str, parts: &[(&str, &DocumentKey)]) -> Self {
        let join = |escaped: bool| {
            parts.iter().map(|(name, key)| format!("{name}={}", literal(key, escaped))).collect::<Vec<_>>().join(",")
        };
        let entity = Self::new(set);
        Self { path: format!("{}({})", entity.path, join(true)), shown: format!("{set}({})", join(false)) }
    }

    /// Something below an entity: `Orders(1)/Cancel`.
    #[must_use]
    pub fn then(self, segment: &str) -> Self {
        Self { path: format!("{}/{}", self.path, percent_name(segment)), shown: format!("{}/{segment}", self.shown) }
    }

    /// The path below the service root, escaped.
    pub fn path(&self) -> &str {
        &self.path
    }
}

/// As people read it, not escaped.
impl fmt::Display for Entity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown)
    }
}

/// A value as OData writes it: numbers bare, texts in quotes with apostrophes doubled.
pub(super) fn literal(key: &DocumentKey, escaped: bool) -> String {
    match key {
        DocumentKey::Number(n) => n.to_string(),
        DocumentKey::Text(text) => {
            let doubled = text.replace('\'', "''");
            if escaped { format!("'{}'", percent(&doubled)) } else { format!("'{doubled}'") }
        }
    }
}

fn percent_name(name: &str) -> String {
    percent(name).replace("%28", "(").replace("%29", ")").replace("%24", "$").replace("%2C", ",").replace("%3D", "=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn apostrophes_are_doubled_and_then_everything_is_escaped() {
        let key = DocumentKey::Text("a'b/采?".into());
        let entity = Entity::new("Items").key(&key);
        assert_eq!(entity.path(), "Items('a''b%2F%E9%87%87%3F')");
        assert_eq!(entity.to_string(), "Items('a''b/采?')");
        assert_eq!(Entity::new("Drafts").key(&DocumentKey::Number(16)).path(), "Drafts(16)");
    }

    #[test]
    fn a_key_of_several_parts_names_them() {
        let (card, item) = (DocumentKey::Text("C'1".into()), DocumentKey::Text("I 1".into()));
        let entity = Entity::composite("SpecialPrices", &[("CardCode", &card), ("ItemCode", &item)]);
        assert_eq!(entity.path(), "SpecialPrices(CardCode='C''1',ItemCode='I%201')");
    }

    #[test]
    fn an_action_is_below_its_entity() {
        let entity = Entity::new("Orders").key(&DocumentKey::Number(1)).then("Cancel");
        assert_eq!(entity.path(), "Orders(1)/Cancel");
    }
}
