//! Real H.264 and AAC through header and fragments, and back through FFmpeg.

use std::path::Path;
use std::process::Command;

use bytes::Bytes;

use super::{
    super::fragment::{Lead, fragment},
    super::init::init_segment,
    samples,
};
use crate::cmaf::TrackParams;
use crate::codec::aac::AacConfig;
use crate::codec::h264::{H264Config, check_frame, contains_idr};
use crate::frame::{CodecConfig, Frame};
use crate::time::{MediaSpan, MediaTime};

/// Runs a program to its end; its output, or a panic with what it said.
fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().expect("FFmpeg is installed");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success() && said.is_empty(), "{program} {args:?}: {said}");
    String::from_utf8(done.stdout).expect("text")
}

/// Two tracks as an encoder publishes them: two seconds, B-frames, a key frame each second.
fn publish(to: &Path, audio_rate: &str) -> [(CodecConfig, Vec<Frame>); 2] {
    let path = to.to_str().expect("a plain path");
    let video = ["-f", "lavfi", "-i", "testsrc2=s=320x180:r=30", "-f", "lavfi", "-i", "sine"];
    let codecs = ["-t", "2", "-pix_fmt", "yuv420p", "-c:v", "libx264", "-bf", "2", "-g", "30", "-c:a", "aac"];
    let out = ["-ar", audio_rate, "-f", "flv", path];
    run("ffmpeg", &[&["-nostdin", "-v", "error"], &video[..], &codecs[..], &out[..]].concat());
    read_flv(&std::fs::read(to).expect("written"), audio_rate.parse().expect("a number"))
}

/// Just enough FLV for the files above: 11-byte tag headers, AVC and AAC, each frame whole.
fn read_flv(file: &[u8], audio_rate: u32) -> [(CodecConfig, Vec<Frame>); 2] {
    let (mut video, mut audio) = ((None, Vec::new()), (None, Vec::new()));
    let mut rest = &file[13..];
    while let [kind, a, b, c, t2, t1, t0, t3, _, _, _, after @ ..] = rest {
        let size = u32::from_be_bytes([0, *a, *b, *c]) as usize;
        let ms = i64::from(u32::from_be_bytes([*t3, *t2, *t1, *t0]));
        let body = &after[..size];
        rest = &after[size + 4..];
        match (kind, body[1]) {
            (9, 0) => {
                let config = H264Config::parse(&Bytes::copy_from_slice(&body[5..])).expect("a record");
                video.0 = Some(CodecConfig::H264(config));
            }
            (9, 1) => {
                let cts = i32::from_be_bytes([body[2], body[3], body[4], 0]) >> 8;
                let data = Bytes::copy_from_slice(&body[5..]);
                assert_eq!(check_frame(&data), Ok(()));
                let key = body[0] >> 4 == 1;
                assert_eq!(contains_idr(&data), key);
                let cts = MediaSpan::from_ms(i64::from(cts));
                video.1.push(Frame { dts: MediaTime::from_ms(ms), cts, key, data });
            }
            (8, 0) => {
                let config = AacConfig::parse(&Bytes::copy_from_slice(&body[2..])).expect("a config");
                assert_eq!(config.sample_rate, audio_rate);
                audio.0 = Some(CodecConfig::Aac(config));
            }
            (8, 1) => {
                // FLV rounds to milliseconds; the count of samples does not.
                let dts = MediaTime(0) + MediaSpan::of_samples(audio.1.len() as u64 * 1024, audio_rate);
                let data = Bytes::copy_from_slice(&body[2..]);
                audio.1.push(Frame { dts, cts: MediaSpan::ZERO, key: true, data });
            }
            _ => {}
        }
    }
    [(video.0.expect("video"), video.1), (audio.0.expect("audio"), audio.1)]
}

/// The track as one file: its header, then a fragment for every `part` frames, the first of each second with
/// a `styp`.
fn package(config: &CodecConfig, frames: &[Frame], part: usize) -> Vec<u8> {
    let track = TrackParams::of(config);
    let mut file = init_segment(config, track).to_vec();
    let all = samples(frames, 3_000);
    for (sequence, part) in (1..).zip(all.chunks(part)) {
        let lead = Lead { sequence, segment_start: part[0].frame.key };
        file.extend(fragment(lead, track, part).concat());
    }
    file
}

/// FFmpeg finds `packets` in `file`, beginning at `start`, and decodes all of it without a word.
fn check(file: &Path, packets: usize, start: f64) {
    let path = file.to_str().expect("a plain path");
    let entries = ["-show_entries", "stream=start_time,nb_read_packets", "-of", "csv=p=0", path];
    let seen = run("ffprobe", &[&["-v", "error", "-count_packets"], &entries[..]].concat());
    let (seen_start, seen_packets) = seen.trim().split_once(',').expect("two fields");
    assert_eq!(seen_packets.parse(), Ok(packets));
    let seen_start: f64 = seen_start.parse().expect("seconds");
    assert!((seen_start - start).abs() < 0.000_1, "starts at {seen_start}, not {start}");
    run("ffmpeg", &["-nostdin", "-v", "error", "-xerror", "-i", path, "-f", "null", "-"]);
}

#[test]
fn ffmpeg_plays_what_was_packaged_from_a_real_encoder() {
    let dir = tempfile::tempdir().expect("a directory");
    for rate in ["44100", "48000"] {
        let tracks = publish(&dir.path().join(format!("{rate}.flv")), rate);
        for (config, frames) in tracks {
            for part in [1, 7, 15] {
                let file = dir.path().join("track.mp4");
                std::fs::write(&file, package(&config, &frames, part)).expect("written");
                // Zero is written as ten seconds.
                check(&file, frames.len(), 10.0 + frames[0].pts().0 as f64 / 90_000.0);
            }
        }
    }
}
