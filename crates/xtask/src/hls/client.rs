//! The checker's HTTP: one connection pool, no cache, no cookies, no hidden decompression, and a stopwatch.

use std::time::Duration;

use bytes::BytesMut;
use reqwest::header::LOCATION;
use reqwest::{Method, Url};
use tokio::time::Instant;

use super::evidence::Answer;

/// Longer than any server may hold a request (3 × TARGETDURATION of a sane stream), so that a hang is an answer too.
const PATIENCE: Duration = Duration::from_secs(30);

/// Redirects followed before giving up: peers use them for cookies; we must use none.
const REDIRECTS: usize = 3;

/// Asks and times.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    start: Instant,
}

impl Client {
    /// A client whose clock starts now. `insecure` accepts any certificate. `Err` if TLS cannot be set up.
    pub fn new(insecure: bool) -> Result<Self, String> {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_gzip()
            .tls_danger_accept_invalid_certs(insecure)
            .timeout(PATIENCE)
            .build()
            .map_err(|fault| format!("cannot set up HTTP: {fault}"))?;
        Ok(Self { http, start: Instant::now() })
    }

    /// Milliseconds since the run began.
    pub fn now_ms(&self) -> f64 {
        self.start.elapsed().as_secs_f64() * 1000.0
    }

    /// `GET`.
    pub async fn get(&self, url: &str) -> Answer {
        self.ask(Method::GET, url, &[]).await
    }

    /// Any request with headers. Never fails: no answer is an answer of status 0.
    pub async fn ask(&self, method: Method, url: &str, headers: &[(&str, &str)]) -> Answer {
        let mut answer = Answer { url: url.to_owned(), asked_ms: self.now_ms(), ..Answer::default() };
        for _ in 0..=REDIRECTS {
            match self.once(method.clone(), &mut answer, headers).await {
                Ok(Some(next)) => (answer.url, answer.redirected) = (next, true),
                Ok(None) => break,
                Err(fault) => {
                    answer.status = 0;
                    answer.fault = Some(fault.to_string());
                    break;
                }
            }
        }
        answer.done_ms = self.now_ms();
        answer
    }

    /// One request; the next address if it is redirected.
    async fn once(
        &self,
        method: Method,
        answer: &mut Answer,
        headers: &[(&str, &str)],
    ) -> Result<Option<String>, reqwest::Error> {
        let mut request = self.http.request(method, &answer.url);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut response = request.send().await?;
        answer.status = response.status().as_u16();
        let text =
            |value: &reqwest::header::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        if let Some(next) = response.headers().get(LOCATION).filter(|_| response.status().is_redirection()) {
            return Ok(Some(resolve(&answer.url, &text(next))));
        }
        answer.headers = response.headers().iter().map(|(n, v)| (n.as_str().to_owned(), text(v))).collect();
        let mut body = BytesMut::new();
        while let Some(piece) = response.chunk().await? {
            if body.is_empty() {
                answer.first_ms = self.now_ms();
            }
            body.extend_from_slice(&piece);
        }
        answer.body = body.freeze();
        Ok(None)
    }
}

/// `uri` as a playlist at `base` means it.
pub fn resolve(base: &str, uri: &str) -> String {
    Url::parse(base).and_then(|base| base.join(uri)).map_or_else(|_| uri.to_owned(), String::from)
}

/// `url` with directives added, an existing query kept.
pub fn with_query(url: &str, query: &str) -> String {
    if query.is_empty() {
        return url.to_owned();
    }
    let join = if url.contains('?') { '&' } else { '?' };
    format!("{url}{join}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_resolved_and_queries_kept() {
        assert_eq!(resolve("http://h/api/p.m3u8", "/live/1/i.m3u8"), "http://h/live/1/i.m3u8");
        assert_eq!(resolve("http://h/live/1/720p/i.m3u8", "7.m4s"), "http://h/live/1/720p/7.m4s");
        assert_eq!(with_query("http://h/i?a=1", "_HLS_msn=2"), "http://h/i?a=1&_HLS_msn=2");
    }
}
