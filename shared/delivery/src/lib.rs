//! Webhooks: events fanned out to tenants' endpoints as deliveries that are tried until they succeed.
