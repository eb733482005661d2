//! BPMN 2.0 files, read into types of our own with the lines where things stand; diagrams are kept for drawing.

mod diagram;
mod document;
mod kind;
mod settings;
mod tree;

pub use diagram::{Bounds, Diagram, Edge, Point, Shape};
pub use document::{Document, Element, Flow, Loop, Process, Timer};
pub use kind::{Kind, Trigger};
pub use settings::Settings;
pub(crate) use settings::{EDITABLE, HIDDEN, REQUIRED};
pub use tree::{DEEPEST, MAX_ELEMENTS, MAX_FILE_BYTES};

/// Why a file is not read at all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreadable {
    /// The finding's code.
    pub code: &'static str,
    /// Where, from 1 on.
    pub line: u32,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Unreadable {
    pub(crate) fn new(code: &'static str, line: u32, zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { code, line, zh: zh.into(), en: en.into() }
    }
}

/// Reads a file.
///
/// # Errors
/// What makes it no file that is read, and where.
pub fn parse(text: &str) -> Result<Document, Unreadable> {
    document::of(tree::read(text)?)
}
