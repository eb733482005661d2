//! What tenants trade in: orders, quality results, shipments and reconciliations.
