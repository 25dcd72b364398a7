//! A tolerant reader of playlists: keeps what it understands and notes what is wrong.
//!
//! It owns the text's meaning (which tag belongs to which segment, what is in force) and refuses nothing but a text
//! without `#EXTM3U`. Whether what it found is allowed is for the rules to say.

use std::collections::BTreeMap;

/// The attributes of one tag, by name; quotes removed.
pub type Attributes = BTreeMap<String, String>;

/// A multivariant playlist.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Multivariant {
    /// `EXT-X-STREAM-INF` entries in order.
    pub variants: Vec<Variant>,
    /// `EXT-X-MEDIA` entries in order.
    pub media: Vec<Attributes>,
    /// `EXT-X-INDEPENDENT-SEGMENTS` is set.
    pub independent_segments: bool,
}

/// One `EXT-X-STREAM-INF` with its address.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Variant {
    /// As written.
    pub attributes: Attributes,
    /// As written: relative to the playlist.
    pub uri: String,
}

/// A media playlist, full or delta.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Media {
    /// `EXT-X-VERSION`; 1 if absent.
    pub version: u64,
    /// `EXT-X-TARGETDURATION` in seconds.
    pub target_duration: Option<u64>,
    /// `PART-TARGET` in seconds.
    pub part_target: Option<f64>,
    /// `EXT-X-SERVER-CONTROL` as written.
    pub server_control: Option<Attributes>,
    /// `EXT-X-MEDIA-SEQUENCE`.
    pub media_sequence: u64,
    /// `EXT-X-DISCONTINUITY-SEQUENCE`.
    pub discontinuity_sequence: u64,
    /// `EXT-X-PLAYLIST-TYPE`, if there is one.
    pub playlist_type: Option<String>,
    /// `EXT-X-ENDLIST` is there.
    pub ended: bool,
    /// `SKIPPED-SEGMENTS` of a delta update.
    pub skipped: Option<u64>,
    /// Segments in order; the last one has no address while it is open.
    pub segments: Vec<Segment>,
    /// `EXT-X-PRELOAD-HINT` as written.
    pub hints: Vec<Attributes>,
    /// `EXT-X-RENDITION-REPORT` as written.
    pub reports: Vec<Attributes>,
    /// What is malformed, in words.
    pub faults: Vec<String>,
}

/// A segment, complete or open.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Segment {
    /// Media sequence number.
    pub msn: u64,
    /// Address as written; `None` while the segment is open.
    pub uri: Option<String>,
    /// `EXTINF` in seconds.
    pub duration: Option<f64>,
    /// The segment begins after an `EXT-X-DISCONTINUITY`.
    pub discontinuity: bool,
    /// Discontinuity number in force.
    pub discontinuity_number: u64,
    /// `EXT-X-GAP` is set.
    pub gap: bool,
    /// The `EXT-X-MAP` in force, as written.
    pub map: Option<String>,
    /// `EXT-X-PROGRAM-DATE-TIME` in ms since the epoch, if written on this segment.
    pub date: Option<f64>,
    /// Parts in order, as far as they are listed.
    pub parts: Vec<Part>,
    /// Tags of the segment that came after its first part (they must come before).
    pub late_tags: Vec<String>,
    /// `EXT-X-BYTERANGE` as written.
    pub range: Option<String>,
}

/// One `EXT-X-PART`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    /// Address as written.
    pub uri: String,
    /// Seconds.
    pub duration: f64,
    /// `INDEPENDENT=YES`.
    pub independent: bool,
    /// `GAP=YES`.
    pub gap: bool,
    /// `BYTERANGE` as written.
    pub range: Option<String>,
}

/// A place in a stream: media sequence number and part index.
pub type Position = (u64, usize);

impl Media {
    /// A number out of `EXT-X-SERVER-CONTROL`.
    pub fn control(&self, name: &str) -> Option<f64> {
        self.server_control.as_ref()?.get(name)?.parse().ok()
    }

