//! Certificates of the vendors that are about to end: when one does, every call of its connection fails.

use tenon_model::config::Connection;
use tenon_platform::config_store::Loaded;
use tenon_platform::{Context, telemetry};

const DAY_MS: i64 = 86_400_000;
/// So long before its end a certificate is told of.
pub const EARLY_MS: i64 = 14 * DAY_MS;

/// Until which epoch ms the certificates count that this process has met at a connection's addresses.
pub fn of(ctx: &Context, connection: &Connection) -> Option<i64> {
    let addresses = connection.bound_to();
    let own = ctx.http.certificates().into_iter().filter(|(host, _)| addresses.contains(&format!("//{host}")));
    own.map(|(_, ends_ms)| ends_ms).min()
}

/// Days until the end of a certificate that is about to end.
pub fn days_left(ends_ms: i64, now_ms: i64) -> Option<i64> {
    (ends_ms - now_ms < EARLY_MS).then(|| (ends_ms - now_ms).div_euclid(DAY_MS))
}

/// Tells of every connection whose certificate is about to end.
pub(crate) fn note(ctx: &Context, loaded: &Loaded) {
    for connection in loaded.connections() {
        let Some(days) = of(ctx, connection).and_then(|ends_ms| days_left(ends_ms, ctx.now_ms())) else { continue };
        tracing::warn!(connection = %connection.id(), certificate.days = days, "the certificate of a connection is about to end");
        telemetry::count(&ctx.clock, "CertificatesEnding", ("Within", "14-days"), 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_told_of_two_weeks_before() {
        assert_eq!(days_left(EARLY_MS, 0), None);
        assert_eq!(days_left(EARLY_MS - 1, 0), Some(13));
        assert_eq!(days_left(DAY_MS / 2, 0), Some(0));
        assert_eq!(days_left(-1, 0), Some(-1));
    }
}
