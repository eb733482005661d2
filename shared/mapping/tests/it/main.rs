//! The mapper by what a consultant notices: what it maps and what it leaves to a person, and the file it writes.

mod file;
mod matches;
mod measured;
mod support;
