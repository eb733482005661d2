//! The state an act works with.

use crate::context::Context;
use crate::once::Once;
use tenon_catalog::Function;

/// What acts work with, as a function may see it: a [`Context`], or `()` for those that need none.
pub trait State: Clone + Send + Sync + 'static {
    /// What this function sees of it.
    #[must_use]
    fn of_function(&self, function: &'static Function) -> Self;

    /// The context, where there is one.
    fn context(&self) -> Option<&Context>;

    /// The same for a call that is to make what it makes once.
    #[must_use]
    fn with_once(self, once: Once) -> Self;
}

impl State for () {
    fn of_function(&self, _: &'static Function) {}

    fn context(&self) -> Option<&Context> {
        None
    }

    fn with_once(self, _: Once) -> Self {
        self
    }
}

impl State for Context {
    fn of_function(&self, function: &'static Function) -> Self {
        Self::of_function(self, function)
    }

    fn context(&self) -> Option<&Context> {
        Some(self)
    }

    fn with_once(mut self, once: Once) -> Self {
        self.once = once;
        self
    }
}
