//! One virtual client: follows a rendition as a player does and writes down what it sees.
//!
//! It reloads with directives where the server offers them and polls where it does not, fetches every part and segment
//! when it is listed, and comes back for what was removed. It judges nothing.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use super::boxes;
use super::client::{Client, resolve, with_query};
use super::evidence::{Answer, Held, Hinted, Piece, Rendition, Revisit, Snapshot};
use super::playlist::{Media, Position, Segment};

/// Every how many hints one is followed: following all would fetch every part twice.
const HINTS_PER_FOLLOWED: usize = 5;

/// A request held for more target durations than this is one that nothing new came for: three are the most.
const HELD_TARGETS: f64 = 2.9;

/// What a fetch in the background brings back.
enum Fetched {
    Part(Position, Piece),
    Segment(u64, Piece),
    Hint(Hinted),
    Revisit(Revisit),
}

/// A client at work.
struct Watcher {
    client: Client,
    seen: Rendition,
    asked: BTreeSet<String>,
    hints: usize,
    revisiting: [bool; 2],
    work: JoinSet<Fetched>,
}

/// Watches one rendition until `until`; fetches that are under way are waited for.
pub async fn watch(client: Client, rendition: Rendition, until: Instant) -> Rendition {
    let mut watcher = Watcher {
        client,
        seen: rendition,
        asked: BTreeSet::new(),
        hints: 0,
        revisiting: [false; 2],
        work: JoinSet::new(),
    };
    while Instant::now() < until {
        watcher.reload(until).await;
        while let Some(Ok(fetched)) = watcher.work.try_join_next() {
            watcher.keep(fetched);
        }
        if watcher.seen.last().is_some_and(|list| list.ended) {
            break;
        }
    }
    while let Some(Ok(fetched)) = watcher.work.join_next().await {
        watcher.keep(fetched);
    }
    watcher.seen
}

impl Watcher {
    /// Asks for the next playlist, waits if the server does not.
    async fn reload(&mut self, until: Instant) {
        let last = self.seen.last().cloned();
        let (query, wanted) = last.as_ref().map_or((String::new(), None), directives);
        if let Some(last) = last.filter(|_| query.is_empty()) {
            let pause = last.part_target.unwrap_or(last.target_duration.unwrap_or(1) as f64 / 2.0) / 2.0;
            sleep(Duration::from_secs_f64(pause.clamp(0.05, 2.0))).await;
        }
        let answer = self.client.get(&with_query(&self.seen.url, &query)).await;
        match answer.media() {
            Ok(list) => {
                self.take(
                    Snapshot { asked_ms: answer.asked_ms, seen_ms: answer.done_ms, wanted, list },
                    until,
                )
                .await
            }
            Err(_) if self.is_held_in_vain(&answer) => {}
            Err(why) => {
                self.seen.failures.push((answer.done_ms, format!("{}: {why}", answer.url)));
                sleep(Duration::from_millis(500)).await;
            }
        }
    }

    /// Notes a request that was held for about three target durations; says whether it was released as it should be when
    /// nothing new comes.
    fn is_held_in_vain(&mut self, answer: &Answer) -> bool {
        let target_ms = self.seen.last().and_then(|list| list.target_duration).unwrap_or(0) as f64 * 1000.0;
        let is_held = target_ms > 0.0 && answer.took_ms() >= HELD_TARGETS * target_ms;
        if is_held {
            let (asked_ms, done_ms, status) = (answer.asked_ms, answer.done_ms, answer.status);
            self.seen.held.push(Held { asked_ms, done_ms, status });
        }
        is_held && answer.status == 503
    }

    /// Notes a playlist and sends for all that is new in it.
    async fn take(&mut self, snapshot: Snapshot, until: Instant) {
        let first = self.seen.snapshots.is_empty();
        let list = snapshot.list.clone();
        let removed = self.seen.last().map(|old| (old.clone(), list.clone()));
        for map in list.segments.iter().filter_map(|s| s.map.clone()) {
            if !self.seen.inits.contains_key(&map) {
                let answer = self.client.get(&resolve(&self.seen.url, &map)).await;
                let init = if answer.status == 200 {
                    boxes::init(&answer.body)
                } else {
                    Err(format!("status {}", answer.status))
                };
                self.seen.inits.insert(map, init);
            }
        }
        self.seen.snapshots.push(snapshot);
        // Of the first playlist only the newest segments: the window may be long.
        let skip = if first { list.segments.len().saturating_sub(4) } else { 0 };
        for segment in list.segments.iter().skip(skip) {
            self.fetch(segment, first);
        }
        self.follow_hint(&list);
        if let Some((old, new)) = removed {
            self.plan_revisit(&old, &new, until);
        }
    }

