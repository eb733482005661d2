//! Decimal numbers as they stand in a text: exact, written plainly, never through a binary float.

pub use rust_decimal::Decimal;

use rust_decimal::RoundingStrategy;
use rust_decimal::prelude::ToPrimitive;
use std::str::FromStr;

/// Exponents beyond this are refused: nothing that is counted or paid needs them, and `1e999999999`
/// written plainly would fill the memory.
const EXPONENT_LIMIT: i32 = 400;

/// Reads a decimal number: digits with at most one point, a minus, an exponent. `None` for anything else,
/// and for what is longer than 28 digits before the point; digits beyond the 28th after it are rounded.
pub fn parse(text: &str) -> Option<Decimal> {
    Decimal::from_str(&written_out(text)?).ok().map(unsigned_zero)
}

/// The same, and `None` too for a number that has more digits than are held.
pub fn parse_exact(text: &str) -> Option<Decimal> {
    Decimal::from_str_exact(&written_out(text)?).ok().map(unsigned_zero)
}

/// A decimal number without its exponent.
fn written_out(text: &str) -> Option<String> {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent.parse::<i32>().ok()?),
        None => (text, 0),
    };
    let (sign, digits) = mantissa.strip_prefix('-').map_or(("", mantissa), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let sound = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
    let empty = whole.is_empty() && fraction.is_empty();
    if empty || !sound(whole) || !sound(fraction) || exponent.unsigned_abs() > EXPONENT_LIMIT.unsigned_abs() {
        return None;
    }
    Some(format!("{sign}{}", shifted(whole, fraction, exponent)))
}

/// The digits with the point moved, to the right by a positive exponent.
fn shifted(whole: &str, fraction: &str, exponent: i32) -> String {
    let places = usize::try_from(exponent.unsigned_abs()).unwrap_or(usize::MAX);
    let (whole, fraction) = if exponent >= 0 {
        let moved: String = fraction.chars().chain(std::iter::repeat('0')).take(places).collect();
        (format!("{whole}{moved}"), fraction.get(places..).unwrap_or_default().to_owned())
    } else {
        let padded = format!("{}{whole}", "0".repeat(places));
        let (kept, moved) = padded.split_at(padded.len() - places);
        (kept.to_owned(), format!("{moved}{fraction}"))
    };
    // Zeros that say nothing would count against the digits that can be held.
    let (whole, fraction) = (whole.trim_start_matches('0'), fraction.trim_end_matches('0'));
    let whole = if whole.is_empty() { "0" } else { whole };
    if fraction.is_empty() { whole.to_owned() } else { format!("{whole}.{fraction}") }
}

/// Reads a whole number however it is written: `500`, `500.0`, `5e2`.
pub fn whole(text: &str) -> Option<i64> {
    let number = parse(crate::code::trim(text))?;
    number.is_integer().then(|| number.to_i64())?
}

/// Written plainly: `0.000001`, `100`, `-2.5`.
pub fn plain(number: Decimal) -> String {
    unsigned_zero(number.normalize()).to_string()
}

/// The sum, when it can be held exactly.
pub fn exact_sum(one: Decimal, other: Decimal) -> Option<Decimal> {
    let (one, other) = (one.normalize(), other.normalize());
    let sum = one.checked_add(other)?;
    // What does not fit is rounded, which shows in its decimals.
    (sum.scale() == one.scale().max(other.scale())).then_some(sum)
}

/// The product, when it can be held exactly.
pub fn exact_product(one: Decimal, other: Decimal) -> Option<Decimal> {
    let (one, other) = (one.normalize(), other.normalize());
    if one.is_zero() || other.is_zero() {
        return Some(Decimal::ZERO);
    }
    let product = one.checked_mul(other)?;
    (product.scale() == one.scale() + other.scale()).then_some(product)
}

/// Rounded to at most so many decimals, half away from zero, and written plainly.
pub fn at_most(number: Decimal, decimals: u32) -> String {
    plain(rounded(number, decimals))
}

