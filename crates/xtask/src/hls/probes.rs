//! Questions a player rarely asks: old, future, malformed and contradictory directives, deltas, and plain HTTP.

use reqwest::Method;

use super::client::{Client, resolve, with_query};
use super::evidence::{Delta, Probe, Question, Rendition, Transport};
use super::playlist::{Media, Segment};

/// How often a delta and a full playlist are asked for together until both show the same edge.
const TRIES: usize = 5;

/// The probes of one rendition, in turn. Empty if its playlist cannot be had.
pub async fn ask(client: &Client, url: &str) -> Vec<Probe> {
    let Ok(before) = client.get(url).await.media() else { return Vec::new() };
    let mut probes = Vec::new();
    if before.ended {
        probes.push(
            probe(client, url, "_HLS_msn=999999&_HLS_part=0&_HLS_skip=YES", Question::AfterTheEnd).await,
        );
    } else if before.control_is("CAN-BLOCK-RELOAD") {
        probes.extend(blocking(client, url, &before).await);
    }
    probes.push(probe(client, url, "_HLS_skip=banana", Question::UnknownSkip).await);
    if before.control("CAN-SKIP-UNTIL").is_none() {
        probes.push(probe(client, url, "_HLS_skip=YES", Question::UnknownSkip).await);
    }
    if let Some(unknown) =
        before.segments.iter().rev().find_map(|s| s.parts.first()).and_then(|p| unknown(&p.uri))
    {
        let answer = client.get(&resolve(url, &unknown)).await;
        probes.push(Probe { question: Question::UnknownPart, before, answer });
    }
    probes.into_iter().collect()
}

async fn blocking(client: &Client, url: &str, before: &Media) -> Vec<Probe> {
    let mut probes = Vec::new();
    let oldest = before.media_sequence.saturating_sub(1);
    // At the very start of a stream even number 0 is still to come.
    if before.completes(oldest) {
        probes.push(probe(client, url, &format!("_HLS_msn={oldest}"), Question::Old(oldest)).await);
    }
    if before.part_target.is_some() {
        for _ in 0..3 {
            let Ok(now) = client.get(url).await.media() else { break };
            let (msn, part) = now.next();
            probes.push(
                probe(client, url, &format!("_HLS_msn={msn}&_HLS_part={part}"), Question::Part((msn, part)))
                    .await,
            );
        }
        if let Some(Segment { msn, parts, .. }) = before.last_complete().filter(|s| !s.parts.is_empty()) {
            let (msn, part) = (*msn, parts.len());
            probes.push(
                probe(
                    client,
                    url,
                    &format!("_HLS_msn={msn}&_HLS_part={part}"),
                    Question::PastTheEnd((msn, part)),
                )
                .await,
            );
        }
    }
    if let Ok(now) = client.get(url).await.media() {
        let msn = now.next().0;
        probes.push(probe(client, url, &format!("_HLS_msn={msn}"), Question::Segment(msn)).await);
    }
    if let Ok(now) = client.get(url).await.media() {
        let (msn, part) = now.next();
        // Past the segment in progress by more than the draft lets anybody ask, under either reading of "last".
        let far = format!("_HLS_msn={}", msn + 4);
        probes.push(probe(client, url, &far, Question::Impossible("_HLS_msn four ahead", false)).await);
        if let Some(target) = now.part_target {
            let limit = if target < 1.0 { (3.0 / target).ceil() as usize } else { 3 };
            let far = format!("_HLS_msn={}&_HLS_part={}", msn + 1, part + 2 * limit + 5);
            probes.push(
                probe(client, url, &far, Question::Impossible("_HLS_part past the limit", false)).await,
            );
        }
    }
    for (query, must) in [("_HLS_part=0", true), ("_HLS_msn=abc", true), ("_HLS_msn=-1", true)] {
        probes.push(probe(client, url, query, Question::Impossible(query, must)).await);
    }
    probes
}

async fn probe(client: &Client, url: &str, query: &str, question: Question) -> Probe {
    let before = client.get(url).await.media().unwrap_or_default();
    let answer = client.get(&with_query(url, query)).await;
    Probe { question, before, answer }
}

/// A name like `uri` that no server has announced: its last number, raised by a thousand.
fn unknown(uri: &str) -> Option<String> {
    let name = uri.rfind('/').map_or(0, |at| at + 1);
    // In `7.2.m4s` the first number is the segment's; a name without numbers cannot be varied.
    let start = name + uri[name..].find(|c: char| c.is_ascii_digit())?;
    let end = uri[start..].find(|c: char| !c.is_ascii_digit()).map_or(uri.len(), |at| start + at);
    let number: u64 = uri[start..end].parse().ok()?;
    Some(format!("{}{}{}", &uri[..start], number.checked_add(1000)?, &uri[end..]))
}

/// A delta update and the full playlist of the same edge; `None` if deltas are not offered.
pub async fn delta(client: &Client, rendition: &Rendition) -> Option<Delta> {
    for _ in 0..TRIES {
        let old = client.get(&rendition.url).await.media().ok().filter(|list| !list.ended)?;
        old.control("CAN-SKIP-UNTIL")?;
        let (directives, _) = super::watch::directives(&old);
        let (plain, skip) = match directives.as_str() {
            "" => (rendition.url.clone(), with_query(&rendition.url, "_HLS_skip=YES")),
            wait => (
                with_query(&rendition.url, wait),
                with_query(&rendition.url, &format!("{wait}&_HLS_skip=YES")),
            ),
        };
        let (full, delta) = tokio::join!(client.get(&plain), client.get(&skip));
        let (full, delta) = (full.media().ok()?, delta.media().ok()?);
        if full.next() == delta.next() {
            return Some(Delta { old, delta, full });
        }
    }
    None
}

/// How playlists and segments are transported; `multivariant` is empty if there is none.
pub async fn transport(client: &Client, multivariant: &str, url: &str) -> Transport {
    let mut seen = Transport { plain: client.get(url).await, ..Transport::default() };
    seen.gzip = client.ask(Method::GET, url, &[("accept-encoding", "gzip")]).await;
    seen.playlist_head = client.ask(Method::HEAD, url, &[]).await;
    if let Ok(list) = seen.plain.media() {
        let (directives, _) = super::watch::directives(&list);
        if !directives.is_empty() {
            seen.blocking = client.get(&with_query(url, &directives)).await;
        }
        if let Some(uri) = list.segments.iter().rev().filter(|s| !s.gap).find_map(|s| s.uri.as_ref()) {
            let segment = resolve(url, uri);
            seen.segment = client.get(&segment).await;
            seen.segment_head = client.ask(Method::HEAD, &segment, &[]).await;
            seen.range = client.ask(Method::GET, &segment, &[("range", "bytes=0-99")]).await;
            if let Some(missing) = unknown(uri) {
                seen.missing = client.get(&resolve(url, &missing)).await;
            }
        }
    }
    if !multivariant.is_empty() {
        seen.multivariant = client.get(multivariant).await;
        let tag = seen.multivariant.header("etag").to_owned();
        seen.unchanged = client.ask(Method::GET, multivariant, &[("if-none-match", &tag)]).await;
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_names_keep_their_shape() {
        assert_eq!(unknown("../720p/7.2.m4s").as_deref(), Some("../720p/1007.2.m4s"));
        assert_eq!(unknown("seg12.ts").as_deref(), Some("seg1012.ts"));
        assert_eq!(unknown("a/init.mp"), None);
    }
}
