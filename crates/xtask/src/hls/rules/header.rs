//! H: what a playlist says of itself, and that it never says otherwise.

use crate::hls::evidence::Rendition;
use crate::hls::finding::{Judge, Level};
use crate::hls::playlist::Media;

/// H1 to H3.
pub fn judge(rendition: &Rendition, judge: &mut Judge) {
    let Some(first) = rendition.snapshots.first() else { return };
    let said = |list: &Media| (list.target_duration, list.part_target, list.server_control.clone());
    for snapshot in &rendition.snapshots {
        judge.check("H1", &rendition.name, said(&snapshot.list) == said(&first.list), || {
            format!("{:?}, at first {:?}", said(&snapshot.list), said(&first.list))
        });
        form(&snapshot.list, &rendition.name, judge);
    }
    sizes(&first.list, &rendition.name, judge);
}

/// H2: hold-backs and the skip boundary, against what they are multiples of.
fn sizes(list: &Media, name: &str, judge: &mut Judge) {
    let target = list.target_duration.unwrap_or(0) as f64;
    let slack = super::ROUNDING_S;
    if let Some(part) = list.part_target {
        let held = list.control("PART-HOLD-BACK").unwrap_or(0.0);
        judge.check("H2", name, held + slack >= 2.0 * part, || {
            format!("PART-HOLD-BACK {held} is less than 2 × PART-TARGET {part}")
        });
        judge.check_as(Level::Should, "H2", name, held + slack >= 3.0 * part, || {
            format!("PART-HOLD-BACK {held} is less than 3 × PART-TARGET {part}")
        });
    }
    for (attribute, times) in [("HOLD-BACK", 3.0), ("CAN-SKIP-UNTIL", 6.0)] {
        let Some(value) = list.control(attribute) else { continue };
        judge.check("H2", name, value + slack >= times * target, || {
            format!("{attribute} {value} is less than {times} × TARGETDURATION {target}")
        });
    }
    if list.server_control.is_none() {
        judge.skip("H2", "no EXT-X-SERVER-CONTROL");
    }
}

/// H3: the playlist's form.
fn form(list: &Media, name: &str, judge: &mut Judge) {
    let needed = if list.skipped.is_some() {
        9
    } else if list.segments.iter().any(|s| s.map.is_some()) {
        6
    } else {
        1
    };
    judge.check("H3", name, list.version >= needed, || {
        format!("VERSION {} but {needed} is needed", list.version)
    });
    let kind = list.playlist_type.as_deref().filter(|_| !list.ended);
    judge.check("H3", name, kind.is_none(), || format!("PLAYLIST-TYPE {kind:?} in a live playlist"));
    judge.check("H3", name, !list.ended || list.hints.is_empty(), || "a hint beside ENDLIST".to_owned());
    judge.check("H3", name, list.faults.is_empty(), || list.faults.join(", "));
}

#[cfg(test)]
mod tests {
    use crate::hls::rules::tests::{failing, stream};

    #[test]
    fn a_part_target_that_changes_is_told() {
        let mut stream = stream();
        for rendition in &mut stream.renditions {
            rendition.snapshots[1].list.part_target = Some(0.25);
        }
        assert_eq!(failing(&stream), ["H1"]);
    }

    #[test]
    fn a_hint_after_the_end_is_told() {
        let mut stream = stream();
        stream.renditions[0].snapshots[2].list.ended = true;
        assert_eq!(failing(&stream), ["H3"]);
    }
}
