//! One connection: its socket, what its client is, where it is in each room, and what could not be written yet.

use std::io::{self, IoSlice};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;

use super::outbox::{Outbox, SLICES_MAX};
use super::rates::Intake;
use super::ring::{Place, Step};
use super::session::Session;
use super::sight::Sight;
use super::thread::rooms::RoomTable;
use super::transport::Transport;
use super::upstream::Presented;
use crate::command::Account;
use crate::event::ConnectionId;
use crate::tree::frame::{Body, Frame, Share, Viewer};
use crate::tree::language::{Language, Want};
use crate::websocket::message::Reader;

/// A connection, as its thread owns it.
pub struct Connection {
    /// Its number on the site.
    pub id: ConnectionId,
    /// The socket.
    pub transport: Transport,
    /// Its language and what it said so far.
    pub session: Session,
    /// WebSocket messages; `None` over plain TCP, where lines end at LF.
    pub reader: Option<Reader>,
    /// Bytes of a message or line that is not whole yet.
    pub input: Vec<u8>,
    /// What could not be written yet.
    pub outbox: Option<Box<Outbox>>,
    /// Where it is, room by room.
    pub rooms: Vec<Membership>,
    /// Who it is.
    pub account: Option<Arc<Account>>,
    /// The token that says so.
    pub token: Option<Box<Presented>>,
    /// Where it comes from.
    pub address: IpAddr,
    /// What it sent lately.
    pub intake: Intake,
    /// Second in which something was last heard.
    pub heard_s: u32,
    /// Second in which the socket last took something, or had nothing to take.
    pub progress_s: u32,
    /// Second in which it is closed at the latest; 0 if nothing is planned.
    pub end_s: u32,
    /// Compression was agreed.
    pub deflate: bool,
    /// Every message, not the sampled view.
    pub full: bool,
    /// The socket takes nothing more for now.
    pub blocked: bool,
    /// A ping is out.
    pub pinged: bool,
    /// Nothing is read any more; the rest of the outbox is sent.
    pub closing: bool,
    /// Where it was when its last connection ended.
    pub after: Option<Box<(u64, u64)>>,
    /// Its place at the door.
    #[expect(dead_code, reason = "held, not read")]
    pub pass: Option<Box<dyn std::any::Any + Send>>,
}

/// A connection's place in a room.
#[derive(Clone, Copy, Debug)]
pub struct Membership {
    /// Index of the room in its thread.
    pub room: u32,
    /// Index in the room's list of members.
    pub at: u32,
    /// Where it reads; `None` until the room has let it in.
    pub place: Option<Place>,
    /// The room's newest event when it was let in.
    pub came: Place,
    /// Where it began to read here.
    pub began: Place,
    /// What it sees besides what is for everybody.
    pub sight: Sight,
    /// The room was told which account this is, so that it is told of the same one when it leaves.
    pub named: bool,
    /// As it is counted in the room's interest.
    pub want: Want,
}

/// Why a connection ends.
#[derive(Debug)]
pub enum End {
    /// The client is gone.
    Gone,
    /// We close, with a code and a reason.
    Close(u16, &'static str),
}

/// What was done in a second, for the metrics.
#[derive(Debug, Default)]
pub struct Tally {
    /// Frames written to sockets.
    pub frames: u64,
    /// Events in them.
    pub deliveries: u64,
    /// Bytes.
    pub bytes: u64,
    /// Events that slow readers missed.
    pub skipped: u64,
    /// Messages of clients.
    pub heard: u64,
}

/// Bytes that are gathered for one system call before the next is begun.
const GATHER_BYTES: usize = 256 * 1024;

impl Connection {
    /// What it counts as among a room's readers.
    pub fn want(&self) -> Want {
        Want::new(self.session.language(), self.deflate, self.full)
    }

    /// Puts a payload of this client's language behind all that waits. False if the client is too far behind. Behind a Close nothing
    /// comes: the client would take it for a fault, or lose the code to a socket that is shut.
    #[must_use]
    pub fn say(&mut self, payload: &[u8]) -> bool {
        if self.closing {
            return true;
        }
        let piece = match self.reader {
            Some(_) => Body::plain(payload).plain,
            None => Bytes::copy_from_slice(payload),
        };
        self.push(piece)
    }

    /// Puts ready bytes behind all that waits.
    #[must_use]
    pub fn push(&mut self, piece: Bytes) -> bool {
        self.outbox.get_or_insert_default().push(piece)
    }

    /// Writes what waits and then all frames that it has not got, until it has everything or the socket is full. `news`: the one room
    /// that has new frames. Where nothing waits all others were written before, and a bot in a hundred rooms is spared looking.
    ///
    /// # Errors
    /// When the connection has to end.
    pub fn pump(
        &mut self,
        rooms: &RoomTable,
        news: Option<u32>,
        now: Instant,
        pieces: &mut Vec<Bytes>,
        tally: &mut Tally,
    ) -> Result<(), End> {
        let news = news.filter(|_| self.outbox.is_none());
        while !self.blocked {
            if self.outbox.is_some() {
                self.write_outbox(tally)?;
                continue;
            }
            pieces.clear();
            if self.closing || !self.gather(rooms, news, now, pieces, tally)? {
                return self.transport.flush().or_else(|error| self.blocked_by(&error));
            }
            self.write_pieces(pieces, tally)?;
        }
        Ok(())
    }

