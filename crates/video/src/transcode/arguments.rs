//! What one child is to do, and how FFmpeg is told. Pure.
//!
//! The flags are the measured ones: no probing wait, no frame threads, the source's own timestamps to the millisecond, key
//! frames where the source has them. Never `-fflags nobuffer`: it throws away what was read while probing, which is the
//! first group of pictures. `-probesize` is the smallest there is: nothing comes out before that many bytes went in, and
//! 32 kB are a second of a quiet screen (FFmpeg's remark that it could not estimate the frame rate is expected: we can).

use std::os::fd::RawFd;

use domain::users::LatencyMode;
use media::codec::h264::H264Config;
use media::time::MediaSpan;

use super::encoder::{Encoder, Profile, Target};
use super::ladder::{self, PlannedRung};
use super::{Rung, TranscodeConfig};
use crate::live::beat_length;

/// Pixels across a thumbnail.
pub(super) const THUMBNAIL_WIDTH: u32 = 440;

/// All that decides a child's arguments. While it stays the same, a child goes on, whatever else the source changes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Plan {
    /// Best first; with none there is nothing to do.
    pub rungs: Vec<PlannedRung>,
    /// The source may be interlaced (V13). Progressive pictures pass as they are.
    deinterlace: bool,
    thumbnail: Option<Thumbnail>,
    /// What the source says of its frame rate, in thousandths: another rate wants another rate control.
    declared_mfps: Option<u64>,
    /// The top's, which takes the source's place in playlists that players have read already.
    top_profile: Profile,
    /// With a top: the first frame shown so long after a key frame is the next one (see [`beat_length`]).
    beat: Option<MediaSpan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Thumbnail {
    width: u32,
    height: u32,
    every_s: u32,
}

/// The pipes' numbers, as the child knows them.
#[derive(Clone, Debug)]
pub(super) struct Outputs {
    /// One for each rung.
    pub rungs: Vec<RawFd>,
    /// If the plan has thumbnails.
    pub thumbnail: Option<RawFd>,
}

impl Plan {
    /// What is to be made of a source; `again`: its picture is encoded again, it sends so many bits a second, and its segments
    /// are of that mode's length.
    pub(super) fn of(
        source: &H264Config,
        rungs: &[Rung],
        again: Option<(u64, LatencyMode)>,
        config: &TranscodeConfig,
    ) -> Self {
        let (width, height) = (source.display_width(), source.height);
        let top = again.map(|(bps, _)| ladder::top(width, height, bps));
        let (thumb_width, thumb_height) = ladder::thumbnail(width, height, THUMBNAIL_WIDTH);
        let every_s = config.thumbnail_every_s;
        Self {
            rungs: top.into_iter().chain(ladder::rungs(width, height, rungs)).collect(),
            deinterlace: source.interlaced,
            thumbnail: (every_s > 0).then_some(Thumbnail {
                width: thumb_width,
                height: thumb_height,
                every_s,
            }),
            declared_mfps: source.fps.map(|fps| (fps * 1000.0).round() as u64),
            top_profile: if again.is_some() { Profile::of(source) } else { Profile::USUAL },
            beat: again.map(|(_, mode)| beat_length(mode)),
        }
    }

    /// Whether it makes the top rendition too, and so more key frames than the source has.
    pub(super) fn has_top(&self) -> bool {
        self.rungs.first().is_some_and(|rung| rung.is_top)
    }

    /// Whether there is a thumbnail pipe.
    pub(super) fn has_thumbnail(&self) -> bool {
        self.thumbnail.is_some()
    }

