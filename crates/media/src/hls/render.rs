//! Playlists as text.
//!
//! Owns the tags and their order (§4.4 of the draft), and what a delta update leaves out (§6.2.5.1). Promises
//! text that is a function of the values alone.

use std::sync::Arc;

use super::playlist::{FinishedSegment, Limits, MediaPlaylist, Multivariant, Variant};
use super::segment::{part_lines, program_date_time_line};
use super::text::{Safe, Seconds, put};
use crate::time::MediaSpan;

/// `EXT-X-VERSION` of every media playlist: 9 is what `EXT-X-SKIP` needs.
pub const VERSION: u32 = 9;

/// `EXT-X-VERSION` of a multivariant playlist, which uses nothing newer.
const MULTIVARIANT_VERSION: u32 = 6;

/// The whole playlist.
pub fn render_full(playlist: &MediaPlaylist) -> String {
    render(playlist, 0)
}

/// The playlist as a delta update (§6.2.5.1): segments that end further than `CAN-SKIP-UNTIL` before the end
/// of the last finished one become one `EXT-X-SKIP`. The header in force is stated again before the first
/// segment that stays.
///
/// `None` if nothing can be skipped, delta updates are not offered, or the stream has ended: serve the whole
/// playlist.
pub fn render_delta(playlist: &MediaPlaylist) -> Option<String> {
    let boundary = playlist.limits.can_skip_until?;
    if playlist.ended {
        return None;
    }
    let mut behind = MediaSpan::ZERO;
    let mut kept = 0;
    for segment in playlist.segments.iter().rev() {
        if behind > boundary {
            break;
        }
        behind = behind + segment.segment().duration;
        kept += 1;
    }
    let skipped = playlist.segments.len() - kept;
    (skipped > 0).then(|| render(playlist, skipped))
}

