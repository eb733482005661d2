//! Business events in from the production system, and out to tenants' endpoints.