    /// FFmpeg's arguments for a source of `fps` frames a second, of which those before `show_from_ms` of the child's own
    /// time are not encoded.
    pub(super) fn arguments(
        &self,
        encoder: Encoder,
        preset: &str,
        (fps, show_from_ms): (f64, Option<i64>),
        outputs: &Outputs,
    ) -> Vec<String> {
        let mut line = Line::default();
        line.add("-nostdin -hide_banner -loglevel warning -nostats");
        encoder.global().iter().for_each(|argument| line.add(argument));
        line.add(
            "-probesize 32 -analyzeduration 0 -thread_type slice -f flv -i pipe:0 -copyts -filter_complex",
        );
        line.0.push(self.graph(encoder, show_from_ms));
        let keys = self.key_frames();
        for (at, (rung, pipe)) in self.rungs.iter().zip(&outputs.rungs).enumerate() {
            let fps = rung.spec.fps_max.map_or(fps, |max| fps.min(f64::from(max)));
            line.add(&format!("-map [out{at}] -fps_mode passthrough -enc_time_base 1:1000"));
            let profile = if rung.is_top { self.top_profile } else { Profile::USUAL };
            line.0.extend(encoder.output(Target {
                bitrate_bps: rung.spec.bitrate_bps,
                fps,
                preset,
                profile,
                keys: &keys,
            }));
            line.add(&format!("-flush_packets 1 -f flv pipe:{pipe}"));
        }
        if let Some((pipe, thumbnail)) = outputs.thumbnail.zip(self.thumbnail) {
            // A graph of its own: since FFmpeg 7 a graph gives none of its pictures out before its rarest output has one.
            line.add("-map 0:v -vf");
            line.0.push(thumbnail.filters());
            // With more threads the encoder would hold a picture back for each.
            line.add("-fps_mode passthrough -enc_time_base 1:1000 -c:v mjpeg -threads 1 -q:v 5");
            line.add(&format!("-flush_packets 1 -f image2pipe pipe:{pipe}"));
        }
        line.0
    }

    /// The filter graph: decoded once, and small pictures made of larger rungs where those are large enough.
    fn graph(&self, encoder: Encoder, show_from_ms: Option<i64>) -> String {
        let (mut chains, mut edges) = (Vec::new(), Edges::default());
        for at in (0..self.rungs.len()).rev() {
            let rung = &self.rungs[at];
            let inward = edges.connect(self.parent(at), at.to_string());
            let mut outward = edges.leaving(Some(at));
            outward.push(format!("enc{at}"));
            chains.push(chain(&inward, vec![scale(rung.spec.width, rung.spec.height)], &outward));
            let rate = rung.spec.fps_max.map(|fps_max| self.fps_cap(fps_max));
            let end = rate.into_iter().chain([encoder.upload().to_owned()]).collect();
            chains.push(chain(&format!("enc{at}"), end, &[format!("out{at}")]));
        }
        let deinterlace = self.deinterlace.then(|| "yadif=mode=send_frame:deint=interlaced".to_owned());
        let skip = show_from_ms.map(|ms| format!("trim=start={:.4}", (ms as f64 - 0.5) / 1000.0));
        chains.push(chain("0:v", skip.into_iter().chain(deinterlace).collect(), &edges.leaving(None)));
        chains.reverse();
        chains.join(";")
    }

    /// Which frames become key frames: those of the source, or, with a top, one a beat, counted from the first frame. Whether
    /// the source has a B-frame there makes no difference to the encoder, which gets pictures in the order in which they are shown.
    fn key_frames(&self) -> String {
        match self.beat {
            Some(beat) => format!("expr:isnan(prev_forced_t)+gte(t,prev_forced_t+{})", seconds(beat)),
            None => "source".to_owned(),
        }
    }

    /// Lets frames pass that are far enough from the last one, and those that become key frames: there segments begin. Half a
    /// millisecond is forgiven to timestamps that were rounded.
    fn fps_cap(&self, fps_max: u32) -> String {
        let gap_s = 1.0 / f64::from(fps_max.max(1)) - 0.0015;
        let far = format!("isnan(prev_selected_t)+gte(t-prev_selected_t,{gap_s:.4})");
        match self.beat {
            // The same count again: variable 0 is when the next beat is due.
            Some(beat) => format!("select='if(gte(t,ld(0)),st(0,t+{}),{far})'", seconds(beat)),
            None => format!("select='key+{far}'"),
        }
    }

