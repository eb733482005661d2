//! What a command tells: its result on standard output, everything said to a person beside it on
//! standard error, and how it ended in the exit code.

mod failure;
mod table;
mod times;

pub use failure::{ExitKind, Failure};
pub use table::Table;
pub use times::{duration, local, zone};

use serde_json::{Value, json};
use std::fmt;
use std::io::{ErrorKind, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

/// Where a command writes. With `--json` standard output carries one JSON document and nothing
/// else.
pub struct Out {
    json: bool,
    /// Whether a person watches standard error.
    watched: bool,
    state: Mutex<State>,
}

struct State {
    stdout: Box<dyn Write + Send>,
    stderr: Box<dyn Write + Send>,
    documents: usize,
    broken: Option<std::io::Error>,
}

impl Out {
    /// Writes to the process's own streams.
    pub fn stdio(json: bool) -> Self {
        let out = Self::to(json, Box::new(std::io::stdout()), Box::new(std::io::stderr()));
        if std::io::stderr().is_terminal() { out.watched() } else { out }
    }

    /// Writes elsewhere.
    pub fn to(json: bool, stdout: Box<dyn Write + Send>, stderr: Box<dyn Write + Send>) -> Self {
        Self { json, watched: false, state: Mutex::new(State { stdout, stderr, documents: 0, broken: None }) }
    }

    /// As on a terminal that somebody watches.
    #[must_use]
    pub fn watched(self) -> Self {
        Self { watched: true, ..self }
    }

    /// Whether the result is to be one JSON document.
    pub fn is_json(&self) -> bool {
        self.json
    }

    /// One line of the result for people. With `--json` it goes to standard error.
    pub fn line(&self, text: &str) {
        self.write(|state| {
            let to = if self.json { &mut state.stderr } else { &mut state.stdout };
            writeln!(to, "{text}").and_then(|()| to.flush())
        });
    }

    /// One remark for people: progress, a warning, what to do next. Always on standard error.
    pub fn note(&self, text: &str) {
        // Nobody can be told that standard error is gone.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(state.stderr, "{text}").and_then(|()| state.stderr.flush());
    }

    /// How far something is, in the place of what was said of it before. Only for a person who watches.
    pub fn progress(&self, text: &str) {
        if self.watched {
            let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
            let _ = write!(state.stderr, "\r{text}\x1b[K").and_then(|()| state.stderr.flush());
        }
    }

    /// Leaves the line of [`progress`](Self::progress).
    pub fn end_progress(&self) {
        if self.watched {
            self.note("");
        }
    }

    /// The result: as a document with `--json`, else as lines for people (none when empty).
    pub fn result(&self, document: impl FnOnce() -> Value, lines: impl FnOnce() -> String) {
        if self.json {
            self.document(&document());
        } else {
            let lines = lines();
            if !lines.is_empty() {
                self.line(lines.trim_end_matches('\n'));
            }
        }
    }

    /// Tells a failure: what is wrong, and what to do. With `--json`, and unless the command has
    /// given its document already, the document is `{"error": {"code", "message", "hint"}}`.
    pub fn failure(&self, failure: &Failure) {
        self.note(&format!("error: {failure}"));
        let written = self.state.lock().unwrap_or_else(PoisonError::into_inner).documents > 0;
        if self.json && !written {
            let Failure { code, message, hint, .. } = failure;
            self.document(&json!({ "error": { "code": code, "message": message, "hint": hint } }));
        }
    }

    /// An error of writing to standard output, if there was one. A reader that has gone away, as
    /// `head` does, is none.
    ///
    /// # Errors
    /// A [`Failure`] that names the error.
    pub fn finish(&self) -> Result<(), Failure> {
        match self.state.lock().unwrap_or_else(PoisonError::into_inner).broken.take() {
            Some(error) if error.kind() != ErrorKind::BrokenPipe => {
                Err(Failure::outside(format!("the result could not be written to standard output: {error}")))
            }
            _ => Ok(()),
        }
    }

    fn document(&self, document: &Value) {
        self.write(|state| {
            state.documents += 1;
            writeln!(state.stdout, "{document:#}").and_then(|()| state.stdout.flush())
        });
    }

    fn write(&self, write: impl FnOnce(&mut State) -> std::io::Result<()>) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.broken.is_none()
            && let Err(error) = write(&mut state)
        {
            state.broken = Some(error);
        }
    }
}

impl fmt::Debug for Out {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Out").field("json", &self.json).finish_non_exhaustive()
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use std::sync::Arc;

    /// Two streams kept in memory.
    #[derive(Clone, Default)]
    pub(crate) struct Kept {
        out: Arc<Mutex<Vec<u8>>>,
        err: Arc<Mutex<Vec<u8>>>,
    }

    struct Stream(Arc<Mutex<Vec<u8>>>);

    impl Write for Stream {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    impl Kept {
        pub(crate) fn out(&self, json: bool) -> Out {
            Out::to(json, Box::new(Stream(Arc::clone(&self.out))), Box::new(Stream(Arc::clone(&self.err))))
        }
        pub(crate) fn stdout(&self) -> String {
            String::from_utf8(self.out.lock().unwrap().clone()).unwrap()
        }
        pub(crate) fn stderr(&self) -> String {
            String::from_utf8(self.err.lock().unwrap().clone()).unwrap()
        }
    }

    struct Refusing(ErrorKind);

    impl Write for Refusing {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(self.0.into())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn with_json_standard_output_is_one_document_and_people_read_the_other_stream() {
        let kept = Kept::default();
        let out = kept.out(true);
        out.note("working");
        out.line("a line");
        out.result(|| json!({ "runs": [] }), || "no runs".to_owned());
        out.failure(&Failure::partly("one of two failed"));
        let document: Value = serde_json::from_str(&kept.stdout()).unwrap();
        assert_eq!(document, json!({ "runs": [] }));
        assert_eq!(kept.stderr(), "working\na line\nerror: one of two failed\n");
    }

    #[test]
    fn with_json_a_failure_without_a_result_is_the_document() {
        let kept = Kept::default();
        kept.out(true).failure(&Failure::not_found("there is no run r-1").with_hint("see `tenon runs`"));
        let document: Value = serde_json::from_str(&kept.stdout()).unwrap();
        assert_eq!(document["error"]["message"], "there is no run r-1");
        assert_eq!(document["error"]["hint"], "see `tenon runs`");
    }

    #[test]
    fn without_json_results_are_lines() {
        let kept = Kept::default();
        let out = kept.out(false);
        out.result(|| json!({}), || "one\ntwo\n".to_owned());
        out.failure(&Failure::usage("wrong"));
        assert_eq!(kept.stdout(), "one\ntwo\n");
        assert_eq!(kept.stderr(), "error: wrong\n");
    }

    #[test]
    fn a_reader_that_left_is_no_error_and_a_full_disk_is_one() {
        let gone = Out::to(false, Box::new(Refusing(ErrorKind::BrokenPipe)), Box::new(std::io::sink()));
        gone.line("x");
        assert_eq!(gone.finish(), Ok(()));
        let full = Out::to(false, Box::new(Refusing(ErrorKind::StorageFull)), Box::new(std::io::sink()));
        full.line("x");
        assert_eq!(full.finish().unwrap_err().exit, ExitKind::Failed);
    }
}
