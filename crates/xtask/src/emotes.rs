//! `cargo xtask emotes`: the site's emotes from drawings (SVG) to pictures (PNG, animated PNG), in three sizes.
//!
//! A drawing that moves says so in a comment, `<!-- frames 12 delay 60 -->` (milliseconds), and has numbers of the form
//! `{{0 9 0 -9}}`: values that follow one another, smoothly and for ever, over the frames. Every drawing in the folder is
//! rendered; which are offered is `chat::emotes::global`'s. The pictures are committed.

use std::fs;
use std::path::Path;

use chat::emotes::SIZES;
use chat::emotes::picture::{Frame, encode};
use image::RgbaImage;
use resvg::tiny_skia::{Pixmap, Transform};
use resvg::usvg::{Options, Tree};

/// Renders every drawing below `root`; says what was written.
///
/// # Errors
/// In words, with the drawing's name.
pub fn render_all(root: &Path) -> Result<String, String> {
    let folder = root.join("crates/chat/assets/emotes");
    let pictures = folder.join("png");
    fs::create_dir_all(&pictures).map_err(|e| format!("{}: {e}", pictures.display()))?;
    let (mut drawings, mut bytes) = (0, 0);
    for entry in fs::read_dir(folder.join("svg")).map_err(|e| format!("{}: {e}", folder.display()))?.flatten()
    {
        let path = entry.path();
        let Some(name) = path.file_stem().and_then(|name| name.to_str()) else { continue };
        let text = fs::read_to_string(&path).map_err(|e| format!("{name}: {e}"))?;
        for size in SIZES {
            let png = render(&text, size).map_err(|e| format!("{name}: {e}"))?;
            bytes += png.len();
            let to = pictures.join(format!("{name}-{size}.png"));
            fs::write(&to, png).map_err(|e| format!("{}: {e}", to.display()))?;
        }
        drawings += 1;
    }
    Ok(format!("{drawings} drawings, {} KiB of pictures", bytes / 1024))
}

/// One drawing in one size.
fn render(text: &str, size: u32) -> Result<Vec<u8>, String> {
    let (count, shown_ms) = movement(text)?;
    let mut frames = Vec::new();
    for n in 0..count {
        let still = at(text, f64::from(n) / f64::from(count))?;
        frames.push(Frame { pixels: rasterise(&still, size)?, shown_ms });
    }
    encode(&frames).map_err(|e| e.to_string())
}

/// How many frames, and how long each is shown.
fn movement(text: &str) -> Result<(u16, u16), String> {
    let Some((_, said)) = text.split_once("<!-- frames ") else { return Ok((1, 0)) };
    let words: Vec<&str> = said.split_whitespace().take(3).collect();
    match words[..] {
        [count, "delay", ms] => Ok((number(count)?, number(ms)?)),
        _ => Err("it takes `<!-- frames N delay MS -->`".to_owned()),
    }
}

fn number<T: std::str::FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| format!("{text:?} is no number"))
}

/// The drawing at a moment of its movement, 0 to 1.
fn at(text: &str, moment: f64) -> Result<String, String> {
    let mut pieces = text.split("{{");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let (keys, rest) = piece.split_once("}}").ok_or("`{{` without `}}`")?;
        let keys = keys.split_whitespace().map(number::<f64>).collect::<Result<Vec<_>, _>>()?;
        out.push_str(&format!("{:.3}{rest}", between(&keys, moment).ok_or("`{{}}` names no value")?));
    }
    Ok(out)
}

/// The value at a moment between keys that lie evenly on a circle, eased in and out of each.
fn between(keys: &[f64], moment: f64) -> Option<f64> {
    let place = moment.fract() * keys.len() as f64;
    let key = place as usize;
    let (from, to) = (keys.get(key)?, keys.get((key + 1) % keys.len())?);
    let t = place.fract();
    Some(from + (to - from) * t * t * (3.0 - 2.0 * t))
}

fn rasterise(svg: &str, size: u32) -> Result<RgbaImage, String> {
    let tree = Tree::from_str(svg, &Options::default()).map_err(|e| e.to_string())?;
    let mut canvas = Pixmap::new(size, size).ok_or("a picture of no size")?;
    let (sx, sy) = (size as f32 / tree.size().width(), size as f32 / tree.size().height());
    resvg::render(&tree, Transform::from_scale(sx, sy), &mut canvas.as_mut());
    let straight = canvas.pixels().iter().flat_map(|pixel| {
        let c = pixel.demultiply();
        [c.red(), c.green(), c.blue(), c.alpha()]
    });
    RgbaImage::from_raw(size, size, straight.collect())
        .ok_or_else(|| "the canvas has another size".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_follow_one_another_smoothly_and_come_back() {
        let drawing = "a {{0 10}} b {{4}}";
        for (moment, expected) in [
            (0.0, "a 0.000 b 4.000"),
            (0.25, "a 5.000 b 4.000"),
            (0.5, "a 10.000 b 4.000"),
            (0.75, "a 5.000 b 4.000"),
        ] {
            assert_eq!(at(drawing, moment).as_deref(), Ok(expected));
        }
        assert!(at("{{}}", 0.0).is_err() && at("{{1", 0.0).is_err() && at("{{x}}", 0.0).is_err());
    }

    #[test]
    fn a_drawing_says_how_it_moves() {
        assert_eq!(movement("<svg/>"), Ok((1, 0)));
        assert_eq!(movement("<svg>\n<!-- frames 12 delay 60 -->"), Ok((12, 60)));
        assert!(movement("<!-- frames 12 -->").is_err());
    }

    #[test]
    fn the_committed_pictures_are_those_of_the_drawings() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../chat/assets/emotes");
        for global in chat::emotes::GLOBAL {
            let drawing = folder.join(format!("svg/{}.svg", global.drawing));
            let text = fs::read_to_string(&drawing).expect("there is a drawing");
            let png = render(&text, SIZES[0]).expect("renders");
            assert!(png == global.pictures[0], "{}: run cargo xtask emotes", global.drawing);
        }
    }
}