    /// The rung that another is scaled from: the smallest that is at least twice as large, so that its own softness
    /// is not seen; else the source (`None`).
    fn parent(&self, at: usize) -> Option<usize> {
        let child = &self.rungs[at].spec;
        (0..at).rev().find(|&above| {
            let parent = &self.rungs[above].spec;
            parent.width >= child.width * 2 && parent.height >= child.height * 2
        })
    }
}

impl Thumbnail {
    fn filters(self) -> String {
        let Self { width, height, every_s } = self;
        let pace = format!("select='isnan(prev_selected_t)+gte(t-prev_selected_t,{every_s})'");
        format!("{pace},{},format=yuvj420p", scale(width, height))
    }
}

/// Arguments, collected.
#[derive(Default)]
struct Line(Vec<String>);

impl Line {
    /// Adds arguments that hold no spaces.
    fn add(&mut self, words: &str) {
        self.0.extend(words.split(' ').map(str::to_owned));
    }
}

/// The labelled links of a filter graph, by where they leave from; `None` is the source.
#[derive(Default)]
struct Edges(Vec<(Option<usize>, String)>);

impl Edges {
    fn connect(&mut self, from: Option<usize>, to: String) -> String {
        let label = from.map_or_else(|| format!("src_{to}"), |from| format!("{from}_{to}"));
        self.0.push((from, label.clone()));
        label
    }
    fn leaving(&self, from: Option<usize>) -> Vec<String> {
        self.0.iter().filter(|edge| edge.0 == from).map(|edge| edge.1.clone()).collect()
    }
}

fn chain(input: &str, mut filters: Vec<String>, outputs: &[String]) -> String {
    match outputs.len() {
        1 if filters.is_empty() => filters.push("null".to_owned()),
        1 => {}
        many => filters.push(format!("split={many}")),
    }
    let outputs: String = outputs.iter().map(|label| format!("[{label}]")).collect();
    format!("[{input}]{}{outputs}", filters.join(","))
}

fn scale(width: u32, height: u32) -> String {
    format!("scale={width}:{height}:flags=fast_bilinear,setsar=1")
}

