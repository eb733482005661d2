//! A place in the context for what a connector keeps in memory between calls: session pools, tokens.
//! Clones of a context share it; another process has its own.

use std::any::{Any, TypeId};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// One value of each type.
#[derive(Clone, Default)]
pub struct Extensions(Arc<Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>>);

impl Extensions {
    /// The value of this type, made on first use.
    pub fn get_or_init<T: Default + Send + Sync + 'static>(&self) -> Arc<T> {
        let mut map = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let value = Arc::clone(map.entry(TypeId::of::<T>()).or_insert_with(|| Arc::new(T::default())));
        // The entry of a type's id never holds another type.
        value.downcast::<T>().unwrap_or_default()
    }
}

impl fmt::Debug for Extensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Extensions")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[test]
    fn clones_share_one_value_of_each_type() {
        let one = Extensions::default();
        one.get_or_init::<AtomicU32>().store(7, Ordering::SeqCst);
        assert_eq!(one.clone().get_or_init::<AtomicU32>().load(Ordering::SeqCst), 7);
        assert_eq!(Extensions::default().get_or_init::<AtomicU32>().load(Ordering::SeqCst), 0);
    }
}
