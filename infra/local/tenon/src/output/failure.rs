//! How a command ended when it did not do what it was asked to.

use std::fmt;
use std::process::ExitCode;
use tenon_operations::check::hint;
use tenon_platform::Error;

/// What kind of failure, as scripts see it in the exit code. 0 is success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitKind {
    /// 1: something outside failed: a vendor, the table, the disk. Trying again may help.
    Failed,
    /// 2: the command line or the configuration is wrong; it has to be changed.
    Usage,
    /// 3: what was named does not exist.
    NotFound,
    /// 4: part of it was done or works, part of it not; the output says which.
    Partly,
}

impl ExitKind {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Failed => 1,
            Self::Usage => 2,
            Self::NotFound => 3,
            Self::Partly => 4,
        }
    }
}

impl From<ExitKind> for ExitCode {
    fn from(kind: ExitKind) -> Self {
        Self::from(kind.code())
    }
}

/// A failure, told in one message and a hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// How the process ends.
    pub exit: ExitKind,
    /// Stable code, as in `docs/ERRORS.md`, when the failure has one.
    pub code: Option<&'static str>,
    /// What is wrong and where; never a secret.
    pub message: String,
    /// What to do next.
    pub hint: Option<String>,
}

impl Failure {
    /// Something outside failed.
    pub fn outside(message: impl Into<String>) -> Self {
        Self::new(ExitKind::Failed, message)
    }

    /// The command line or the configuration is wrong.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ExitKind::Usage, message)
    }

    /// What was named does not exist.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(ExitKind::NotFound, message)
    }

    /// Part of it failed.
    pub fn partly(message: impl Into<String>) -> Self {
        Self::new(ExitKind::Partly, message)
    }

    /// Says what to do next.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    fn new(exit: ExitKind, message: impl Into<String>) -> Self {
        Self { exit, code: None, message: message.into(), hint: None }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let exit = match error.code {
            "config.connection" | "config.flow" | "run.unknown" | "flow.document" | "flow.nothing" => {
                ExitKind::NotFound
            }
            "platform.settings" | "flow.kind" | "flow.disabled" | "run.succeeded" | "run.not-on-hold" => {
                ExitKind::Usage
            }
            "config.conflict" => ExitKind::Failed,
            code if code.starts_with("config.") => ExitKind::Usage,
            _ => ExitKind::Failed,
        };
        Self { exit, code: Some(error.code), message: error.to_string(), hint: hint(&error).map(str::to_owned) }
    }
}

impl fmt::Display for Failure {
    /// The message with its code, and on a second line what to do.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        if let Some(code) = self.code {
            write!(f, " [{code}]")?;
        }
        match &self.hint {
            Some(hint) => write!(f, "\n  {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

#[cfg(test)]
mod tests {
    use super::*;
    use tenon_platform::Retry;

    #[test]
    fn the_exit_code_tells_a_script_whether_to_try_again() {
        let of = |code, retry| Failure::from(Error::new(code, retry, "m")).exit.code();
        assert_eq!(of("b1.session", Retry::Transient), 1);
        assert_eq!(of("platform.settings", Retry::Permanent), 2);
        assert_eq!(of("config.sealed", Retry::Permanent), 2);
        assert_eq!(of("config.conflict", Retry::Transient), 1);
        assert_eq!(of("run.unknown", Retry::Permanent), 3);
        assert_eq!(Failure::partly("m").exit.code(), 4);
    }

    #[test]
    fn a_failure_shows_its_code_and_what_to_do() {
        let error = Error::transient("b1.unreachable", "B1 does not answer").during("b1 GET Users");
        let shown = Failure::from(error).to_string();
        assert_eq!(shown, "b1 GET Users: B1 does not answer [b1.unreachable]\n  this may pass by itself; try again");
    }
}
