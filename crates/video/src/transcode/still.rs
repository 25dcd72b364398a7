//! Thumbnails of streams without a ladder: the newest key frame, decoded by a child that lives for one picture.
//!
//! One child at a time on a node: thumbnails are the first thing to be late on a busy machine. As soon as a stream has a ladder
//! its transcoder makes them along the way.

use std::path::Path;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use media::codec::h264::H264Config;
use media::flv::writer;
use media::frame::{CodecConfig, Frame};
use tokio::io::{self, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::sync::Semaphore;

use super::arguments::THUMBNAIL_WIDTH;
use super::child::{self, Pipes};
use super::complaints;
use super::jpeg::Splitter;
use super::ladder;
use crate::live::Broadcast;

/// A stream's first thumbnail waits this long for a transcoder to make it.
const FIRST_AFTER: Duration = Duration::from_secs(2);
/// From one thumbnail to the next.
const EVERY: Duration = Duration::from_secs(10);
/// A child that takes longer is killed.
const LIMIT: Duration = Duration::from_secs(5);

/// Makes thumbnails whenever nobody else does, until the broadcast ends. `turn` has one permit, shared by all streams.
pub(super) async fn run(broadcast: &Broadcast, ffmpeg: &Path, turn: &Semaphore) {
    tokio::select! {
        () = make(broadcast, ffmpeg, turn) => {}
        () = broadcast.ended() => {}
    }
}

/// Whether a transcoder makes them: of the source encoded again too, which may be all that it makes.
fn is_made_elsewhere(broadcast: &Broadcast) -> bool {
    !broadcast.ladder.borrow().is_empty() || broadcast.top.borrow().is_some()
}

/// Resolves when no transcoder makes them; false if the broadcast is gone.
async fn is_wanted(broadcast: &Broadcast) -> bool {
    let (mut ladder, mut top) = (broadcast.ladder.subscribe(), broadcast.top.subscribe());
    while is_made_elsewhere(broadcast) {
        let is_there = tokio::select! {
            changed = ladder.changed() => changed.is_ok(),
            changed = top.changed() => changed.is_ok(),
        };
        if !is_there {
            return false;
        }
    }
    true
}

async fn make(broadcast: &Broadcast, ffmpeg: &Path, turn: &Semaphore) {
    let mut shown = None;
    broadcast.video.configured().await;
    tokio::time::sleep(FIRST_AFTER).await;
    while is_wanted(broadcast).await {
        if let Some((config, frame)) = broadcast.video.last_key_frame()
            && let CodecConfig::H264(config) = &*config
            && shown != Some(frame.dts)
        {
            let Ok(_turn) = turn.acquire().await else { return };
            shown = Some(frame.dts);
            match tokio::time::timeout(LIMIT, picture(ffmpeg, config, &frame)).await {
                // A transcoder that has begun meanwhile has a newer one.
                Ok(Ok(Some(picture))) if !is_made_elsewhere(broadcast) => {
                    broadcast.thumbnail.send_replace(Some(picture));
                }
                Ok(Ok(_)) => {}
                Ok(Err(error)) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "no thumbnail this time");
                }
                Err(_) => tracing::warn!("a thumbnail took too long and was given up"),
            }
        }
        tokio::time::sleep(EVERY).await;
    }
}

/// `frame` as a JPEG; `None` if FFmpeg can make nothing of it. Dropping this kills the child.
async fn picture(ffmpeg: &Path, config: &H264Config, frame: &Frame) -> io::Result<Option<Bytes>> {
    let (width, height) = ladder::thumbnail(config.display_width(), config.height, THUMBNAIL_WIDTH);
    let arguments = |pipe| {
        let line = format!(
            "-nostdin -hide_banner -loglevel warning -nostats -probesize 32 -analyzeduration 0 -threads 1 -f flv -i pipe:0 \
             -frames:v 1 -vf scale={width}:{height}:flags=fast_bilinear,setsar=1,format=yuvj420p -c:v mjpeg -threads 1 \
             -q:v 5 -f image2pipe pipe:{pipe}"
        );
        line.split(' ').map(str::to_owned).collect()
    };
    let spawned =
        child::spawn(ffmpeg, 0, true, |outputs| outputs.thumbnail.map(arguments).unwrap_or_default());
    let (mut child, Pipes { mut stdin, stderr, thumbnail, .. }) = spawned.await?;
    let Some(mut output) = thumbnail else { return Ok(None) };
    let input = one_frame(config, frame)?;
    let write = async {
        // FFmpeg may have its picture before it has read all, and what it did not want is no loss.
        drop(stdin.write_all(&input).await);
        drop(stdin);
    };
    let read = async {
        let mut pictures = Splitter::default();
        while output.read_buf(pictures.buffer()).await? > 0 {
            if let Some(picture) = pictures.next_picture() {
                return Ok(Some(picture));
            }
        }
        Ok(None)
    };
    let ((), picture, ()) = tokio::join!(write, read, complaints::read(stderr));
    child.kill().await;
    picture
}

/// A file of one frame.
fn one_frame(config: &H264Config, frame: &Frame) -> io::Result<Bytes> {
    let mut file = BytesMut::from(&writer::file_header(true, false)[..]);
    let head = writer::video_config(0, config.record.len()).map_err(io::Error::other)?;
    let body = writer::video_frame(0, true, 0, frame.data.len()).map_err(io::Error::other)?;
    let end = writer::video_end(1);
    for (framing, payload) in [(&head, &config.record[..]), (&body, &frame.data[..]), (&end, &[][..])] {
        file.extend_from_slice(&framing.head);
        file.extend_from_slice(payload);
        file.extend_from_slice(&framing.tail);
    }
    Ok(file.freeze())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::worker::tests::stage;
    use super::*;
    use crate::live::{Rendition, RungSpec, Track};

    #[tokio::test]
    async fn thumbnails_are_wanted_where_there_is_neither_a_ladder_nor_a_top() {
        let broadcast = stage::broadcast(1, false);
        let spec = RungSpec {
            name: "source".to_owned(),
            width: 256,
            height: 144,
            fps_max: None,
            bitrate_bps: 300_000,
        };
        let made = Arc::new(Rendition { spec, track: Track::new() });
        assert!(!is_made_elsewhere(&broadcast));
        broadcast.top.send_replace(Some(Arc::clone(&made)));
        assert!(is_made_elsewhere(&broadcast), "a top alone");
        let (wanted, ()) = tokio::join!(is_wanted(&broadcast), async {
            broadcast.ladder.send_replace(vec![made]);
            broadcast.top.send_replace(None);
            assert!(is_made_elsewhere(&broadcast), "a ladder alone");
            broadcast.ladder.send_replace(Vec::new());
        });
        assert!(wanted);
    }
}
