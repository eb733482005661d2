//! The process engine: BPMN 2.0 definitions, checked before they are stored, and their instances, moved from one rest to
//! the next as a function of what is stored, in one transaction each.
//!
//! Who people are, what they are told and which systems are called is the affair of whoever uses it
//! ([`store::ProcessHost`]): here are neither queues nor vendors. What a definition may say is in docs/PROCESS.md.

pub mod bpmn;
pub mod check;
mod definition;
pub mod expression;
pub mod form;
mod people;
pub mod run;
pub mod store;
mod when;
mod words;

pub use definition::{
    Definition, Editable, Node, NodeKind, OnReject, RetryConfig, Rule, Service, Source, UserTask, Way,
};
pub use people::{Answer, Answers, Assignee, Initiator, Named, NoOne, Question};
pub use store::record_kinds;
pub use when::{When, duration, month, zone};
pub use words::Words;