fn seconds(span: MediaSpan) -> String {
    format!("{:.3}", span.0 as f64 / 90_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(width: u32, height: u32, deinterlace: bool) -> Plan {
        Plan {
            rungs: ladder::rungs(width, height, &TranscodeConfig::default().rungs),
            deinterlace,
            thumbnail: Some(Thumbnail { width: 440, height: 248, every_s: 4 }),
            declared_mfps: None,
            top_profile: Profile::USUAL,
            beat: None,
        }
    }

    fn graph(width: u32, height: u32, deinterlace: bool) -> Vec<String> {
        plan(width, height, deinterlace).graph(Encoder::X264, None).split(';').map(str::to_owned).collect()
    }

    #[test]
    fn one_decode_feeds_all_and_small_rungs_come_from_larger_ones() {
        let s = |w, h| format!("scale={w}:{h}:flags=fast_bilinear,setsar=1");
        assert_eq!(
            graph(1920, 1080, false),
            [
                "[0:v]split=2[src_1][src_0]".to_owned(),
                "[enc0]format=yuv420p[out0]".to_owned(),
                format!("[src_0]{}[enc0]", s(1280, 720)),
                "[enc1]format=yuv420p[out1]".to_owned(),
                format!("[src_1]{},split=2[1_2][enc1]", s(854, 480)),
                "[enc2]format=yuv420p[out2]".to_owned(),
                format!("[1_2]{}[enc2]", s(284, 160)),
            ]
        );
    }

    #[test]
    fn thumbnails_have_a_graph_of_their_own() {
        let outputs = Outputs { rungs: vec![37, 38], thumbnail: Some(39) };
        let line =
            plan(1280, 720, false).arguments(Encoder::X264, "superfast", (30.0, None), &outputs).join(" ");
        assert!(
            line.contains(
                "-map 0:v -vf select='isnan(prev_selected_t)+gte(t-prev_selected_t,4)',scale=440:248:"
            ),
            "{line}"
        );
        assert!(
            line.ends_with("-c:v mjpeg -threads 1 -q:v 5 -flush_packets 1 -f image2pipe pipe:39"),
            "{line}"
        );
    }

    #[test]
    fn interlaced_sources_are_deinterlaced_once() {
        assert_eq!(graph(720, 576, true)[0], "[0:v]yadif=mode=send_frame:deint=interlaced[src_0]");
    }

    #[test]
    fn a_top_is_the_first_and_a_child_that_starts_late_skips_what_was_shown() {
        let mut plan = plan(640, 480, false);
        plan.thumbnail = None;
        assert!(!plan.has_top());
        plan.rungs.insert(0, ladder::top(640, 480, 2_000_000));
        assert!(plan.has_top());
        let graph = plan.graph(Encoder::X264, Some(9_000));
        assert!(graph.starts_with("[0:v]trim=start=8.9995"), "{graph}");
        assert!(graph.contains("[src_0]scale=640:480:"), "{graph}");
        assert!(graph.contains("[0_1]scale=214:160:"), "{graph}");
    }

    #[test]
    fn v1_a_top_has_the_sources_profile_and_level_and_rungs_have_the_usual_one() {
        let mut plan = plan(640, 480, false);
        plan.thumbnail = None;
        plan.rungs.insert(0, ladder::top(640, 480, 2_000_000));
        // Of x264, constrained baseline at level 1.1.
        let record = [
            0x01, 0x42, 0xc0, 0x0b, 0xff, 0xe1, 0x00, 0x18, 0x67, 0x42, 0xc0, 0x0b, 0xda, 0x01, 0xe0, 0x08,
            0x9f, 0x97, 0x01, 0x10, 0x00, 0x00, 0x03, 0x00, 0x10, 0x00, 0x00, 0x07, 0x80, 0xf1, 0x42, 0xaa,
            0x01, 0x00, 0x04, 0x68, 0xce, 0x0f, 0xc8,
        ];
        let source = H264Config::parse(&bytes::Bytes::copy_from_slice(&record)).expect("a good record");
        plan.top_profile = Profile::of(&source);
        let outputs = Outputs { rungs: vec![37, 38], thumbnail: None };
        let line = plan.arguments(Encoder::X264, "superfast", (30.0, None), &outputs).join(" ");
        assert!(line.contains("-profile:v baseline -level:v 1.1 -b:v 1"), "{line}");
        assert!(line.contains("-profile:v high -b:v 3"), "{line}");
    }

    #[test]
    fn a_capped_rung_keeps_its_key_frames() {
        let mut plan = plan(640, 480, false);
        plan.rungs[0].spec.fps_max = Some(30);
        let graph = plan.graph(Encoder::X264, None);
        assert!(
            graph.contains("[enc0]select='key+isnan(prev_selected_t)+gte(t-prev_selected_t,0.0318)',format"),
            "{graph}"
        );
        plan.beat = Some(beat_length(LatencyMode::Low));
        let graph = plan.graph(Encoder::X264, None);
        assert!(graph.contains("[enc0]select='if(gte(t,ld(0)),st(0,t+0.992),isnan("), "{graph}");
    }

    #[test]
    fn the_command_line_is_the_measured_one() {
        let mut plan = plan(640, 480, false);
        plan.thumbnail = None;
        let line = plan.arguments(
            Encoder::X264,
            "superfast",
            (30.0, None),
            &Outputs { rungs: vec![37], thumbnail: None },
        );
        let line = line.join(" ");
        assert!(
            line.starts_with(
                "-nostdin -hide_banner -loglevel warning -nostats -probesize 32 -analyzeduration 0 \
                 -thread_type slice -f flv -i pipe:0 -copyts -filter_complex [0:v]null[src_0];"
            ),
            "{line}"
        );
        assert!(
            line.contains("-map [out0] -fps_mode passthrough -enc_time_base 1:1000 -c:v libx264"),
            "{line}"
        );
        assert!(line.ends_with("-force_key_frames source -flush_packets 1 -f flv pipe:37"), "{line}");
        assert!(!line.contains("nobuffer"));
    }
}
