//! What is on the demo channel: FFmpeg's arguments for a moving picture with a clock, and a quiet chord with a tick.

use std::path::{Path, PathBuf};

/// Which picture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Picture {
    /// Slow colours, a sweeping line, the site's name and a clock, lettered in this font.
    Stage(PathBuf),
    /// FFmpeg's own test picture: needs nothing.
    Plain,
}

/// Fonts that distributions install, the calmest first.
const FONTS: &[&str] = &[
    "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
    "/usr/share/fonts/TTF/DejaVuSans.ttf",
    "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf",
    "/usr/share/fonts/truetype/liberation/LiberationSans-Regular.ttf",
    "/usr/share/fonts/truetype/noto/NotoSans-Regular.ttf",
    "/usr/share/fonts/truetype/freefont/FreeSans.ttf",
];

impl Picture {
    /// The best one that this machine's fonts allow.
    pub(super) fn best() -> Self {
        let font = FONTS.iter().map(Path::new).find(|font| font.is_file());
        font.map_or(Self::Plain, |font| Self::Stage(font.to_owned()))
    }

    /// The filter graph from nothing to `[v]`.
    fn graph(&self) -> String {
        let Self::Stage(font) = self else {
            return "testsrc2=size=1280x720:rate=30,format=yuv420p,realtime[v]".to_owned();
        };
        // Drawn small and scaled up: colours this soft have no detail to lose, and it costs a tenth.
        let colours = "gradients=s=320x180:r=30:n=4:c0=0x080b1f:c1=0x2a1458:c2=0x8a2360:c3=0xd9773a:speed=0.006,\
                       scale=1280:720:flags=bilinear,format=yuv420p";
        let line = |text: &str, size: u32, y: u32, colour: &str| {
            let font = font.display();
            format!(
                "drawtext=fontfile={font}:text='{text}':fontsize={size}:fontcolor={colour}:x=(w-tw)/2:y={y}"
            )
        };
        format!(
            "{colours}[back];color=c=white@0.85:s=6x96:r=30,format=yuva420p[hand];\
             [back][hand]overlay=x='mod(t*256,1280)':y=584,{},{},{},realtime[v]",
            line("Footlight", 88, 150, "white"),
            line("a generated programme, published over RTMP", 30, 262, "white@0.8"),
            line(r"%{localtime\:%H\\\:%M\\\:%S}", 120, 370, "white"),
        )
    }
}

/// A quiet G major chord that breathes, and a tick on every second for the ear to judge lip sync by.
const SOUND: &str = "aevalsrc=exprs='0.05*(sin(2*PI*196*t)+sin(2*PI*246.94*t)+sin(2*PI*293.66*t))\
                     *(0.6+0.4*sin(2*PI*0.1*t))+0.2*sin(2*PI*880*t)*lt(mod(t\\,1)\\,0.04)':s=48000,arealtime[a]";

/// FFmpeg's arguments to publish `picture` at 1280x720, 30 frames a second and 2.5 Mb/s, a key frame each second.
pub(super) fn arguments(picture: &Picture, address: &str) -> Vec<String> {
    let graph = format!("{};{SOUND}", picture.graph());
    let mut arguments: Vec<&str> = vec!["-nostdin", "-hide_banner", "-loglevel", "error", "-nostats"];
    arguments.extend(["-filter_complex", &graph, "-map", "[v]", "-map", "[a]"]);
    arguments.extend([
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
        "-tune",
        "zerolatency",
        "-profile:v",
        "high",
    ]);
    arguments.extend(["-pix_fmt", "yuv420p", "-g", "30", "-keyint_min", "30", "-sc_threshold", "0"]);
    arguments.extend(["-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "2500k"]);
    arguments.extend(["-c:a", "aac", "-b:a", "128k", "-ar", "48000", "-ac", "2"]);
    arguments.extend(["-f", "flv", "-flvflags", "no_duration_filesize", address]);
    arguments.into_iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Encodes a second of it, to nowhere.
    fn plays(picture: &Picture) {
        let mut arguments = arguments(picture, "-");
        let at = arguments.len() - 5;
        arguments.splice(at.., ["-t", "0.5", "-f", "null", "-"].map(str::to_owned));
        let output = std::process::Command::new("ffmpeg").args(&arguments).output().expect("FFmpeg runs");
        assert!(output.status.success(), "{picture:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    #[test]
    fn every_picture_is_one_that_ffmpeg_can_draw() {
        plays(&Picture::Plain);
        plays(&Picture::best());
    }
}
