//! A whole connection, in memory.

mod hostile;
mod publishing;

use super::*;
use crate::rtmp::amf::Writer;
use crate::rtmp::testing::{Client, answers, events, run, sent};

fn session() -> Session {
    Session::new(SessionLimits::default())
}

/// Feeds everything at once, accepting whoever asks; what happened and how it ended.
fn play(client: &mut Client) -> (Vec<Effect>, Result<(), RtmpError>) {
    run(&mut session(), &client.take(), &[])
}

/// As [`play`], for streams that end well: the events in short.
#[track_caller]
fn check(client: &mut Client, expected: &[&str]) {
    let (effects, result) = play(client);
    assert_eq!(result, Ok(()));
    assert_eq!(events(&effects), expected);
}

/// A session in which `client` waits for its answer, and what was said up to there.
fn asked(client: &mut Client) -> (Session, Vec<Effect>) {
    let mut session = session();
    let mut effects = Vec::new();
    session.receive(client.take(), &mut effects).expect("a good client");
    (session, effects)
}

fn feed(session: &mut Session, client: &mut Client) -> Result<Vec<Effect>, RtmpError> {
    let mut effects = Vec::new();
    session.receive(client.take(), &mut effects).map(|()| effects)
}