    fn write_outbox(&mut self, tally: &mut Tally) -> Result<(), End> {
        let Some(outbox) = &mut self.outbox else {
            return Ok(());
        };
        if outbox.is_empty() {
            self.outbox = None;
            return Ok(());
        }
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        let count = outbox.slices(&mut slices);
        match self.transport.send(&slices[..count]) {
            Ok(0) => Err(End::Gone),
            Ok(written) => {
                tally.bytes += written as u64;
                outbox.advance(written);
                Ok(())
            }
            Err(error) => self.blocked_by(&error),
        }
    }

    /// Writes fresh pieces; what the socket does not take waits in the outbox.
    fn write_pieces(&mut self, pieces: &[Bytes], tally: &mut Tally) -> Result<(), End> {
        let mut slices = [IoSlice::new(&[]); SLICES_MAX];
        for (slot, piece) in slices.iter_mut().zip(pieces) {
            *slot = IoSlice::new(piece);
        }
        let written = match self.transport.send(&slices[..pieces.len().min(SLICES_MAX)]) {
            Ok(0) => return Err(End::Gone),
            Ok(written) => written,
            Err(error) => {
                self.blocked_by(&error)?;
                0
            }
        };
        tally.bytes += written as u64;
        tally.frames += pieces.len() as u64;
        if written < pieces.iter().map(Bytes::len).sum() {
            let outbox = self.outbox.get_or_insert_default();
            pieces.iter().for_each(|piece| outbox.push_shared(piece.clone()));
            outbox.advance(written);
        }
        Ok(())
    }

    fn blocked_by(&mut self, error: &io::Error) -> Result<(), End> {
        match error.kind() {
            io::ErrorKind::WouldBlock => {
                self.blocked = true;
                Ok(())
            }
            io::ErrorKind::Interrupted => Ok(()),
            _ => Err(End::Gone),
        }
    }

    /// As the reader of a room.
    pub fn viewer(&self, sight: &Sight) -> Viewer<'_> {
        let moderates = sight.moderates();
        Viewer {
            connection: self.id,
            language: self.session.language(),
            deflate: self.deflate,
            framed: self.reader.is_some(),
            // Who moderates must see everything.
            full: self.full || moderates,
            moderates,
            had: false,
            account: self.account.as_deref().filter(|_| sight.is_known()),
        }
    }

    /// Collects what this reader gets next in all its rooms, or in the one that has news. False if there is nothing.
    fn gather(
        &mut self,
        rooms: &RoomTable,
        news: Option<u32>,
        now: Instant,
        pieces: &mut Vec<Bytes>,
        tally: &mut Tally,
    ) -> Result<bool, End> {
        let mut bytes = 0;
        for at in 0..self.rooms.len() {
            let membership = self.rooms[at];
            if news.is_some_and(|news| news != membership.room) {
                continue;
            }
            let (Some(room), Some(mut place)) = (rooms.get(membership.room), membership.place) else {
                continue;
            };
            let mut viewer = self.viewer(&membership.sight);
            while pieces.len() < SLICES_MAX && bytes < GATHER_BYTES {
                let before = pieces.len();
                match room.ring.next(now, place, membership.came) {
                    Step::Idle => break,
                    Step::Frame { frame, from, then } => {
                        place = then;
                        viewer.had = membership.sight.had(frame, then, viewer.account);
                        give(frame, from, &viewer, pieces, tally);
                    }
                    Step::Skip { missed, must, then } => {
                        place = then;
                        tally.skipped += missed;
                        pieces.extend(gap(viewer.language, missed));
                        for (frame, from) in must {
                            give(frame, from, &viewer, pieces, tally);
                        }
                    }
                    Step::Lost => return Err(End::Close(1013, "you are too far behind")),
                }
                bytes += pieces[before..].iter().map(Bytes::len).sum::<usize>();
            }
            self.rooms[at].place = Some(place);
        }
        Ok(!pieces.is_empty())
    }
}

/// Appends a viewer's share of a frame.
fn give(frame: &Frame, from: u64, viewer: &Viewer<'_>, pieces: &mut Vec<Bytes>, tally: &mut Tally) {
    match frame.share(viewer, from) {
        Share::Nothing => {}
        Share::Bytes(bytes) => {
            tally.deliveries += frame.len() as u64;
            pieces.push(bytes);
        }
        Share::Unspoken => {
            tally.skipped += frame.len() as u64;
            pieces.extend(gap(viewer.language, frame.len() as u64));
        }
    }
}

fn gap(language: Language, missed: u64) -> Option<Bytes> {
    Session::gap(language, missed).map(|words| Body::plain(&words).plain)
}
