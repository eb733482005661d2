//! Why a piece of trade is not done.

use tenon_platform::body::BadBody;
use tenon_platform::{Error, ErrorKind, Rejection, Retry};

/// Why a call or an event is not carried out.
#[derive(Clone, Debug, PartialEq)]
pub enum TradeError {
    /// The caller's: 400, naming the field.
    Bad(BadBody),
    /// There is no such record, or it is another tenant's, which is told alike: 404, for people.
    NotFound(String),
    /// Ours: 500.
    Failed(Error),
}

/// Shorthand.
pub type Result<T> = std::result::Result<T, TradeError>;

impl TradeError {
    /// Something wrong with one field.
    pub fn bad(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Bad(BadBody::field(field, message))
    }

    /// No such order.
    pub(crate) fn no_order() -> Self {
        Self::NotFound("订单不存在".to_owned())
    }

    /// The record kept changing under our hands.
    pub(crate) fn busy(what: &str) -> Self {
        let message = format!("{what} was changed by others again and again while it was written; send it again");
        Self::Failed(Error::transient("trade.busy", message).with_kind(ErrorKind::Overtaken))
    }

    /// Whether the same transaction may be tried again: on a busy table DynamoDB cancels one of two
    /// transactions that meet at a record.
    pub(crate) fn is_transient(error: &Error) -> bool {
        error.retry == Retry::Transient
    }
}

impl From<BadBody> for TradeError {
    fn from(bad: BadBody) -> Self {
        Self::Bad(bad)
    }
}

impl From<Error> for TradeError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<TradeError> for Rejection {
    fn from(error: TradeError) -> Self {
        match error {
            TradeError::Bad(bad) => Self::BadRequest(bad),
            TradeError::NotFound(message) => Self::NotFound(message.into()),
            TradeError::Failed(error) => Self::Failed(error),
        }
    }
}
