//! The checker beside a server of its own, in virtual time: one that is late, and one that only looks late because the
//! machine stood still.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, advance, sleep, sleep_until};
use xtask::hls::run::{Plan, check};

/// Length of a part, and parts in a segment.
const PART: Duration = Duration::from_millis(200);
const PARTS: u32 = 5;
/// Parts that are there when the server starts.
const AHEAD: u32 = 20;
/// The part that may be late, and from when on the machine may stand still: in the middle of the watch.
const LATE: u32 = AHEAD + 13;

/// A server that publishes a part every 200 ms, from part [`LATE`] on later by `late`.
#[derive(Clone, Copy)]
struct Server {
    start: Instant,
    late: Duration,
}

impl Server {
    /// When part `n` of the stream is there.
    fn published(self, n: u32) -> Instant {
        let late = if n >= LATE { self.late } else { Duration::ZERO };
        self.start + PART * n.saturating_sub(AHEAD) + late
    }

    /// The media playlist as it is now.
    fn playlist(self) -> String {
        let now = Instant::now();
        let count = (0..).take_while(|n| self.published(*n) <= now).count() as u32;
        let mut text = "#EXTM3U\n#EXT-X-VERSION:9\n#EXT-X-TARGETDURATION:1\n#EXT-X-PART-INF:PART-TARGET=0.2\n\
            #EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,PART-HOLD-BACK=0.6,HOLD-BACK=3.0\n#EXT-X-MEDIA-SEQUENCE:0\n"
            .to_owned();
        for n in 0..count {
            let (segment, part) = (n / PARTS, n % PARTS);
            let independent = if part == 0 { ",INDEPENDENT=YES" } else { "" };
            text += &format!("#EXT-X-PART:DURATION=0.200,URI=\"{segment}.{part}.m4s\"{independent}\n");
            if part + 1 == PARTS {
                text += &format!("#EXTINF:1.000,\n{segment}.m4s\n");
            }
        }
        text
    }

    /// Answers requests on one connection until it closes.
    async fn serve(self, socket: TcpStream) {
        let mut socket = BufReader::new(socket);
        let mut line = String::new();
        while socket.read_line(&mut line).await.is_ok_and(|count| count > 0) {
            let target = line.split(' ').nth(1).unwrap_or_default().to_owned();
            while line.trim_end() != "" {
                line.clear();
                socket.read_line(&mut line).await.expect("the checker sends whole requests");
            }
            line.clear();
            let body = if target.contains(".m3u8") { self.held(&target).await } else { String::new() };
            let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
            socket.write_all(answer.as_bytes()).await.expect("the checker reads answers");
        }
    }

    /// The playlist, once the part is there that `target` waits for.
    async fn held(self, target: &str) -> String {
        let number = |name: &str| -> Option<u32> {
            let value = target.split(['?', '&']).find_map(|pair| pair.strip_prefix(name))?;
            value.parse().ok()
        };
        if let Some(segment) = number("_HLS_msn=") {
            let part = number("_HLS_part=").unwrap_or(PARTS - 1);
            sleep_until(self.published((segment * PARTS + part).min(LATE * 2))).await;
        }
        self.playlist()
    }
}

/// What P5 says of a server that is late by `late` once, on a machine that stands still for `stall` once.
async fn late_parts(late: Duration, stall: Duration) -> Vec<String> {
    let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await.expect("a free port");
    let url = format!("http://{}/index.m3u8", listener.local_addr().expect("bound"));
    let server = Server { start: Instant::now(), late };
    let mut tasks = tokio::task::JoinSet::new();
    tasks.spawn(async move {
        let mut connections = tokio::task::JoinSet::new();
        while let Ok((socket, _)) = listener.accept().await {
            connections.spawn(server.serve(socket));
        }
    });
    tasks.spawn(async move {
        sleep(PART * (LATE - AHEAD) - Duration::from_millis(100)).await;
        // Nobody is asked while time passes: just what a busy machine does.
        advance(stall).await;
    });
    let plan =
        Plan { url, watch: Duration::from_secs(6), only: Vec::new(), tolerance_ms: 150.0, insecure: false };
    let report = check(&plan).await.expect("there is a stream");
    assert!(report.rows.iter().any(|row| row.id == "P5" && row.looked > 20), "{}", report.table());
    report.findings.into_iter().filter(|finding| finding.id == "P5").map(|finding| finding.detail).collect()
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_late_is_told_and_a_machine_that_stood_still_is_not_taken_for_one() {
    let ms = Duration::from_millis;
    assert_eq!(late_parts(ms(0), ms(0)).await, Vec::<String>::new(), "a good server on a calm machine");
    assert_eq!(late_parts(ms(100), ms(0)).await, Vec::<String>::new(), "within the tolerance");
    assert_eq!(late_parts(ms(0), ms(700)).await, Vec::<String>::new(), "a good server on a busy machine");
    let told = late_parts(ms(400), ms(0)).await;
    assert!(matches!(&told[..], [one] if one.starts_with("part 6.3 came 60")), "a late server: {told:?}");
    let told = late_parts(ms(1_500), ms(300)).await;
    assert!(told.iter().any(|one| one.starts_with("part 6.3 ")), "later than the machine explains: {told:?}");
}
