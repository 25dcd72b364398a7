//! The site's own emotes: drawn for Footlight (`crates/chat/assets/emotes/svg`), turned into PNG by `cargo xtask emotes`, and part
//! of the program. Numbers are for life: messages name them. New ones go at the end.

use domain::ids::EmoteId;

/// An emote of the site.
#[derive(Clone, Copy, Debug)]
pub struct Global {
    /// Number.
    pub id: EmoteId,
    /// What is written.
    pub code: &'static str,
    /// Name of its drawing.
    pub drawing: &'static str,
    /// It moves.
    pub animated: bool,
    /// PNG of 28, 56 and 112 pixels.
    pub pictures: [&'static [u8]; 3],
}

macro_rules! global {
    ($($id:literal $code:literal $drawing:literal $animated:literal;)*) => {
        /// All of them, by number.
        pub static GLOBAL: &[Global] = &[$(Global {
            id: EmoteId($id),
            code: $code,
            drawing: $drawing,
            animated: $animated,
            pictures: [
                include_bytes!(concat!("../../assets/emotes/png/", $drawing, "-28.png")),
                include_bytes!(concat!("../../assets/emotes/png/", $drawing, "-56.png")),
                include_bytes!(concat!("../../assets/emotes/png/", $drawing, "-112.png")),
            ],
        }),*];
    };
}

global! {
    1 ":)" "smile" false;
    2 ":(" "sad" false;
    3 ":D" "grin" false;
    4 ";)" "wink" false;
    5 ":P" "tongue" false;
    6 ":O" "gasp" false;
    7 "<3" "heart" true;
    8 "footLove" "love" false;
    9 "footLol" "lol" true;
    10 "footCry" "cry" false;
    11 "footCool" "cool" false;
    12 "footThink" "think" false;
    13 "footHype" "hype" true;
    14 "footRage" "rage" false;
    15 "footSleep" "sleep" true;
    16 "footShy" "shy" false;
    17 "footSus" "sus" false;
    18 "footLurk" "lurk" true;
    19 "footEyes" "eyes" true;
    20 "footPopcorn" "popcorn" false;
    21 "footGG" "gg" false;
    22 "footF" "respect" false;
    23 "footClap" "clap" true;
    24 "footWave" "wave" true;
    25 "footFire" "fire" true;
    26 "footParty" "party" false;
    27 "footTrophy" "trophy" false;
    28 "footSpotlight" "spotlight" true;
    29 "footThumb" "thumb" false;
    30 "footCrown" "crown" false;
    31 "footRaid" "raid" true;
    32 "footBrb" "brb" false;
    33 "footCheers" "cheers" false;
}

/// The emote of that number. Numbers of channels' emotes are far above these.
pub fn by_id(id: EmoteId) -> Option<&'static Global> {
    GLOBAL.iter().find(|global| global.id == id)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::io::Cursor;

    use image::codecs::png::PngDecoder;

    use super::*;

    #[test]
    fn codes_and_numbers_are_unique_and_pictures_are_what_they_are_said_to_be() {
        assert_eq!(GLOBAL.iter().map(|g| g.id).collect::<HashSet<_>>().len(), GLOBAL.len());
        assert_eq!(GLOBAL.iter().map(|g| g.code).collect::<HashSet<_>>().len(), GLOBAL.len());
        for global in GLOBAL {
            for (png, size) in global.pictures.iter().zip(crate::emotes::SIZES) {
                let decoder = PngDecoder::new(Cursor::new(png)).expect("is a PNG");
                assert_eq!(decoder.is_apng().expect("reads"), global.animated, "{}", global.code);
                let image = image::load_from_memory(png).expect("decodes");
                assert_eq!((image.width(), image.height()), (size, size), "{}", global.code);
            }
        }
    }
}
