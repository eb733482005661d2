//! Tables whose keys depend on their `kind`.

use serde::Deserializer;

/// A table of the configuration whose keys depend on its `kind`. Where it is read from a file, `kind` is taken
/// out and the rest is read by it: serde forgets where in the file it is when it reads a tagged enum.
pub trait Tagged: Sized {
    /// What `kind` may be.
    const KINDS: &'static [&'static str];

    /// Reads the keys beside `kind`. `None` when there is no such kind.
    fn read<'de, D: Deserializer<'de>>(kind: &str, keys: D) -> Option<Result<Self, D::Error>>;
}
