//! How many sign-ins an address may begin: each is a record for five minutes, and whoever has no session begins one.

use crate::fault::{Fault, Stop};
use std::net::IpAddr;
use tenon_model::config::Sso;
use tenon_platform::table::{Count, Counted, Key};
use tenon_platform::{Context, telemetry};

/// Counts a sign-in that this address begins, if it may.
///
/// # Errors
/// [`Fault::TooOften`]; those of the table.
pub(crate) async fn admit(ctx: &Context, sso: &Sso, address: &str) -> Result<(), Stop> {
    if sso.starts_per_minute == 0 {
        return Ok(());
    }
    let now_s = ctx.now_ms().div_euclid(1000);
    let minute = now_s.div_euclid(60);
    let key = Key::new(&crate::tenant(sso), "SSO-RATE", &[&network(address)], minute.to_string());
    let count = Count::new(key)
        .add("starts", 1)
        .below("starts", i64::from(sso.starts_per_minute))
        .expiring(Some((minute + 2) * 60));
    match ctx.table.count(count).await? {
        Counted::Done(_) => Ok(()),
        Counted::Full(_) => {
            telemetry::count(&ctx.clock, "SignIns", ("Outcome", "sso.too-often"), 1);
            let after_s = u32::try_from(((minute + 1) * 60 - now_s).max(1)).unwrap_or(60);
            Err(Fault::TooOften(after_s).into())
        }
    }
}

/// Whose an address is: itself, or of IPv6 the network of 64 bits that one subscriber has.
fn network(address: &str) -> String {
    match address.parse::<IpAddr>() {
        Ok(IpAddr::V6(v6)) => match v6.to_ipv4_mapped() {
            Some(v4) => v4.to_string(),
            None => {
                let [a, b, c, d, ..] = v6.segments();
                format!("{a:x}:{b:x}:{c:x}:{d:x}::")
            }
        },
        Ok(v4) => v4.to_string(),
        Err(_) => "unknown".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::network;

    #[test]
    fn an_address_is_counted_with_those_of_its_subscriber() {
        for (address, counted) in [
            ("192.0.2.7", "192.0.2.7"),
            ("::ffff:192.0.2.7", "192.0.2.7"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
            ("2001:db8:1:2::9", "2001:db8:1:2::"),
            ("", "unknown"),
        ] {
            assert_eq!(network(address), counted, "{address}");
        }
    }
}
