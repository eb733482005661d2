//! The signed API for tenants' systems, its documents, and its call log.
