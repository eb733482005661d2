//! How often tenants may have something done: settings of the operator's, in `TENON_LIMITS`.

use crate::error::{Error, Result};

/// The variable.
const VARIABLE: &str = "TENON_LIMITS";

/// How often something may be done. What is asked for more often is answered 429 with `Retry-After`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls of one tenant a second, over ten seconds and all its apps and tokens; 0 for any number.
    pub tenant_calls: u32,
    /// Tests of one app's endpoint a minute.
    pub webhook_tests: u32,
    /// Single deliveries of one app that are sent again, a minute.
    pub webhook_resends: u32,
    /// Ranges of one app that are sent again, an hour.
    pub resend_jobs: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { tenant_calls: 1_000, webhook_tests: 10, webhook_resends: 60, resend_jobs: 20 }
    }
}

impl Limits {
    /// From a text such as `tenant-calls=25,webhook-tests=5`; what is not named stays as it is by default.
    ///
    /// # Errors
    /// `platform.settings`, which names what is wrong.
    pub fn parse(text: &str) -> Result<Self> {
        let wrong = |what: &str, why: &str| {
            let names = "tenant-calls, webhook-tests, webhook-resends, resend-jobs";
            let message = format!("{VARIABLE} has {what:?}: {why}; write NAME=NUMBER with commas between, of {names}");
            Error::permanent("platform.settings", message)
        };
        let mut limits = Self::default();
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (name, number) = part.split_once('=').ok_or_else(|| wrong(part, "there is no number"))?;
            let number: u32 = number.trim().parse().map_err(|_| wrong(part, "that is no whole number"))?;
            let limit = match name.trim() {
                "tenant-calls" => &mut limits.tenant_calls,
                "webhook-tests" => &mut limits.webhook_tests,
                "webhook-resends" => &mut limits.webhook_resends,
                "resend-jobs" => &mut limits.resend_jobs,
                _ => return Err(wrong(part, "there is no such limit")),
            };
            *limit = number;
        }
        Ok(limits)
    }

    /// From the environment of the process.
    ///
    /// # Errors
    /// As [`parse`](Self::parse).
    pub fn from_env() -> Result<Self> {
        match std::env::var(VARIABLE) {
            Ok(text) => Self::parse(&text),
            Err(std::env::VarError::NotPresent) => Ok(Self::default()),
            Err(std::env::VarError::NotUnicode(_)) => {
                Err(Error::permanent("platform.settings", format!("{VARIABLE} is not valid Unicode")))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_named_stays_as_it_is() {
        assert_eq!(Limits::parse(""), Ok(Limits::default()));
        let limits = Limits::parse(" tenant-calls = 25, resend-jobs=0,").unwrap();
        assert_eq!(limits, Limits { tenant_calls: 25, resend_jobs: 0, ..Limits::default() });
    }

    #[test]
    fn what_is_wrong_is_named() {
        for text in ["tenant-calls", "tenant-calls=many", "tenant-calls=-1", "calls=5", "tenant-calls=5;resend-jobs=1"]
        {
            let error = Limits::parse(text).unwrap_err();
            assert_eq!(error.code, "platform.settings");
            assert!(error.message.contains("TENON_LIMITS") && error.message.contains("webhook-tests"), "{error}");
        }
    }
}
