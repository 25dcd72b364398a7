//! Values the way people write them: `"1m30s"`, `"64MiB"`, `"8Mbps"`, `":1935"`.
//!
//! Each reads its own text or a plain number (seconds, bytes, bits a second), and prints the shortest text that reads
//! back as the same value, so that `config print` can be pasted into a file.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::str::FromStr;
use std::time::Duration;

use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A length of time: `"90s"`, `"1m30s"`, `"250ms"`, or plain seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(pub(crate) Duration);

/// A number of bytes: `"64MiB"`, `"500kB"`, or plain bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Size(pub(crate) u64);

/// Bits a second: `"8Mbps"`, `"350kbps"`, or a plain number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct BitRate(pub(crate) u64);

/// Where to listen: `"127.0.0.1:8080"`, `"[::1]:8080"`, `":1935"` (every IPv4 interface), port 0 (any free one), or
/// nothing, which means not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Listen(pub(crate) Option<SocketAddr>);

/// Streams with a ladder at once: a number, or `"auto"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slots(pub(crate) Option<u32>);

/// Why a text is not the value it should be. Names the form that would be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HumanError {
    /// Not a length of time.
    #[error("{0:?} is not a time; write it like \"90s\", \"1m30s\" or \"250ms\"")]
    Span(String),
    /// Not a size.
    #[error("{0:?} is not a size; write it like \"64MiB\" or \"500kB\"")]
    Size(String),
    /// Not a bit rate.
    #[error("{0:?} is not a bit rate; write it like \"8Mbps\" or \"350kbps\"")]
    BitRate(String),
    /// Not a number of slots.
    #[error("{0:?} is not a number of streams; write it like \"4\", or \"auto\"")]
    Slots(String),
    /// Not an address to listen on.
    #[error("{0:?} is not an address; write it like \"127.0.0.1:8080\", \":1935\" or \"\" for off")]
    Listen(String),
}

/// Units, largest first: text, and how many of the smallest they are.
const SPANS_MS: &[(&str, u64)] =
    &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];
const SIZES: &[(&str, u64)] = &[
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("KiB", 1 << 10),
    ("kB", 1_000),
    ("B", 1),
];
const RATES: &[(&str, u64)] = &[("Gbps", 1_000_000_000), ("Mbps", 1_000_000), ("kbps", 1_000), ("bps", 1)];

impl FromStr for Span {
    type Err = HumanError;
    fn from_str(text: &str) -> Result<Self, HumanError> {
        let wrong = || HumanError::Span(text.to_owned());
        let ms = terms(text.trim(), SPANS_MS, 1_000).ok_or_else(wrong)?;
        Ok(Self(Duration::from_millis(ms)))
    }
}

impl FromStr for Size {
    type Err = HumanError;
    fn from_str(text: &str) -> Result<Self, HumanError> {
        terms(text.trim(), SIZES, 1).map(Self).ok_or_else(|| HumanError::Size(text.to_owned()))
    }
}

impl FromStr for BitRate {
    type Err = HumanError;
    fn from_str(text: &str) -> Result<Self, HumanError> {
        terms(text.trim(), RATES, 1).map(Self).ok_or_else(|| HumanError::BitRate(text.to_owned()))
    }
}

impl FromStr for Slots {
    type Err = HumanError;
    fn from_str(text: &str) -> Result<Self, HumanError> {
        match text.trim() {
            "auto" => Ok(Self(None)),
            number => number.parse().map(|n| Self(Some(n))).map_err(|_| HumanError::Slots(text.to_owned())),
        }
    }
}

impl FromStr for Listen {
    type Err = HumanError;
    fn from_str(text: &str) -> Result<Self, HumanError> {
        let wrong = || HumanError::Listen(text.to_owned());
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self(None));
        }
        if let Ok(address) = text.parse() {
            return Ok(Self(Some(address)));
        }
        let (host, port) = text.rsplit_once(':').ok_or_else(wrong)?;
        let ip: IpAddr = match host {
            "" | "*" => Ipv4Addr::UNSPECIFIED.into(),
            "localhost" => Ipv4Addr::LOCALHOST.into(),
            "[::]" => Ipv6Addr::UNSPECIFIED.into(),
            _ => return Err(wrong()),
        };
        Ok(Self(Some(SocketAddr::new(ip, port.parse().map_err(|_| wrong())?))))
    }
}

/// Sums `1m30s`, `1.5GiB`, `90`: numbers with units, or one number alone, which counts as `plain` of the smallest unit.
fn terms(text: &str, units: &[(&str, u64)], plain: u64) -> Option<u64> {
    let mut rest = text;
    let mut sum = 0_u64;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let (number, after) = rest.split_at(digits);
        let after = after.trim_start();
        let letters = after.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(letters);
        let each = match unit {
            "" if number.len() == text.len() => plain,
            _ => units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit))?.1,
        };
        sum = sum.checked_add(scaled(number, each)?)?;
        rest = next.trim_start();
    }
    (!text.is_empty()).then_some(sum)
}

