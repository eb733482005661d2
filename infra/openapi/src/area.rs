//! A group of routes with the schemas they use.

use crate::operation::Operation;
use crate::types::Types;
use serde_json::Value;

/// A group of routes.
pub struct Area {
    /// Its name, which heads its section.
    pub tag: &'static str,
    /// What it is for.
    pub description: &'static str,
    /// Its routes, in the order they are shown.
    pub operations: Vec<Operation>,
    /// Schemas written by hand, by name.
    pub schemas: Vec<(&'static str, Value)>,
}

/// Describes a group; wire types are asked for as they are needed.
pub type Describe = fn(&mut Types) -> Area;
