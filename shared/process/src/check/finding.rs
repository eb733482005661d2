//! What the check says.

use serde::Serialize;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The definition is not run.
    Blocking,
    /// It is run; somebody may have meant something else.
    Warning,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Stable; docs/PROCESS.md has them all.
    pub code: &'static str,
    /// How grave.
    pub severity: Severity,
    /// The element, by its id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub element: Option<String>,
    /// The line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u32>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

/// Findings after which no more of a code is told.
const ENOUGH_OF_ONE: usize = 50;

/// Gathers them.
#[derive(Debug, Default)]
pub(super) struct Findings(pub Vec<Finding>);

impl Findings {
    pub fn blocking(&mut self, code: &'static str, at: At<'_>, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Severity::Blocking, code, at, (zh.into(), en.into()));
    }

    pub fn warning(&mut self, code: &'static str, at: At<'_>, zh: impl Into<String>, en: impl Into<String>) {
        self.add(Severity::Warning, code, at, (zh.into(), en.into()));
    }

    fn add(&mut self, severity: Severity, code: &'static str, at: At<'_>, (zh, en): (String, String)) {
        if self.0.iter().filter(|finding| finding.code == code).count() < ENOUGH_OF_ONE {
            let element = at.element.filter(|id| !id.is_empty()).map(str::to_owned);
            self.0.push(Finding { code, severity, element, line: at.line, zh, en });
        }
    }

    pub fn is_blocked(&self) -> bool {
        self.0.iter().any(|finding| finding.severity == Severity::Blocking)
    }

    /// Blocking ones first, then by the line.
    pub fn sorted(mut self) -> Vec<Finding> {
        self.0.sort_by_key(|finding| (finding.severity, finding.line.unwrap_or(u32::MAX)));
        self.0
    }
}

/// Where.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct At<'a> {
    element: Option<&'a str>,
    line: Option<u32>,
}

impl<'a> At<'a> {
    pub fn new(element: &'a str, line: u32) -> Self {
        Self { element: Some(element), line: Some(line) }
    }

    pub fn line(line: u32) -> Self {
        Self { element: None, line: Some(line) }
    }

    pub fn file() -> Self {
        Self { element: None, line: Some(1) }
    }
}
