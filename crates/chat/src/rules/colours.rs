//! Name colours: those that have a name, as on Twitch, and which of them somebody has who chose none.

use domain::ids::UserId;

/// Readable on dark and light once clients adapt them. The order decides who has which.
const COLOURS: [(&str, u32); 15] = [
    ("red", 0xff0000),
    ("blue", 0x0000ff),
    ("green", 0x008000),
    ("firebrick", 0xb22222),
    ("coral", 0xff7f50),
    ("yellowgreen", 0x9acd32),
    ("orangered", 0xff4500),
    ("seagreen", 0x2e8b57),
    ("goldenrod", 0xdaa520),
    ("chocolate", 0xd2691e),
    ("cadetblue", 0x5f9ea0),
    ("dodgerblue", 0x1e90ff),
    ("hotpink", 0xff69b4),
    ("blueviolet", 0x8a2be2),
    ("springgreen", 0x00ff7f),
];

/// The colour of this name, 0xRRGGBB.
fn named(name: &str) -> Option<u32> {
    COLOURS.iter().find(|(known, _)| *known == name).map(|(_, colour)| *colour)
}

/// The colour that somebody means: `#rrggbb`, or a name in any case and with `_` between its words, as Helix writes them.
pub fn parse(text: &str) -> Option<u32> {
    if let Some(hex) = text.strip_prefix('#') {
        let plain = hex.len() == 6 && hex.bytes().all(|b| b.is_ascii_hexdigit());
        return if plain { u32::from_str_radix(hex, 16).ok() } else { None };
    }
    named(&text.to_ascii_lowercase().replace('_', ""))
}

/// The colour of somebody who chose none, 0xRRGGBB.
pub fn colour_of(user: UserId) -> u32 {
    // The low bits of a number are a sequence; a product spreads them.
    let spread = user.0.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    COLOURS[spread as usize % COLOURS.len()].1
}
