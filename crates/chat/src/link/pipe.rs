//! A link's connection while it lasts: greets, then reads and writes at once until it breaks.

use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::Notify;

use super::LinkError;
use super::end::End;
use super::wire::{self, GREETING_BYTES_MAX, Kind, MESSAGE_BYTES_MAX, Message};
use crate::tree::shell::Pass;

/// A stream that links run over: TCP or TLS.
pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<S: AsyncRead + AsyncWrite + Unpin + Send> Stream for S {}

/// An end and whoever writes for it.
#[derive(Debug)]
pub struct Line {
    end: Mutex<End>,
    more: Notify,
    /// Told when the other end has confirmed something.
    confirmed: Notify,
}

/// Keeps an end from reading on while there is too much of it: the other end's queue grows then, which has a bound and a policy.
pub trait Hold {
    /// Waits until there is room.
    fn room(&self) -> impl Future<Output = ()> + Send;
}

/// Keeps an end from reading on while too much of what it has read is not dealt with.
#[derive(Debug)]
pub struct Brake {
    /// Held, and told, by each [`Pass`] that is out.
    done: Arc<Notify>,
    most: usize,
}

impl Brake {
    /// One that lets `most` passes be out.
    pub fn new(most: usize) -> Self {
        Self { done: Arc::default(), most: most.max(1) }
    }

    /// A pass for something that is to be dealt with.
    pub fn pass(&self) -> Pass {
        Pass::new(Arc::clone(&self.done))
    }
}

impl Hold for Brake {
    /// Waits until no more than the most are out. One that tells that it is done may still be counted; those behind it tell again.
    async fn room(&self) {
        while Arc::strong_count(&self.done) > self.most + 1 {
            self.done.notified().await;
        }
    }
}

/// Messages of a line that are sent and not confirmed, beyond which nothing is read that would make more of them.
const UNCONFIRMED_MAX: usize = 16_384;

impl Hold for Line {
    async fn room(&self) {
        loop {
            let confirmed = self.confirmed.notified();
            if self.end().kept() <= UNCONFIRMED_MAX {
                return;
            }
            confirmed.await;
        }
    }
}

/// Silence after which a confirmation is sent anyway, and after three of which the link is given up.
const BEAT: Duration = Duration::from_secs(5);
/// How long a greeting may take.
pub const GREETING_TIME: Duration = Duration::from_secs(10);
/// Bytes that are collected before they are written.
const WRITE_BYTES: usize = 256 * 1024;
/// Messages after which they are confirmed without waiting for the beat.
const CONFIRM_EVERY: u64 = 64;

impl Line {
    /// A line that nobody serves yet.
    pub fn new(end: End) -> Self {
        Self { end: Mutex::new(end), more: Notify::new(), confirmed: Notify::new() }
    }

    /// The end.
    pub fn end(&self) -> MutexGuard<'_, End> {
        self.end.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends a message as [`wire::keep`] has it, now or once there is a connection; its number.
    pub fn send(&self, message: Bytes) -> u64 {
        let number = self.end().send(message);
        self.more.notify_one();
        number
    }

    /// Sends a value as JSON; its number.
    pub fn say(&self, value: &impl Serialize) -> u64 {
        self.send(wire::said(value))
    }

    /// Carries messages both ways until the connection breaks. `written` is the last message that the other end has; each message of the
    /// other end is given to `take` once, which says whether it is to be confirmed at once, and no more are read while `hold` says so; `wrote`
    /// is told how far writing is.
    pub async fn serve(
        &self,
        stream: impl Stream,
        input: BytesMut,
        written: u64,
        hold: &impl Hold,
        mut take: impl FnMut(Message) -> Result<bool, LinkError> + Send,
        mut wrote: impl FnMut(u64) + Send,
    ) -> LinkError {
        let (mut reader, mut writer) = tokio::io::split(stream);
        let confirm = Notify::new();
        let reading = self.read(&mut reader, input, &confirm, hold, &mut take);
        let writing = self.write(&mut writer, written, &confirm, &mut wrote);
        tokio::select! {
            Err(error) = reading => error,
            Err(error) = writing => error,
            else => LinkError::Silent,
        }
    }

