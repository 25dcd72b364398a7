//! An address or a network, as an owner names the proxies to be believed.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An address, or a network in CIDR notation, whose proxy headers are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProxyNet {
    address: IpAddr,
    prefix: u8,
}

/// The text is not a network.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not an address such as 10.0.0.7 or a network such as 10.0.0.0/8")]
pub struct ProxyNetError(String);

impl ProxyNet {
    /// Whether `address` is in it. IPv4 within IPv6 counts as IPv4.
    pub fn holds(self, address: IpAddr) -> bool {
        let shift = |bits: u8| u32::from(bits - self.prefix);
        match (self.address, address.to_canonical()) {
            (IpAddr::V4(net), IpAddr::V4(one)) => {
                (net.to_bits() ^ one.to_bits()).checked_shr(shift(32)).unwrap_or(0) == 0
            }
            (IpAddr::V6(net), IpAddr::V6(one)) => {
                (net.to_bits() ^ one.to_bits()).checked_shr(shift(128)).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

impl FromStr for ProxyNet {
    type Err = ProxyNetError;
    fn from_str(text: &str) -> Result<Self, ProxyNetError> {
        let fault = || ProxyNetError(text.to_owned());
        let (address, prefix) = text.split_once('/').map_or((text, None), |(a, p)| (a, Some(p)));
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let longest = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(longest), str::parse).map_err(|_| fault())?;
        if prefix > longest { Err(fault()) } else { Ok(Self { address, prefix }) }
    }
}

impl fmt::Display for ProxyNet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.prefix)
    }
}
impl Serialize for ProxyNet {
    fn serialize<S: Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}
impl<'de> Deserialize<'de> for ProxyNet {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(net: &str, address: &str, holds: bool) {
        let net: ProxyNet = net.parse().expect("a network");
        assert_eq!(net.holds(address.parse().expect("an address")), holds, "{net} {address}");
    }

    #[test]
    fn a_network_holds_its_addresses() {
        check("10.0.0.0/8", "10.9.8.7", true);
        check("10.0.0.0/8", "11.0.0.0", false);
        check("10.0.0.7", "10.0.0.7", true);
        check("10.0.0.7", "10.0.0.8", false);
        check("10.0.0.7", "::ffff:10.0.0.7", true);
        check("0.0.0.0/0", "203.0.113.1", true);
        check("0.0.0.0/0", "2001:db8::1", false);
        check("2001:db8::/32", "2001:db8:1::1", true);
        check("::/0", "2001:db8:1::1", true);
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0.0/-1", "::/129", "10.0.0/8"] {
            assert!(text.parse::<ProxyNet>().is_err(), "{text:?}");
        }
    }
}