    /// A flag out of `EXT-X-SERVER-CONTROL`.
    pub fn control_is(&self, name: &str) -> bool {
        self.server_control.as_ref().is_some_and(|c| c.get(name).is_some_and(|v| v == "YES"))
    }

    /// The newest complete segment.
    pub fn last_complete(&self) -> Option<&Segment> {
        self.segments.iter().rev().find(|s| s.uri.is_some())
    }

    /// The segment that is still growing.
    pub fn open(&self) -> Option<&Segment> {
        self.segments.last().filter(|s| s.uri.is_none())
    }

    /// The newest part listed.
    pub fn edge(&self) -> Option<Position> {
        let segment = self.segments.iter().rev().find(|s| !s.parts.is_empty())?;
        Some((segment.msn, segment.parts.len() - 1))
    }

    /// The first part that is not listed yet: where a blocking reload waits.
    pub fn next(&self) -> Position {
        match (self.open(), self.last_complete()) {
            (Some(open), _) => (open.msn, open.parts.len()),
            (None, Some(last)) => (last.msn + 1, 0),
            (None, None) => (self.media_sequence, 0),
        }
    }

    /// Whether the playlist lists part `at` or anything later.
    pub fn reaches(&self, at: Position) -> bool {
        self.next() > at
    }

    /// Whether a complete segment with this or a later number is listed.
    pub fn completes(&self, msn: u64) -> bool {
        self.last_complete().is_some_and(|s| s.msn >= msn)
    }

    /// Seconds of complete segments and of the open one's parts.
    pub fn span(&self) -> f64 {
        let open: f64 = self.open().map_or(0.0, |s| s.parts.iter().map(|p| p.duration).sum());
        self.segments.iter().filter_map(|s| s.duration).sum::<f64>() + open
    }

    /// The segment with this number.
    pub fn segment(&self, msn: u64) -> Option<&Segment> {
        self.segments.iter().find(|s| s.msn == msn)
    }
}

/// Either kind of playlist.
#[derive(Clone, Debug, PartialEq)]
pub enum Playlist {
    /// Lists renditions.
    Multivariant(Multivariant),
    /// Lists segments.
    Media(Box<Media>),
}

/// Reads a playlist of either kind. `Err` only if the text is no playlist at all.
pub fn parse(text: &str) -> Result<Playlist, String> {
    if !text.starts_with("#EXTM3U") {
        return Err("does not begin with #EXTM3U".to_owned());
    }
    if text.contains("#EXT-X-STREAM-INF") {
        return Ok(Playlist::Multivariant(multivariant(text)));
    }
    Ok(Playlist::Media(Box::new(Reader::default().read(text))))
}

/// Reads a media playlist.
pub fn media(text: &str) -> Result<Media, String> {
    match parse(text)? {
        Playlist::Media(media) => Ok(*media),
        Playlist::Multivariant(_) => Err("is a multivariant playlist".to_owned()),
    }
}

fn multivariant(text: &str) -> Multivariant {
    let mut list = Multivariant::default();
    let mut pending = None;
    for line in lines(text) {
        if let Some(rest) = line.strip_prefix("#EXT-X-STREAM-INF:") {
            pending = Some(attributes(rest));
        } else if let Some(rest) = line.strip_prefix("#EXT-X-MEDIA:") {
            list.media.push(attributes(rest));
        } else if line == "#EXT-X-INDEPENDENT-SEGMENTS" {
            list.independent_segments = true;
        } else if !line.starts_with('#') {
            list.variants
                .push(Variant { attributes: pending.take().unwrap_or_default(), uri: line.to_owned() });
        }
    }
    list
}

fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// Splits `A=1,B="x,y"`; quotes are removed, commas inside them kept.
pub fn attributes(text: &str) -> Attributes {
    let mut found = Attributes::new();
    let (mut quoted, mut start) = (false, 0);
    let ends: Vec<usize> = text
        .char_indices()
        .filter(|(_, c)| {
            quoted ^= *c == '"';
            *c == ',' && !quoted
        })
        .map(|(at, _)| at)
        .chain([text.len()])
        .collect();
    for end in ends {
        if let Some((name, value)) = text[start..end].split_once('=') {
            found.insert(name.trim().to_owned(), value.trim().trim_matches('"').to_owned());
        }
        start = (end + 1).min(text.len());
    }
    found
}

/// Reads a media playlist line by line; `segment` is the one being described.
#[derive(Default)]
struct Reader {
    list: Media,
    segment: Segment,
    touched: bool,
    map: Option<String>,
    discontinuities: u64,
}

impl Reader {
    fn read(mut self, text: &str) -> Media {
        self.list.version = 1;
        for line in lines(text) {
            if !line.starts_with('#') {
                self.segment.uri = Some(line.to_owned());
                if self.segment.duration.is_none() {
                    self.list.faults.push(format!("{line} has no EXTINF"));
                }
                self.finish();
            } else if let Some(tag) = line.strip_prefix("#EXT") {
                let (name, value) = tag.split_once(':').unwrap_or((tag, ""));
                self.tag(name, value);
            }
        }
        if self.touched {
            self.finish();
        }
        if self.list.target_duration.is_none() {
            self.list.faults.push("no EXT-X-TARGETDURATION".to_owned());
        }
        self.list
    }

    fn finish(&mut self) {
        let mut segment = std::mem::take(&mut self.segment);
        let skipped = self.list.skipped.unwrap_or(0);
        segment.msn = self.list.media_sequence + skipped + self.list.segments.len() as u64;
        segment.discontinuity_number = self.list.discontinuity_sequence + self.discontinuities;
        segment.map = self.map.clone();
        self.list.segments.push(segment);
        self.touched = false;
    }

    fn tag(&mut self, name: &str, value: &str) {
        match name {
            "-X-VERSION" => self.list.version = self.number(name, value),
            "-X-TARGETDURATION" => self.list.target_duration = Some(self.number(name, value)),
            "-X-MEDIA-SEQUENCE" => self.list.media_sequence = self.number(name, value),
            "-X-DISCONTINUITY-SEQUENCE" => self.list.discontinuity_sequence = self.number(name, value),
            "-X-PLAYLIST-TYPE" => self.list.playlist_type = Some(value.to_owned()),
            "-X-ENDLIST" => self.list.ended = true,
            "-X-PART-INF" => {
                self.once(self.list.part_target.is_some(), name);
                self.list.part_target = attributes(value).get("PART-TARGET").and_then(|v| v.parse().ok());
            }
            "-X-SERVER-CONTROL" => {
                self.once(self.list.server_control.is_some(), name);
                self.list.server_control = Some(attributes(value));
            }
            "-X-SKIP" => {
                self.once(self.list.skipped.is_some(), name);
                let count = attributes(value).get("SKIPPED-SEGMENTS").cloned().unwrap_or_default();
                self.list.skipped = Some(self.number(name, &count));
            }
            "-X-PRELOAD-HINT" => self.list.hints.push(attributes(value)),
            "-X-RENDITION-REPORT" => self.list.reports.push(attributes(value)),
            _ => self.segment_tag(name, value),
        }
    }

    fn segment_tag(&mut self, name: &str, value: &str) {
        let before_parts = matches!(name, "-X-DISCONTINUITY" | "-X-MAP" | "-X-KEY" | "-X-PROGRAM-DATE-TIME");
        if before_parts && !self.segment.parts.is_empty() {
            self.segment.late_tags.push(format!("EXT{name}"));
        }
        match name {
            "INF" => {
                let seconds = value.split(',').next().unwrap_or_default();
                self.segment.duration = seconds.trim().parse().ok();
            }
            "-X-DISCONTINUITY" => {
                self.segment.discontinuity = true;
                self.discontinuities += 1;
            }
            "-X-GAP" => self.segment.gap = true,
            "-X-BYTERANGE" => self.segment.range = Some(value.to_owned()),
            // A MAP stays in force until the next one.
            "-X-MAP" => self.map = Some(attributes(value).get("URI").cloned().unwrap_or_default()),
            "-X-PROGRAM-DATE-TIME" => match value.parse::<jiff::Timestamp>() {
                Ok(date) => self.segment.date = Some(date.as_microsecond() as f64 / 1000.0),
                Err(_) => self.list.faults.push(format!("{value} is no date")),
            },
            "-X-PART" => self.part(value),
            _ => return,
        }
        self.touched = true;
    }

