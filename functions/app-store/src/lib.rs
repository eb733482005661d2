//! The app store and the management of tenant apps.
