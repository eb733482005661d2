//! What callers and people are told of processes.

use tenon_platform::body::BadBody;
use tenon_platform::{Error, Rejection};
use tenon_process::check::Finding;
use tenon_process::store::Failure;

/// Findings that are told at once.
const MAX_FINDINGS: usize = 50;

/// What an engine's refusal is to a caller: its words and its code, at the parameter that is meant.
pub(super) fn rejection(failure: Failure, field: &str) -> Rejection {
    match failure {
        Failure::Refused(refused) if refused.code == "process.unknown-instance" => {
            Rejection::NotFound(refused.words.zh.into())
        }
        Failure::Refused(refused) => BadBody::field(field, format!("{}（{}）", refused.words.zh, refused.code)).into(),
        Failure::Unsound(findings) => {
            Rejection::BadFields(findings.iter().take(MAX_FINDINGS).map(of_finding).collect())
        }
        Failure::Failed(error) => error.into(),
    }
}

/// What it is to our own work: a person has to look.
pub(super) fn as_error(failure: Failure) -> Error {
    match failure {
        Failure::Refused(refused) => Error::permanent(refused.code, refused.words.en),
        Failure::Unsound(findings) => {
            let first = findings.into_iter().next().map(|finding| finding.en).unwrap_or_default();
            Error::permanent("process.definition", first)
        }
        Failure::Failed(error) => error,
    }
}

/// A finding as a field of the body that is wrong.
pub(super) fn of_finding(finding: &Finding) -> BadBody {
    BadBody::field("bpmnXml", words(finding))
}

/// A finding in a line: its code, what is wrong, and where.
pub(super) fn words(finding: &Finding) -> String {
    let element = finding.element.as_ref().map(|id| format!("元素{id}"));
    let line = finding.line.map(|line| format!("第{line}行"));
    let place: Vec<String> = element.into_iter().chain(line).collect();
    match place.is_empty() {
        true => format!("{}: {}", finding.code, finding.zh),
        false => format!("{}: {}（{}）", finding.code, finding.zh, place.join("，")),
    }
}