    /// Sends for a segment's parts and, when complete, the segment itself: each address once.
    fn fetch(&mut self, segment: &Segment, old: bool) {
        let init = self.seen.init_of(segment).cloned();
        for (index, part) in segment.parts.iter().enumerate().filter(|(_, part)| !part.gap) {
            // A byte range of the parent is judged by the parent.
            if part.range.is_some() || !self.asked.insert(part.uri.clone()) {
                continue;
            }
            let (at, url, init) = ((segment.msn, index), resolve(&self.seen.url, &part.uri), init.clone());
            let client = self.client.clone();
            self.work.spawn(async move { Fetched::Part(at, piece(&client, &url, init.as_ref(), old).await) });
        }
        let Some(uri) = segment.uri.as_ref().filter(|_| !segment.gap && segment.range.is_none()) else {
            return;
        };
        if self.asked.insert(uri.clone()) {
            let (msn, url, client) = (segment.msn, resolve(&self.seen.url, uri), self.client.clone());
            self.work
                .spawn(async move { Fetched::Segment(msn, piece(&client, &url, init.as_ref(), old).await) });
        }
    }

    fn follow_hint(&mut self, list: &Media) {
        let hint = list.hints.iter().find(|h| h.get("TYPE").is_some_and(|t| t == "PART"));
        let Some(uri) = hint.and_then(|h| h.get("URI")).filter(|_| list.hints.len() == 1) else { return };
        self.hints += 1;
        if self.hints % HINTS_PER_FOLLOWED != 1 || hint.is_some_and(|h| h.contains_key("BYTERANGE-START")) {
            return;
        }
        let (at, url, client) = (list.next(), resolve(&self.seen.url, uri), self.client.clone());
        self.work.spawn(async move { Fetched::Hint(Hinted { at, answer: client.get(&url).await }) });
    }

    /// Comes back for the first part whose tag went and the first segment that went, shortly before they may go.
    fn plan_revisit(&mut self, old: &Media, new: &Media, until: Instant) {
        let target = new.target_duration.unwrap_or(1) as f64;
        let part = old.segments.iter().filter(|s| !s.parts.is_empty()).find(|s| {
            new.segment(s.msn).is_none_or(|s| s.parts.is_empty())
                && s.parts[0].range.is_none()
                && !s.parts[0].gap
        });
        if let Some(segment) = part.filter(|_| !self.revisiting[0]) {
            self.revisiting[0] = true;
            self.revisit(format!("part {}.0", segment.msn), &segment.parts[0].uri, 3.0 * target - 0.5, until);
        }
        let gone = old.segments.iter().find(|s| s.msn < new.media_sequence && s.uri.is_some() && !s.gap);
        if let Some(segment) = gone.filter(|_| !self.revisiting[1]) {
            self.revisiting[1] = true;
            let due = segment.duration.unwrap_or(target) + old.span() - 0.5;
            self.revisit(
                format!("segment {}", segment.msn),
                segment.uri.as_deref().unwrap_or_default(),
                due,
                until,
            );
        }
    }

    /// Asks again after `due_s`, or at the end of the run if that is sooner.
    fn revisit(&mut self, what: String, uri: &str, due_s: f64, until: Instant) {
        let (url, client) = (resolve(&self.seen.url, uri), self.client.clone());
        let start = Instant::now();
        let due = (start + Duration::from_secs_f64(due_s.max(0.0))).min(until);
        self.work.spawn(async move {
            sleep_until(due).await;
            let status = client.get(&url).await.status;
            Fetched::Revisit(Revisit { what, after_s: start.elapsed().as_secs_f64(), status })
        });
    }

    fn keep(&mut self, fetched: Fetched) {
        match fetched {
            Fetched::Part(at, piece) => drop(self.seen.parts.insert(at, piece)),
            Fetched::Segment(msn, piece) => drop(self.seen.segments.insert(msn, piece)),
            Fetched::Hint(hint) => self.seen.hints.push(hint),
            Fetched::Revisit(revisit) => self.seen.revisits.push(revisit),
        }
    }
}

/// The directives of a blocking reload past `last`, and the part it waits for; empty if the server cannot block.
pub fn directives(last: &Media) -> (String, Option<Position>) {
    let (msn, part) = last.next();
    if !last.control_is("CAN-BLOCK-RELOAD") {
        (String::new(), None)
    } else if last.part_target.is_some() {
        (format!("_HLS_msn={msn}&_HLS_part={part}"), Some((msn, part)))
    } else {
        (format!("_HLS_msn={msn}"), None)
    }
}

async fn piece(client: &Client, url: &str, init: Option<&boxes::Init>, old: bool) -> Piece {
    let Answer { status, body, asked_ms, done_ms, .. } = client.get(url).await;
    // Without an init segment the container is another one (MPEG-TS), which is not looked into.
    let media = init.filter(|_| status == 200).map(|init| boxes::fragment(&body, init));
    Piece { listed_ms: asked_ms, old, status, done_ms, media }
}
