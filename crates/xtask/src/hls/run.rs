//! One run: find the renditions, watch them all at once, probe each, judge.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};

use super::client::{Client, resolve};
use super::evidence::{Rendition, Stream};
use super::finding::{Judge, Report};
use super::lag::{Allowance, Lag};
use super::playlist::{self, Multivariant, Playlist};
use super::{probes, rules, watch};

/// What to check and how.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Multivariant or media playlist.
    pub url: String,
    /// How long to watch.
    pub watch: Duration,
    /// Only renditions whose address contains one of these; all if empty.
    pub only: Vec<String>,
    /// Added to every timed rule.
    pub tolerance_ms: f64,
    /// Accept any certificate.
    pub insecure: bool,
}

/// How often the checker looks whether it runs.
const TICK: Duration = Duration::from_millis(5);

/// Checks a live stream. `Err` if there is nothing to check: no answer, no playlist, no rendition that fits.
pub async fn check(plan: &Plan) -> Result<Report, String> {
    let client = Client::new(plan.insecure)?;
    let mut stream = discover(&client, plan).await?;
    let (stop, stopped) = oneshot::channel();
    let mut ticking = JoinSet::new();
    ticking.spawn(tick(client.clone(), stopped));
    let until = Instant::now() + plan.watch;
    let mut work = JoinSet::new();
    for (at, rendition) in stream.renditions.iter().cloned().enumerate() {
        let client = client.clone();
        work.spawn(async move { (at, watch::watch(client, rendition, until).await) });
    }
    // The probes run beside the watch, so that a part's true time of publication is known from it.
    let urls: Vec<(String, String)> =
        stream.renditions.iter().map(|r| (r.name.clone(), r.url.clone())).collect();
    let mut questions = JoinSet::new();
    for (name, url) in urls {
        let client = client.clone();
        questions.spawn(async move { (name, probes::ask(&client, &url).await) });
    }
    while let Some(Ok((name, answers))) = questions.join_next().await {
        stream.probes.extend(answers.into_iter().map(|probe| (name.clone(), probe)));
    }
    if let Some(first) = stream.renditions.first() {
        let multivariant = if stream.multivariant.is_some() { plan.url.as_str() } else { "" };
        stream.transport = Some(probes::transport(&client, multivariant, &first.url).await);
    }
    for rendition in &stream.renditions {
        if let Some(delta) = probes::delta(&client, rendition).await {
            stream.deltas.push((rendition.name.clone(), delta));
        }
    }
    while let Some(Ok((at, seen))) = work.join_next().await {
        stream.renditions[at] = seen;
    }
    drop(stop);
    stream.allowance.lag = ticking.join_next().await.and_then(Result::ok).unwrap_or_default();
    let mut judge = Judge::default();
    rules::judge(&stream, &mut judge);
    failures(&stream, &mut judge);
    Ok(judge.report(&plan.url, stream.allowance.lag.worst_and_total()))
}

/// Ticks until it is stopped, on the same thread as everything that is timed.
async fn tick(client: Client, mut stopped: oneshot::Receiver<()>) -> Lag {
    let mut lag = Lag::default();
    loop {
        let due_ms = client.now_ms() + TICK.as_secs_f64() * 1000.0;
        tokio::select! {
            () = sleep(TICK) => lag.note(due_ms, client.now_ms()),
            _ = &mut stopped => return lag,
        }
    }
}

/// Playlist requests that failed after the first success: a player would have seen them too.
fn failures(stream: &Stream, judge: &mut Judge) {
    for rendition in &stream.renditions {
        for (at, why) in &rendition.failures {
            judge.check("P7", &rendition.name, false, || format!("at {:.1} s: {why}", at / 1000.0));
        }
    }
}

async fn discover(client: &Client, plan: &Plan) -> Result<Stream, String> {
    let answer = client.get(&plan.url).await;
    if answer.status != 200 {
        return Err(format!("{}: status {} {}", plan.url, answer.status, answer.fault.unwrap_or_default()));
    }
    let text = String::from_utf8_lossy(&answer.body);
    let allowance = Allowance { tolerance_ms: plan.tolerance_ms, ..Allowance::default() };
    let mut stream = Stream { allowance, complete: plan.only.is_empty(), ..Stream::default() };
    match playlist::parse(&text).map_err(|fault| format!("{}: {fault}", plan.url))? {
        Playlist::Media(_) => {
            stream.renditions =
                vec![Rendition { name: "stream".to_owned(), url: answer.url, ..Rendition::default() }];
        }
        Playlist::Multivariant(list) => {
            stream.renditions = renditions(&answer.url, &list);
            stream.multivariant = Some(list);
        }
    }
    if !plan.only.is_empty() {
        stream.renditions.retain(|r| plan.only.iter().any(|part| r.url.contains(part)));
    }
    if stream.renditions.is_empty() { Err("no rendition to watch".to_owned()) } else { Ok(stream) }
}

/// Every media playlist once, with the CODECS of each variant that plays it.
pub fn renditions(base: &str, list: &Multivariant) -> Vec<Rendition> {
    let mut found: Vec<Rendition> = Vec::new();
    let mut add = |uri: &str, codecs: &str| {
        let url = resolve(base, uri);
        match found.iter_mut().find(|r| r.url == url) {
            Some(known) => known.codecs.push(codecs.to_owned()),
            None => found.push(Rendition {
                name: name(&url),
                url,
                codecs: vec![codecs.to_owned()],
                ..Rendition::default()
            }),
        }
    };
    for variant in &list.variants {
        let attribute = |name: &str| variant.attributes.get(name).map_or("", String::as_str);
        let codecs = attribute("CODECS");
        add(&variant.uri, codecs);
        let group = attribute("AUDIO");
        let sounds = list.media.iter().filter(|m| m.get("GROUP-ID").is_some_and(|id| id == group));
        for uri in sounds.filter_map(|m| m.get("URI")) {
            add(uri, codecs);
        }
    }
    found
}

/// The part of the address that tells renditions apart: its last folder, or its file where folders are the same.
fn name(url: &str) -> String {
    let path = url.split('?').next().unwrap_or(url);
    let mut parts = path.rsplit('/');
    let file = parts.next().unwrap_or_default().trim_end_matches(".m3u8");
    match (file, parts.next()) {
        ("index" | "playlist" | "media" | "stream", Some(folder)) => folder.to_owned(),
        _ => file.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_playlist_is_watched_once_with_all_its_codecs() {
        let text = "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",URI=\"audio/index.m3u8\"\n\
            #EXT-X-STREAM-INF:AUDIO=\"a\",CODECS=\"avc1.64001f,mp4a.40.2\"\nsource/index.m3u8\n\
            #EXT-X-STREAM-INF:AUDIO=\"a\",CODECS=\"mp4a.40.2\"\naudio/index.m3u8\n";
        let Ok(Playlist::Multivariant(list)) = playlist::parse(text) else {
            panic!("a multivariant playlist")
        };
        let found = renditions("http://h/live/1/main.m3u8", &list);
        let names: Vec<_> = found.iter().map(|r| (r.name.as_str(), r.codecs.len())).collect();
        assert_eq!(names, [("source", 1), ("audio", 3)]);
        assert_eq!(found[0].url, "http://h/live/1/source/index.m3u8");
    }
}