    async fn read(
        &self,
        reader: &mut (impl AsyncRead + Unpin + Send),
        mut input: BytesMut,
        confirm: &Notify,
        hold: &impl Hold,
        take: &mut (impl FnMut(Message) -> Result<bool, LinkError> + Send),
    ) -> Result<(), LinkError> {
        loop {
            while let Some(message) = wire::take(&mut input, MESSAGE_BYTES_MAX)? {
                match message.kind {
                    Kind::Greeting => return Err(LinkError::Message("a greeting in between")),
                    Kind::Confirmed => {
                        self.end().confirmed(message.number);
                        self.confirmed.notify_waiters();
                    }
                    Kind::Said | Kind::Frame => {
                        let number = message.number;
                        let new = self.end().receive(number);
                        let new = new.map_err(|_| LinkError::Message("a number was left out"))?;
                        let at_once = new && take(message)?;
                        if at_once || number % CONFIRM_EVERY == 0 {
                            confirm.notify_one();
                        }
                    }
                }
            }
            hold.room().await;
            input.reserve(64 * 1024);
            let read = tokio::time::timeout(BEAT * 3, reader.read_buf(&mut input)).await;
            match read {
                Ok(Ok(0)) => return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into()),
                Ok(read) => read?,
                Err(_) => return Err(LinkError::Silent),
            };
        }
    }

    async fn write(
        &self,
        writer: &mut (impl AsyncWrite + Unpin + Send),
        mut written: u64,
        confirm: &Notify,
        wrote: &mut (impl FnMut(u64) + Send),
    ) -> Result<(), LinkError> {
        let mut out = BytesMut::new();
        let mut beat = tokio::time::interval(BEAT);
        loop {
            out.clear();
            while out.len() < WRITE_BYTES {
                let next = self.end().after(written);
                let Some((number, message)) = next else { break };
                // What was forgotten while it could not be written is a hole that the other end refuses: it begins anew.
                wire::put(&message, number, &mut out);
                written = number;
            }
            if out.is_empty() {
                tokio::select! {
                    () = self.more.notified() => continue,
                    () = confirm.notified() => {}
                    _ = beat.tick() => {}
                }
                let received = self.end().received();
                wire::put(&wire::keep(Kind::Confirmed, &[]), received, &mut out);
            }
            tokio::time::timeout(BEAT * 6, writer.write_all(&out)).await.map_err(|_| LinkError::Silent)??;
            writer.flush().await?;
            wrote(written);
        }
    }
}

/// Sends one part of the greeting.
pub async fn greet(stream: &mut impl Stream, value: &impl Serialize) -> Result<(), LinkError> {
    let json = serde_json::to_vec(value).map_err(|_| LinkError::Message("greeting"))?;
    let mut out = BytesMut::new();
    wire::put(&wire::keep(Kind::Greeting, &json), 0, &mut out);
    stream.write_all(&out).await?;
    Ok(stream.flush().await?)
}

/// Waits for one part of the greeting.
pub async fn greeted<T: DeserializeOwned>(
    stream: &mut impl Stream,
    input: &mut BytesMut,
) -> Result<T, LinkError> {
    let whole = async {
        loop {
            if let Some(message) = wire::take(input, GREETING_BYTES_MAX)? {
                return Ok::<Message, LinkError>(message);
            }
            if stream.read_buf(input).await? == 0 {
                return Err(std::io::Error::from(std::io::ErrorKind::UnexpectedEof).into());
            }
        }
    };
    let message = tokio::time::timeout(GREETING_TIME, whole).await.map_err(|_| LinkError::Silent)??;
    if message.kind != Kind::Greeting {
        return Err(LinkError::Message("no greeting"));
    }
    serde_json::from_slice(&message.body).map_err(|_| LinkError::Message("greeting"))
}
