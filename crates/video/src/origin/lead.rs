//! Whose frames the plan is made from: the source's, or those of the encoder that stands in for it (V1).
//!
//! Holds the driver and the stand-in's cursor, and does what `package::Splice` decides. Leaves the waiting to `feed`.

use std::sync::Arc;

use domain::time::WallTime;
use media::time::{MediaSpan, MediaTime};

use super::stream::LiveStream;
use crate::live::{Broadcast, Read, Reader, Rendition};
use crate::package::{Driver, Emit, Fill, Splice, Step, Top};

/// The writer of a stream's plan.
pub struct Lead {
    broadcast: Arc<Broadcast>,
    driver: Driver,
    splice: Splice,
    encoded: Option<(Arc<Rendition>, Reader)>,
    /// The stand-in that has ended: it is not asked again.
    gone: Option<Arc<Rendition>>,
}

impl Lead {
    /// A lead that begins with the source.
    pub fn new(stream: &LiveStream) -> Self {
        Self {
            broadcast: Arc::clone(&stream.broadcast),
            driver: Driver::new(stream.timing, Arc::clone(&stream.plan)),
            splice: Splice::new(stream.broadcast.latency),
            encoded: None,
            gone: None,
        }
    }

    /// The source's frame at which it takes over again is known: no further one is asked for before that.
    pub fn is_turning_back(&self) -> bool {
        self.splice.is_turning_back()
    }

    /// Takes the source's next frame, which arrived at `now`.
    pub fn source(&mut self, read: Read, now: WallTime) -> Vec<Emit> {
        let top = self.top();
        let steps = self.splice.source(read, top.as_ref().map(|(_, top)| *top));
        if !self.splice.is_encoded() {
            self.encoded = None;
        } else if let (None, Some((rendition, _))) = (&self.encoded, top) {
            let reader = rendition.track.reader();
            self.encoded = Some((rendition, reader));
        }
        self.act(steps, now)
    }

    /// The stand-in's next frame, `None` once it has ended; never resolves without a stand-in. Cancel-safe.
    pub async fn next_encoded(&mut self) -> Option<Read> {
        match &mut self.encoded {
            Some((_, reader)) => reader.next().await,
            None => std::future::pending().await,
        }
    }

    /// Takes what [`Self::next_encoded`] gave.
    pub fn encoded(&mut self, read: Option<Read>, now: WallTime) -> Vec<Emit> {
        let steps = match read {
            Some(read) => self.splice.encoded(read),
            None => {
                self.gone = self.encoded.take().map(|(rendition, _)| rendition);
                self.splice.ended()
            }
        };
        if !self.splice.is_encoded() {
            self.encoded = None;
        }
        self.act(steps, now)
    }

    /// The source takes over again, though the stand-in has not come as far as it should.
    pub fn turn_back(&mut self, now: WallTime) -> Vec<Emit> {
        let steps = self.splice.turn_back();
        self.encoded = None;
        self.act(steps, now)
    }

    /// As [`Driver::is_cutting`].
    pub fn is_cutting(&self) -> bool {
        self.driver.is_cutting()
    }

    /// As [`Driver::fill`].
    pub fn fill(&mut self, fill: Fill, until: MediaTime, now: WallTime) -> Vec<Emit> {
        self.driver.fill(fill, until, now)
    }

    /// As [`Driver::fill_due_after`].
    pub fn fill_due_after(&self, at: MediaTime) -> Option<MediaSpan> {
        self.driver.fill_due_after(at)
    }

    /// As [`Driver::settle`].
    pub fn settle(&self) {
        self.driver.settle();
    }

    /// No more frames follow.
    pub fn end(&mut self, now: WallTime) -> Vec<Emit> {
        let mut out = Vec::new();
        while let Some(read) = self.encoded.as_mut().and_then(|(_, reader)| reader.try_next()) {
            out.extend(self.encoded(Some(read), now));
        }
        out.extend(self.driver.end());
        out
    }

    /// The stand-in, while one is wanted and made, and where it is.
    fn top(&self) -> Option<(Arc<Rendition>, Top)> {
        if !self.broadcast.unfit.borrow().any() {
            return None;
        }
        let rendition = self.broadcast.top.borrow().clone()?;
        if self.gone.as_ref().is_some_and(|gone| Arc::ptr_eq(gone, &rendition)) {
            return None;
        }
        let (_, key) = rendition.track.last_key_frame()?;
        let top = Top { key: key.pts(), newest: rendition.track.newest()? };
        Some((rendition, top))
    }

    fn act(&mut self, steps: Vec<Step>, now: WallTime) -> Vec<Emit> {
        let emits = steps.into_iter().map(|step| match step {
            Step::Push(read) => {
                let came = source_came(&self.broadcast, read.frame.pts(), now);
                self.driver.push(*read, came)
            }
            Step::Splice => self.driver.splice(),
            Step::Still(until) => self.driver.fill(Fill::Still, until, now),
        });
        emits.flatten().collect()
    }
}

/// When the source's frame came that is shown at `at`: the newest one came just now. What reads it late, or makes another
/// of it first, says nothing of the encoder's clock.
fn source_came(broadcast: &Broadcast, at: MediaTime, now: WallTime) -> WallTime {
    let behind = broadcast.video.newest().map_or(0, |newest| (newest - at).to_ms());
    WallTime::from_unix_ms(now.unix_ms() - behind.max(0))
}