/// Rounded to so many decimals, half away from zero, and written with all of them: `2.50`.
pub fn fixed(number: Decimal, decimals: u32) -> String {
    let text = plain(rounded(number, decimals));
    let places = usize::try_from(decimals).unwrap_or(0);
    if places == 0 {
        return text;
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    format!("{whole}.{fraction:0<places$}")
}

/// For `#[serde(serialize_with)]`: a number with a few decimals as JavaScript writes it, `100` and not `100.0`.
///
/// # Errors
/// Those of the serializer.
pub fn as_javascript<S: serde::Serializer>(number: &f64, serializer: S) -> Result<S::Ok, S::Error> {
    // Beyond this a float is no longer sure of its units, and nothing here comes near.
    if number.fract() == 0.0 && number.abs() < 9e15 {
        serializer.serialize_i64(*number as i64)
    } else {
        serializer.serialize_f64(*number)
    }
}

fn rounded(number: Decimal, decimals: u32) -> Decimal {
    number.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero)
}

fn unsigned_zero(mut number: Decimal) -> Decimal {
    if number.is_zero() {
        number.set_sign_positive(true);
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_of_a_number_reads_as_the_number() {
        for (text, written) in [
            ("1e-6", "0.000001"),
            ("8.5E-05", "0.000085"),
            ("1e3", "1000"),
            ("1.25e+1", "12.5"),
            ("500.0", "500"),
            ("-0.0", "0"),
            (".5", "0.5"),
            ("5.", "5"),
            ("007", "7"),
            ("1234567890123.123456", "1234567890123.123456"),
            ("9007199254740993.25", "9007199254740993.25"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("12345678901234567890123", "12345678901234567890123"),
            ("5.551115123125783e-17", "0.0000000000000000555111512313"),
            ("1e-300", "0"),
        ] {
            assert_eq!(plain(parse(text).unwrap()), written, "{text}");
        }
    }

    #[test]
    fn what_is_no_number_or_too_much_of_one_is_refused() {
        for text in ["", ".", "-", "+1", "1,5", "1_0", "e5", "1e", "1e5.5", "0x1", "１２", "1 2", "NaN", "--1", "1.2.3"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
        for text in ["1e999999999", "1e-999999999", "1e99999999999999", "1e40"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_not_exact_is_no_sum_and_no_product() {
        let number = |text| parse(text).unwrap();
        assert_eq!(exact_sum(number("0.1"), number("0.2")), parse("0.3"));
        assert_eq!(exact_product(number("30"), number("0.5")), parse("15"));
        assert_eq!(exact_product(number("1234567890.123456"), number("0.000001")), parse("1234.567890123456"));
        assert_eq!(exact_product(number("1234567890123456.123456"), number("1234567.1234567")), None);
        assert_eq!(exact_sum(number("9999999999999999999999999999"), number("0.1")), None);
    }

    #[test]
    fn noise_of_binary_floats_is_rounded_away() {
        for (text, written) in [
            ("0.30000000000000004", "0.3"),
            ("789.34000000000003", "789.34"),
            ("0.0000005", "0.000001"),
            ("5.551115123125783e-17", "0"),
            ("-5.551115123125783e-17", "0"),
            ("99.9999999", "100"),
        ] {
            assert_eq!(at_most(parse(text).unwrap(), 6), written, "{text}");
        }
        assert_eq!([whole("500.0"), whole(" 5e2\n"), whole("500.5"), whole("")], [Some(500), Some(500), None, None]);
        assert_eq!(fixed(parse("-0.004").unwrap(), 2), "0.00");
        assert_eq!(fixed(parse("2.5").unwrap(), 2), "2.50");
        assert_eq!(fixed(parse("99.5").unwrap(), 0), "100");
        assert_eq!(fixed(parse("1").unwrap(), 30).len(), 32);
    }
}