/// `number` (perhaps with a decimal point) times `each`, exactly; `None` if it is no whole amount or too much.
fn scaled(number: &str, each: u64) -> Option<u64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.len() > 9 || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: u64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let tenths: u64 = if fraction.is_empty() { 0 } else { fraction.parse().ok()? };
    let scale = 10_u64.pow(u32::try_from(fraction.len()).ok()?);
    let part = u128::from(tenths) * u128::from(each);
    if !part.is_multiple_of(u128::from(scale)) {
        return None;
    }
    whole.checked_mul(each)?.checked_add(u64::try_from(part / u128::from(scale)).ok()?)
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        // Up to two minutes people think in seconds: 90s, not 1m30s.
        let seconds_only = rest <= 120_000;
        for (unit, each) in SPANS_MS.iter().skip(if seconds_only { 3 } else { 0 }) {
            if rest >= *each {
                write!(f, "{}{unit}", rest / each)?;
                rest %= each;
            }
        }
        Ok(())
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        largest(f, self.0, SIZES)
    }
}

impl fmt::Display for BitRate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // "2.5Mbps" reads better than "2500kbps", and is exact too.
        if self.0 >= 1_000_000 && self.0.is_multiple_of(100_000) && !self.0.is_multiple_of(1_000_000) {
            return write!(f, "{}.{}Mbps", self.0 / 1_000_000, self.0 / 100_000 % 10);
        }
        largest(f, self.0, RATES)
    }
}

fn largest(f: &mut fmt::Formatter<'_>, amount: u64, units: &[(&str, u64)]) -> fmt::Result {
    let fits = units.iter().find(|(_, each)| amount >= *each && amount.is_multiple_of(*each));
    let (unit, each) = fits.copied().unwrap_or(("", 1));
    write!(f, "{}{unit}", amount / each)
}

impl fmt::Display for Slots {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => f.write_str("auto"),
            Some(slots) => slots.fmt(f),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            None => Ok(()),
            Some(address) => address.fmt(f),
        }
    }
}

macro_rules! as_text {
    ($name:ident, $what:literal) => {
        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(self)
            }
        }
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                d.deserialize_any(TextOrNumber($what)).and_then(|text| text.parse().map_err(D::Error::custom))
            }
        }
    };
}
as_text!(Span, "a time such as \"90s\"");
as_text!(Size, "a size such as \"64MiB\"");
as_text!(BitRate, "a bit rate such as \"8Mbps\"");
as_text!(Slots, "a number or \"auto\"");
as_text!(Listen, "an address such as \"127.0.0.1:8080\"");

/// Takes a text or a number and gives the text of either.
struct TextOrNumber(&'static str);

impl Visitor<'_> for TextOrNumber {
    type Value = String;
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
    fn visit_str<E>(self, text: &str) -> Result<String, E> {
        Ok(text.to_owned())
    }
    fn visit_i64<E>(self, number: i64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_u64<E>(self, number: u64) -> Result<String, E> {
        Ok(number.to_string())
    }
    fn visit_f64<E>(self, number: f64) -> Result<String, E> {
        Ok(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reads<T: FromStr<Err = HumanError> + fmt::Display>(text: &str, printed: Option<&str>) {
        let got = text.parse::<T>().ok().map(|value| value.to_string());
        assert_eq!(got.as_deref(), printed, "{text:?}");
        if let Some(printed) = printed {
            let again = printed.parse::<T>().map(|value| value.to_string());
            assert_eq!(again.as_deref(), Ok(printed), "what is printed reads back");
        }
    }

    #[test]
    fn times_add_up_and_plain_numbers_are_seconds() {
        for (text, printed) in [
            ("90", Some("90s")),
            ("90s", Some("90s")),
            ("1m30s", Some("90s")),
            ("2h 5m", Some("2h5m")),
            ("0.2s", Some("200ms")),
            ("1.5", Some("1s500ms")),
            ("0", Some("0s")),
            ("90 parsecs", None),
            ("1m30", None),
            ("-3s", None),
            ("", None),
        ] {
            reads::<Span>(text, printed);
        }
    }

    #[test]
    fn sizes_and_rates_know_their_units() {
        for (text, printed) in [
            ("64MiB", Some("64MiB")),
            ("1024", Some("1KiB")),
            ("1.5 gib", Some("1536MiB")),
            ("64 pages", None),
        ] {
            reads::<Size>(text, printed);
        }
        for (text, printed) in [
            ("8Mbps", Some("8Mbps")),
            ("2500kbps", Some("2.5Mbps")),
            ("2.5Mbps", Some("2.5Mbps")),
            ("350000", Some("350kbps")),
            ("8MB", None),
        ] {
            reads::<BitRate>(text, printed);
        }
    }

    #[test]
    fn a_bare_port_is_every_interface_and_nothing_is_off() {
        for (text, printed) in [
            (":1935", Some("0.0.0.0:1935")),
            ("localhost:0", Some("127.0.0.1:0")),
            ("[::1]:8080", Some("[::1]:8080")),
            ("", Some("")),
            ("1935", None),
            ("example.org:1935", None),
            (":99999", None),
        ] {
            reads::<Listen>(text, printed);
        }
    }
}
