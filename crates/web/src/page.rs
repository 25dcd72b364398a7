//! How many entries of a list somebody asks for.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

/// A number from 1 to `MAX`, as a query parameter. Another one is refused, so that nobody takes the page for what was asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PageSize<const MAX: usize>(usize);

impl<const MAX: usize> PageSize<MAX> {
    /// The number.
    pub(crate) fn get(self) -> usize {
        self.0
    }
}

impl<'de, const MAX: usize> Deserialize<'de> for PageSize<MAX> {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let said = String::deserialize(d)?;
        let size = said.parse().ok().filter(|size| (1..=MAX).contains(size));
        size.map(Self).ok_or_else(|| D::Error::custom(format!("a number from 1 to {MAX} is needed")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::de::IntoDeserializer as _;
    use serde::de::value::{Error, StrDeserializer};

    #[test]
    fn sizes_outside_the_range_are_refused() {
        let read = |said: &'static str| {
            let said: StrDeserializer<'_, Error> = said.into_deserializer();
            PageSize::<100>::deserialize(said).map(PageSize::get)
        };
        assert_eq!((read("1"), read("100")), (Ok(1), Ok(100)));
        for said in ["0", "101", "-1", "", "ten", "99999999999999999999999"] {
            let told = read(said).expect_err(said).to_string();
            assert_eq!(told, "a number from 1 to 100 is needed");
        }
    }
}
