//! The management of tenant apps.