/// A multivariant playlist.
pub fn render_multivariant(playlist: &Multivariant) -> String {
    let mut out = format!("#EXTM3U\n#EXT-X-VERSION:{MULTIVARIANT_VERSION}\n");
    if playlist.independent_segments {
        out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
    for audio in &playlist.audio {
        let default = if audio.default { "YES" } else { "NO" };
        let (group, name, uri) = (Safe(&audio.group), Safe(&audio.name), Safe(&audio.uri));
        put(&mut out, format_args!("#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"{group}\",NAME=\"{name}\""));
        put(&mut out, format_args!(",DEFAULT={default},AUTOSELECT=YES,CHANNELS=\"{}\"", audio.channels));
        put(&mut out, format_args!(",URI=\"{uri}\"\n"));
    }
    for variant in &playlist.variants {
        variant_lines(&mut out, variant);
    }
    out
}

fn variant_lines(out: &mut String, variant: &Variant) {
    put(out, format_args!("#EXT-X-STREAM-INF:BANDWIDTH={}", variant.bandwidth));
    if let Some(average) = variant.average_bandwidth {
        put(out, format_args!(",AVERAGE-BANDWIDTH={average}"));
    }
    if !variant.codecs.is_empty() {
        put(out, format_args!(",CODECS=\"{}\"", Safe(&variant.codecs.join(","))));
    }
    if let Some((width, height)) = variant.resolution {
        put(out, format_args!(",RESOLUTION={width}x{height}"));
    }
    if let Some(rate) = variant.frame_rate.filter(|rate| rate.is_finite()) {
        put(out, format_args!(",FRAME-RATE={rate:.3}"));
    }
    if let Some(group) = &variant.audio {
        put(out, format_args!(",AUDIO=\"{}\"", Safe(group)));
    }
    // No CLOSED-CAPTIONS: a source's SEI passes through and may begin to hold captions at any time, while players read this once.
    // Where it says NONE, hls.js shows none; where it says nothing (§4.4.6.2 lets it), it shows what comes.
    put(out, format_args!("\n{}\n", Safe(&variant.uri)));
}

/// Everything but the first `skipped` segments.
fn render(playlist: &MediaPlaylist, skipped: usize) -> String {
    let kept = playlist.segments.get(skipped..).unwrap_or_default();
    let mut out = String::with_capacity(1024 + kept.iter().map(text_len).sum::<usize>());
    header(&mut out, playlist);
    if skipped > 0 {
        put(&mut out, format_args!("#EXT-X-SKIP:SKIPPED-SEGMENTS={skipped}\n"));
    }
    let mut map = None;
    for finished in kept {
        let segment = finished.segment();
        discontinuity_and_map(&mut out, segment.discontinuity, segment.map.as_ref(), &mut map);
        out.push_str(&finished.lead);
        if segment.msn >= playlist.parts_from {
            out.push_str(&finished.part_lines);
        }
        out.push_str(&finished.tail);
    }
    if !playlist.ended {
        if let Some(open) = &playlist.open {
            // Without a part there is nothing yet to which these tags could apply.
            if !open.parts.is_empty() {
                discontinuity_and_map(&mut out, open.discontinuity, open.map.as_ref(), &mut map);
                out.push_str(&program_date_time_line(open.program_date_time));
                out.push_str(&part_lines(&open.parts));
            }
        }
        if let Some(uri) = &playlist.preload_hint {
            put(&mut out, format_args!("#EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"{}\"\n", Safe(uri)));
        }
    }
    reports(&mut out, playlist);
    if playlist.ended {
        out.push_str("#EXT-X-ENDLIST\n");
    }
    out
}

fn text_len(segment: &Arc<FinishedSegment>) -> usize {
    128 + segment.lead.len() + segment.part_lines.len() + segment.tail.len()
}

fn header(out: &mut String, playlist: &MediaPlaylist) {
    let Limits { target_duration_s, part_target, part_hold_back, hold_back, .. } = playlist.limits;
    put(out, format_args!("#EXTM3U\n#EXT-X-VERSION:{VERSION}\n#EXT-X-TARGETDURATION:{target_duration_s}\n"));
    out.push_str("#EXT-X-SERVER-CONTROL:");
    if playlist.limits.can_block_reload {
        out.push_str("CAN-BLOCK-RELOAD=YES,");
    }
    put(out, format_args!("PART-HOLD-BACK={},HOLD-BACK={}", Seconds(part_hold_back), Seconds(hold_back)));
    if let Some(boundary) = playlist.limits.can_skip_until {
        put(out, format_args!(",CAN-SKIP-UNTIL={}", Seconds(boundary)));
    }
    put(out, format_args!("\n#EXT-X-PART-INF:PART-TARGET={}\n", Seconds(part_target)));
    put(out, format_args!("#EXT-X-MEDIA-SEQUENCE:{}\n", playlist.media_sequence));
    if playlist.discontinuity_sequence > 0 {
        put(out, format_args!("#EXT-X-DISCONTINUITY-SEQUENCE:{}\n", playlist.discontinuity_sequence));
    }
    if playlist.limits.independent_segments {
        out.push_str("#EXT-X-INDEPENDENT-SEGMENTS\n");
    }
}

fn reports(out: &mut String, playlist: &MediaPlaylist) {
    for report in &playlist.rendition_reports {
        put(
            out,
            format_args!(
                "#EXT-X-RENDITION-REPORT:URI=\"{}\",LAST-MSN={}",
                Safe(&report.uri),
                report.last_msn
            ),
        );
        if let Some(part) = report.last_part {
            put(out, format_args!(",LAST-PART={part}"));
        }
        out.push('\n');
    }
}

/// The tags whose need depends on what was listed before; `map` is what is in force.
fn discontinuity_and_map<'a>(
    out: &mut String,
    discontinuity: bool,
    own: Option<&'a Arc<str>>,
    map: &mut Option<&'a Arc<str>>,
) {
    if discontinuity {
        out.push_str("#EXT-X-DISCONTINUITY\n");
    }
    if let Some(uri) = own
        && (discontinuity || *map != own)
    {
        put(out, format_args!("#EXT-X-MAP:URI=\"{}\"\n", Safe(uri)));
        *map = own;
    }
}