    fn part(&mut self, value: &str) {
        let mut attributes = attributes(value);
        let yes = |name: &str| attributes.get(name).is_some_and(|v| v == "YES");
        let (independent, gap) = (yes("INDEPENDENT"), yes("GAP"));
        let duration = attributes.get("DURATION").and_then(|v| v.parse().ok());
        if duration.is_none() || !attributes.contains_key("URI") {
            self.list.faults.push(format!("EXT-X-PART:{value} lacks URI or DURATION"));
        }
        self.segment.parts.push(Part {
            uri: attributes.remove("URI").unwrap_or_default(),
            duration: duration.unwrap_or(0.0),
            independent,
            gap,
            range: attributes.remove("BYTERANGE"),
        });
    }

    fn number(&mut self, name: &str, value: &str) -> u64 {
        value.trim().parse().unwrap_or_else(|_| {
            self.list.faults.push(format!("EXT{name}: {value:?} is no number"));
            0
        })
    }

    fn once(&mut self, again: bool, name: &str) {
        if again {
            self.list.faults.push(format!("EXT{name} appears twice"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIVE: &str = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
        #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-MAP:URI=\"i.mp4\"\n\
        #EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:00:01.500Z\n#EXT-X-PART:DURATION=0.2,URI=\"7.0.m4s\",INDEPENDENT=YES\n\
        #EXTINF:1.000,\n7.m4s\n#EXT-X-DISCONTINUITY\n#EXT-X-PART:DURATION=0.2,URI=\"8.0.m4s\"\n\
        #EXT-X-PRELOAD-HINT:TYPE=PART,URI=\"8.1.m4s\"\n";

    #[test]
    fn a_live_playlist_is_read_down_to_its_open_segment() {
        let list = media(LIVE).expect("a playlist");
        assert_eq!(list.faults, Vec::<String>::new());
        assert_eq!((list.edge(), list.next()), (Some((8, 0)), (8, 1)));
        assert!(list.reaches((8, 0)) && !list.reaches((8, 1)) && list.completes(7) && !list.completes(8));
        assert_eq!(list.segments[0].date, Some(1500.0));
        assert_eq!((list.segments[1].discontinuity_number, list.segments[1].uri.clone()), (1, None));
        assert_eq!(list.segments[1].map.as_deref(), Some("i.mp4"));
    }

    #[test]
    fn commas_inside_quotes_do_not_split() {
        let found = attributes("CODECS=\"avc1.64001f,mp4a.40.2\",BANDWIDTH=1");
        assert_eq!(found["CODECS"], "avc1.64001f,mp4a.40.2");
        assert_eq!(found["BANDWIDTH"], "1");
    }

    #[test]
    fn a_delta_numbers_its_segments_past_the_skipped_ones() {
        let text = "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n#EXTINF:1,\na\n";
        assert_eq!(media(text).expect("a playlist").segments[0].msn, 10);
    }

    #[test]
    fn what_is_malformed_is_noted_and_the_rest_still_read() {
        let text =
            "#EXTM3U\n#EXT-X-TARGETDURATION:x\n#EXT-X-SERVER-CONTROL:A=1\n#EXT-X-SERVER-CONTROL:A=1\na.m4s\n";
        let list = media(text).expect("a playlist");
        assert_eq!(list.segments.len(), 1);
        assert_eq!(list.faults.len(), 3, "{:?}", list.faults);
    }
}
