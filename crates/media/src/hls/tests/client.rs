//! A client's view of a playlist: loads full ones, merges delta updates, knows which header each segment
//! needs.

use super::MediaPlaylist;

/// What a player would know.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Client {
    /// Tags that belong to no segment, except the skip.
    tags: Vec<String>,
    media_sequence: u64,
    segments: Vec<Seen>,
    /// The segment in progress: no URI yet.
    open: Seen,
    skipped: usize,
}

/// A segment with what applies to it.
#[derive(Clone, Debug, Default, PartialEq)]
struct Seen {
    /// The header in force.
    map: Option<String>,
    /// Its own tags but for parts, in order; last its URI.
    lines: Vec<String>,
    parts: Vec<String>,
}

impl Client {
    /// Reads a playlist, or a delta on its own.
    pub(super) fn load(text: &str) -> Self {
        let mut client = Self::default();
        let mut map = None;
        assert!(text.starts_with("#EXTM3U\n") && text.ends_with('\n'));
        for line in text.lines() {
            let tag = line.split_once(':').map_or(line, |(tag, _)| tag);
            let value = line.split_once(':').map_or("", |(_, value)| value);
            match tag {
                "#EXT-X-MEDIA-SEQUENCE" => client.media_sequence = value.parse().expect("a number"),
                "#EXT-X-SKIP" => {
                    let count = value.strip_prefix("SKIPPED-SEGMENTS=").expect("its attribute");
                    client.skipped = count.parse().expect("a number");
                }
                "#EXT-X-MAP" => {
                    assert!(client.open.parts.is_empty(), "a header after a part");
                    map = Some(value.to_owned());
                }
                "#EXT-X-PART" => client.open.parts.push(value.to_owned()),
                "#EXT-X-DISCONTINUITY" | "#EXT-X-PROGRAM-DATE-TIME" => {
                    assert!(client.open.parts.is_empty(), "{tag} after a part");
                    client.open.lines.push(line.to_owned());
                }
                "#EXT-X-GAP" | "#EXTINF" => client.open.lines.push(line.to_owned()),
                _ if line.starts_with('#') => client.tags.push(line.to_owned()),
                _ => {
                    client.open.lines.push(line.to_owned());
                    client.open.map.clone_from(&map);
                    client.segments.push(std::mem::take(&mut client.open));
                }
            }
        }
        if !client.open.parts.is_empty() {
            client.open.map = map;
        }
        client
    }

    /// Merges a delta update; `false` if this client is too old for it.
    pub(super) fn update(&mut self, delta: &str) -> bool {
        let mut new = Self::load(delta);
        assert!(new.skipped > 0, "a delta that skips nothing");
        let from = usize::try_from(new.media_sequence - self.media_sequence).expect("a window");
        let Some(known) = self.segments.get(from..from + new.skipped) else { return false };
        let mut segments = known.to_vec();
        // Parts that far from the end are no longer listed.
        segments.iter_mut().for_each(|segment| segment.parts.clear());
        segments.append(&mut new.segments);
        *self = Self { segments, skipped: 0, ..new };
        true
    }

    /// What `playlist` should be seen as, by its values.
    pub(super) fn expected(playlist: &MediaPlaylist) -> Self {
        let mut expected = Self::load(&super::render_full(&MediaPlaylist {
            segments: Vec::new(),
            open: None,
            ..playlist.clone()
        }));
        let map = |uri: &str| Some(format!("URI=\"{uri}\""));
        for finished in &playlist.segments {
            let segment = finished.segment();
            let listed = segment.msn >= playlist.parts_from;
            let mut lines = Vec::new();
            lines.extend(segment.discontinuity.then(|| "#EXT-X-DISCONTINUITY".to_owned()));
            lines.extend(finished.lead.lines().map(str::to_owned));
            lines.extend(finished.tail.lines().map(str::to_owned));
            let parts = if listed { part_values(&finished.part_lines) } else { Vec::new() };
            expected.segments.push(Seen { map: segment.map.as_deref().and_then(map), lines, parts });
        }
        if let Some(open) = playlist.open.as_ref().filter(|open| !open.parts.is_empty()) {
            let date = super::super::segment::program_date_time_line(open.program_date_time);
            expected.open = Seen {
                map: open.map.as_deref().and_then(map),
                lines: date.lines().map(str::to_owned).collect(),
                parts: part_values(&super::super::segment::part_lines(&open.parts)),
            };
        }
        expected
    }
}

fn part_values(lines: &str) -> Vec<String> {
    lines.lines().filter_map(|line| line.strip_prefix("#EXT-X-PART:")).map(str::to_owned).collect()
}
