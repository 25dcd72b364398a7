//! HTTP/2 streams whose client takes nothing: the socket lives, so the socket's own alarm ([`super::stall`]) is silent.
//!
//! A client that opens no window holds the bytes of an answer as long as it likes, at no cost: it only has to answer pings.
//! So each answer notes since when it is the client's turn, and a connection with one that waited too long is closed.

use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::task::{Context, Poll};
use std::time::Instant;

use bytes::Bytes;
use http_body::{Body as HttpBody, Frame, SizeHint};
use runtime::clock;

use crate::body::Body;
use crate::limits::{H2_STREAMS_MAX, WRITE_STALL_MAX};

/// The answers of one connection that are not at their end. Clones are handles.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers(Arc<Mutex<Vec<Weak<Turn>>>>);

impl Answers {
    /// Watches over an answer.
    pub(super) fn watch(&self, body: Body) -> Watched {
        let turn = Arc::new(Turn::new(clock::now()));
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if answers.len() >= 2 * H2_STREAMS_MAX as usize {
            answers.retain(|turn| turn.strong_count() > 0);
        }
        answers.push(Arc::downgrade(&turn));
        Watched { body, turn: Some(turn) }
    }

    /// Whether a client has left one of them lying for too long.
    pub(super) fn are_stalled(&self, now: Instant) -> bool {
        let mut answers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut stalled = false;
        answers.retain(|turn| {
            let turn = turn.upgrade();
            stalled |= turn.as_ref().is_some_and(|turn| turn.is_overdue(now));
            turn.is_some()
        });
        stalled
    }
}

/// Whose turn it is in one answer.
#[derive(Debug)]
struct Turn(Mutex<State>);

#[derive(Debug)]
struct State {
    /// Pieces that were given to the connection and are not on the wire.
    lent: usize,
    /// Since when the client could have taken something; `None` while it waits for us.
    clients_since: Option<Instant>,
}

impl Turn {
    fn new(now: Instant) -> Self {
        Self(Mutex::new(State { lent: 0, clients_since: Some(now) }))
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    fn is_overdue(&self, now: Instant) -> bool {
        let state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.clients_since.is_some_and(|since| now.saturating_duration_since(since) >= WRITE_STALL_MAX)
    }
}

/// A piece of an answer on its way. Its last copy is dropped when it is on the wire.
struct Lent {
    bytes: Bytes,
    turn: Arc<Turn>,
}

impl AsRef<[u8]> for Lent {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        self.turn.change(|state| {
            state.lent -= 1;
            state.clients_since = Some(clock::now());
        });
    }
}

/// An answer's body, watched over HTTP/2 and as it is over HTTP/1.1.
#[derive(Debug)]
pub(crate) struct Watched {
    body: Body,
    turn: Option<Arc<Turn>>,
}

impl From<Body> for Watched {
    fn from(body: Body) -> Self {
        Self { body, turn: None }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        let Some(turn) = &self.turn else { return polled };
        match polled {
            Poll::Ready(Some(Ok(frame))) => {
                turn.change(|state| {
                    state.lent += 1;
                    state.clients_since = Some(clock::now());
                });
                let lend = |bytes| Bytes::from_owner(Lent { bytes, turn: Arc::clone(turn) });
                Poll::Ready(Some(Ok(frame.map_data(lend))))
            }
            Poll::Pending => {
                turn.change(|state| {
                    if state.lent == 0 {
                        state.clients_since = None;
                    }
                });
                Poll::Pending
            }
            ended => ended,
        }
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::task::Waker;

    use super::*;

    fn poll(body: &mut Watched) -> Poll<Option<Bytes>> {
        let mut cx = Context::from_waker(Waker::noop());
        let polled = Pin::new(body).poll_frame(&mut cx);
        polled.map(|frame| frame.map(|frame| frame.expect("no fault").into_data().expect("data")))
    }

    fn answer(answers: &Answers, pieces: usize, then_wait: bool) -> Watched {
        let mut left = pieces;
        let pieces = futures_util::stream::poll_fn(move |_| match left.checked_sub(1) {
            Some(rest) => {
                left = rest;
                Poll::Ready(Some(Ok::<_, Infallible>(Bytes::from_static(b"piece"))))
            }
            None if then_wait => Poll::Pending,
            None => Poll::Ready(None),
        });
        answers.watch(Body::Other(axum::body::Body::from_stream(pieces)))
    }

    fn later() -> Instant {
        clock::now() + WRITE_STALL_MAX
    }

    #[test]
    fn an_answer_that_is_never_asked_for_stalls() {
        let answers = Answers::default();
        let body = answer(&answers, 1, false);
        assert!(!answers.are_stalled(clock::now()));
        assert!(answers.are_stalled(later()));
        drop(body);
        assert!(!answers.are_stalled(later()));
    }

    #[test]
    fn a_piece_that_never_reaches_the_wire_stalls_though_the_answer_is_at_its_end() {
        let answers = Answers::default();
        let mut body = answer(&answers, 1, false);
        let piece = poll(&mut body);
        assert!(matches!(&piece, Poll::Ready(Some(bytes)) if bytes == "piece"), "{piece:?}");
        assert_eq!(poll(&mut body), Poll::Ready(None));
        drop(body);
        assert!(answers.are_stalled(later()));
        drop(piece);
        assert!(!answers.are_stalled(later()));
    }

    #[test]
    fn who_waits_for_us_is_not_stalled() {
        let answers = Answers::default();
        let mut body = answer(&answers, 1, true);
        let piece = poll(&mut body);
        assert_eq!(poll(&mut body), Poll::Pending);
        assert!(answers.are_stalled(later()), "the first piece is still under way");
        drop(piece);
        assert_eq!(poll(&mut body), Poll::Pending);
        assert!(!answers.are_stalled(later()));
    }
}
