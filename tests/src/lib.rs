//! Suites that cross functions; each is an integration test of this package. There is no library code.
