//! Until when a server's certificate counts, read from its DER form (RFC 5280, section 4.1): nothing else of it is
//! looked at, since the TLS library has judged it.

use jiff::civil;
use jiff::tz::TimeZone;

const INTEGER: u8 = 0x02;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const SEQUENCE: u8 = 0x30;
/// The version, which the first version of certificates has not.
const VERSION: u8 = 0xa0;

/// Epoch ms of `notAfter`; none for what is no certificate.
pub(crate) fn ends_ms(der: &[u8]) -> Option<i64> {
    let (certificate, _) = element(der, SEQUENCE)?;
    let (fields, _) = element(certificate, SEQUENCE)?;
    let after_version = element(fields, VERSION).map_or(fields, |(_, rest)| rest);
    let (_, rest) = element(after_version, INTEGER)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (_, rest) = element(rest, SEQUENCE)?;
    let (validity, _) = element(rest, SEQUENCE)?;
    let (_, not_after) = time(validity)?;
    time(not_after)?.0
}

/// The content of an element of this tag, and what follows it.
fn element(bytes: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (found, rest) = bytes.split_first()?;
    let (first, rest) = rest.split_first()?;
    let (length, rest) = match usize::from(*first) {
        short @ 0..=0x7f => (short, rest),
        // A length of up to four bytes follows.
        long @ 0x81..=0x84 => {
            let (length, rest) = rest.split_at_checked(long - 0x80)?;
            (length.iter().fold(0, |all, byte| all << 8 | usize::from(*byte)), rest)
        }
        _ => return None,
    };
    (*found == tag).then(|| rest.split_at_checked(length))?
}

/// A time and what follows it.
fn time(bytes: &[u8]) -> Option<(Option<i64>, &[u8])> {
    let short = element(bytes, UTC_TIME);
    let (text, rest) = short.or_else(|| element(bytes, GENERALIZED_TIME))?;
    Some((moment(std::str::from_utf8(text).ok()?, short.is_some()), rest))
}

/// `YYMMDDhhmmssZ`, in which years from 50 on are of the last century, or `YYYYMMDDhhmmssZ`.
fn moment(text: &str, short: bool) -> Option<i64> {
    let digits = text.strip_suffix('Z').filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
    let digits = match short {
        true if digits.len() == 12 => format!("{}{digits}", if digits < "50" { "20" } else { "19" }),
        false if digits.len() == 14 => digits.to_owned(),
        _ => return None,
    };
    let at = civil::DateTime::strptime("%Y%m%d%H%M%S", digits).ok()?;
    Some(at.to_zoned(TimeZone::UTC).ok()?.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn der(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = match u8::try_from(content.len()) {
            Ok(short) if short < 0x80 => vec![short],
            Ok(long) => vec![0x81, long],
            Err(_) => vec![0x82, (content.len() >> 8) as u8, content.len() as u8],
        };
        [vec![tag], length, content.to_vec()].concat()
    }

    fn certificate(version: bool, not_after: &[u8]) -> Vec<u8> {
        let version = if version { der(VERSION, &der(INTEGER, &[2])) } else { Vec::new() };
        let issuer = der(SEQUENCE, &[0x31; 300]);
        let validity = der(SEQUENCE, &[der(UTC_TIME, b"250101000000Z"), not_after.to_vec()].concat());
        let fields =
            [version, der(INTEGER, &[1]), der(SEQUENCE, &[6]), issuer, validity, der(SEQUENCE, b"key")].concat();
        der(SEQUENCE, &[der(SEQUENCE, &fields), der(SEQUENCE, b"signature")].concat())
    }

    #[test]
    fn the_end_is_read_in_both_forms() {
        assert_eq!(ends_ms(&certificate(true, &der(UTC_TIME, b"261126120000Z"))), Some(1_795_694_400_000));
        assert_eq!(ends_ms(&certificate(false, &der(GENERALIZED_TIME, b"20261126120000Z"))), Some(1_795_694_400_000));
        assert_eq!(ends_ms(&certificate(true, &der(UTC_TIME, b"991231235959Z"))), Some(946_684_799_000));
    }

    #[test]
    fn what_is_no_certificate_has_no_end() {
        let whole = certificate(true, &der(UTC_TIME, b"261126120000Z"));
        for cut in 0..whole.len() - 20 {
            assert_eq!(ends_ms(&whole[..cut]), None, "{cut}");
        }
        for wrong in [&b"26112612000Z"[..], b"2611261200000", b"261326120000Z", b"26112612000xZ"] {
            assert_eq!(ends_ms(&certificate(true, &der(UTC_TIME, wrong))), None);
        }
        assert_eq!(ends_ms(&[SEQUENCE, 0x84, 0xff, 0xff, 0xff, 0xff]), None);
    }
}
