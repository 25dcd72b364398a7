//! The shell around `media::rtmp`: sockets, TLS, deadlines, and what to do with each effect of the session.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use domain::secrets::Secret;
use media::rtmp::command::code;
use media::rtmp::{Effect, PublishRequest, RtmpError, Session, SessionLimits};
use runtime::listener::{Gate, Pass, accept};
use runtime::{Scope, Stop, clock};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::server::TlsStream;
use tracing::Instrument as _;

use super::admit::{Admission, PublishError};
use super::intake::{Arrival, EncoderTag, Intake, MediaError};
use super::line::Line;
use super::prompt::Prompt;
use super::refused::Refused;
use super::slot::{Cut, Seat};
use crate::limits::READ_BYTES;
use crate::wall_now;

/// How long to read on after a refusal, so that the encoder gets to see it before the connection resets.
const LINGER: Duration = Duration::from_secs(2);

/// Takes connections from `listener`, by TLS if `tls` is given, until the scope closes.
pub fn serve(admission: &Admission, listener: TcpListener, tls: Option<Arc<ServerConfig>>, scope: &Scope) {
    Refused::count_from_zero();
    let config = admission.config();
    // Twice the publishers: there must be room for those that are being refused.
    let gate = Gate::new(config.per_address_max, config.publishers_max.saturating_mul(2));
    let admission = admission.clone();
    let inner = scope.clone();
    let tls = tls.map(TlsAcceptor::from);
    scope.spawn_until_stop("rtmp listener", |stop| async move {
        while let Some((socket, peer)) = accept(&listener, &stop).await {
            match gate.admit(peer.ip()) {
                Ok(pass) => start(&admission, Prompt::new(socket), peer, tls.clone(), pass, &inner),
                Err(full) => Refused::Full.note(peer, &full),
            }
        }
    });
}

fn start(
    admission: &Admission,
    socket: Prompt,
    peer: SocketAddr,
    tls: Option<TlsAcceptor>,
    pass: Pass,
    scope: &Scope,
) {
    let admission = admission.clone();
    let span = tracing::info_span!("rtmp", %peer);
    scope.spawn_until_stop("rtmp connection", move |stop| {
        async move {
            let _pass = pass;
            metrics::gauge!("footlight_ingest_connections").increment(1.0);
            let timeout = admission.config().handshake_timeout;
            let deadline = clock::now() + timeout;
            match tls {
                None => Connection::new(&admission, peer, deadline).run(socket, stop).await,
                Some(tls) => match encrypted(&tls, socket, timeout, &stop).await {
                    Ok(socket) => Connection::new(&admission, peer, deadline).run(socket, stop).await,
                    Err(Some(why)) => Refused::Tls.note(peer, &why),
                    Err(None) => {}
                },
            }
            metrics::gauge!("footlight_ingest_connections").decrement(1.0);
        }
        .instrument(span)
    });
}

/// `socket` behind TLS, or why there is none: a reason that is the client's, or `None` if we stop.
async fn encrypted<S: AsyncRead + AsyncWrite + Unpin>(
    tls: &TlsAcceptor,
    socket: S,
    timeout: Duration,
    stop: &Stop,
) -> Result<TlsStream<S>, Option<String>> {
    let handshake = tokio::time::timeout(timeout, tls.accept(socket));
    match unless_stopped(stop, handshake).await.ok_or(None)? {
        Ok(Ok(socket)) => Ok(socket),
        Ok(Err(error)) => Err(Some(error.to_string())),
        Err(_) => Err(Some("the TLS handshake timed out".to_owned())),
    }
}

/// Why a connection ends.
#[derive(Debug, thiserror::Error)]
enum End {
    #[error("the encoder closed the connection")]
    Eof,
    #[error("the encoder ended its stream")]
    Goodbye,
    #[error("nothing came for {} s", .0.as_secs())]
    Idle(Duration),
    #[error("no stream was published within {} s of connecting", .0.as_secs())]
    Handshake(Duration),
    #[error(transparent)]
    Protocol(RtmpError),
    #[error(transparent)]
    Refused(PublishError),
    #[error(transparent)]
    Media(MediaError),
    #[error("{}", .0.text())]
    Cut(Cut),
    #[error("the connection broke")]
    Io(#[source] io::Error),
    #[error("the server is stopping")]
    Stopping,
}

impl End {
    /// Whether an encoder that was live is disconnected for a reason that its creator should know.
    fn is_from_here(&self) -> bool {
        match self {
            Self::Media(_)
            | Self::Protocol(_)
            | Self::Cut(Cut::TakenOver | Cut::LeaseLost | Cut::KeyRevoked | Cut::PictureCame) => true,
            Self::Eof
            | Self::Goodbye
            | Self::Idle(_)
            | Self::Handshake(_)
            | Self::Refused(_)
            | Self::Cut(Cut::Ended | Cut::ChannelGone)
            | Self::Io(_)
            | Self::Stopping => false,
        }
    }

    /// What kind of refusal it is of a connection that is no publisher; `None` if it left by itself or we do.
    fn refused(&self) -> Option<Refused> {
        match self {
            Self::Handshake(_) => Some(Refused::Handshake),
            Self::Protocol(_) => Some(Refused::Protocol),
            Self::Refused(_) => Some(Refused::Publish),
            Self::Eof
            | Self::Goodbye
            | Self::Idle(_)
            | Self::Media(_)
            | Self::Cut(_)
            | Self::Io(_)
            | Self::Stopping => None,
        }
    }
}

struct Connection<'a> {
    admission: &'a Admission,
    peer: SocketAddr,
    session: Session,
    intake: Option<Intake>,
    effects: Vec<Effect>,
    /// Until when a publish must be accepted.
    deadline: Instant,
}

impl<'a> Connection<'a> {
    fn new(admission: &'a Admission, peer: SocketAddr, deadline: Instant) -> Self {
        let config = admission.config();
        let usual = SessionLimits::default();
        let limits = SessionLimits {
            message_bytes_max: config.frame_bytes_max,
            command_bytes_max: config.message_bytes_max,
            partial_bytes_max: config.memory_bytes_max,
            pending_bytes_max: usual.pending_bytes_max.min(config.memory_bytes_max),
            ..usual
        };
        Self { admission, peer, session: Session::new(limits), intake: None, effects: Vec::new(), deadline }
    }

    async fn run(mut self, socket: impl AsyncRead + AsyncWrite + Unpin, stop: Stop) {
        let mut line = Line::new(socket);
        let end = match self.converse(&mut line, &stop).await {
            Ok(()) => End::Eof,
            Err(end) => end,
        };
        if let (None, Some(refused)) = (&self.intake, end.refused()) {
            refused.note(self.peer, &end);
        }
        let intake = self.intake.take();
        let was_publisher = intake.is_some();
        // First: a farewell to an encoder that does not listen takes seconds, and meanwhile the next one may want the seat.
        match intake {
            Some(intake) => self.leave(intake, &end),
            None => tracing::debug!(reason = %end, "connection ended"),
        }
        self.farewell(&mut line, &end, was_publisher, &stop).await;
    }

    /// Leaves the publisher's seat.
    fn leave(&self, intake: Intake, end: &End) {
        let config = self.admission.config();
        let clean = matches!(end, End::Goodbye);
        let grace = if clean { config.grace_clean_close } else { config.grace };
        let now = clock::now();
        let seat = intake.into_seat();
        if end.is_from_here() {
            self.admission.note_sent_away(seat.slot().broadcast.channel, end.to_string(), now);
        }
        seat.leave(now + grace, now);
        tracing::info!(reason = %end, "publisher left");
    }

    /// Reads and acts until something ends the connection.
    async fn converse(
        &mut self,
        line: &mut Line<impl AsyncRead + AsyncWrite + Unpin>,
        stop: &Stop,
    ) -> Result<(), End> {
        let mut buffer = BytesMut::with_capacity(READ_BYTES);
        let idle = self.admission.config().idle_timeout;
        loop {
            buffer.reserve(READ_BYTES / 2);
            let limit = self.read_limit(idle);
            let count = tokio::select! {
                biased;
                cut = cut(&mut self.intake) => return Err(End::Cut(cut)),
                () = stop.stopped() => return Err(End::Stopping),
                read = tokio::time::timeout(limit, line.read(&mut buffer)) => match read {
                    Ok(read) => read.map_err(End::Io)?,
                    Err(_) if self.intake.is_some() => return Err(End::Idle(idle)),
                    Err(_) => return Err(End::Handshake(self.admission.config().handshake_timeout)),
                },
            };
            if count == 0 {
                return Ok(());
            }
            self.count(count)?;
            let received = self.session.receive(buffer.split().freeze(), &mut self.effects);
            // What was understood before an error still counts.
            self.act(line).await?;
            received.map_err(End::Protocol)?;
        }
    }

    /// Whatever comes counts, media or not.
    fn count(&self, bytes: usize) -> Result<(), End> {
        let Some(intake) = &self.intake else { return Ok(()) };
        let wall = wall_now();
        intake.count(bytes, clock::now(), wall, self.admission.config()).map_err(End::Media)
    }

    /// Before a publish is accepted the whole way there has one deadline, so that a byte now and then does not help.
    fn read_limit(&self, idle: Duration) -> Duration {
        match self.intake {
            Some(_) => idle,
            None => self.deadline.saturating_duration_since(clock::now()),
        }
    }

    async fn act(&mut self, line: &mut Line<impl AsyncRead + AsyncWrite + Unpin>) -> Result<(), End> {
        let mut at = 0;
        // Accepting a publish appends what the encoder sent ahead, so the list grows while it is walked.
        while at < self.effects.len() {
            let effect = std::mem::replace(&mut self.effects[at], Effect::Send(Bytes::new()));
            at += 1;
            let acted = self.act_on(effect, line).await;
            if acted.is_err() {
                self.effects.clear();
                return acted;
            }
        }
        self.effects.clear();
        Ok(())
    }

    async fn act_on(
        &mut self,
        effect: Effect,
        line: &mut Line<impl AsyncRead + AsyncWrite + Unpin>,
    ) -> Result<(), End> {
        match effect {
            Effect::Send(bytes) => {
                line.owe(&bytes);
                Ok(())
            }
            Effect::Connected(connect) => {
                tracing::debug!(encoder = connect.encoder, "encoder connected");
                Ok(())
            }
            Effect::PublishRequested(request) => {
                self.publish(&request, clock::now()).await.map_err(End::Refused)
            }
            Effect::Video { timestamp_ms, data } => self.take(EncoderTag::Video(data), timestamp_ms),
            Effect::Audio { timestamp_ms, data } => self.take(EncoderTag::Audio(data), timestamp_ms),
            Effect::Metadata(metadata) => {
                if let Some(intake) = &self.intake {
                    intake.metadata(&metadata);
                }
                Ok(())
            }
            Effect::Ended => Err(End::Goodbye),
        }
    }

    fn take(&mut self, tag: EncoderTag, raw_ms: u32) -> Result<(), End> {
        let Some(intake) = &mut self.intake else { return Ok(()) };
        let arrival = Arrival { raw_ms, now: clock::now(), wall: wall_now() };
        intake.take(tag, arrival, self.admission.config()).map_err(End::Media)
    }

    async fn publish(&mut self, request: &PublishRequest, now: Instant) -> Result<(), PublishError> {
        let key = request.key.as_ref().ok_or(PublishError::NoKey)?;
        let secret = Secret::presented(key.expose());
        let seat: Seat = self.admission.admit(&secret, self.peer.ip(), now).await?;
        let broadcast = &seat.slot().broadcast;
        tracing::info!(
            stream = %broadcast.stream,
            channel = %broadcast.channel,
            encoder = request.encoder,
            "publisher accepted"
        );
        metrics::counter!("footlight_ingest_publishes_total").increment(1);
        // The session has asked, and was not fed since: it still waits for this.
        if let Err(error) = self.session.accept_publish(&mut self.effects) {
            tracing::warn!(%error, "a publish was accepted that nobody asks for");
        }
        self.intake = Some(Intake::new(seat, now));
        Ok(())
    }

    /// Tells the encoder why, and gives it time to read that.
    async fn farewell(
        &mut self,
        line: &mut Line<impl AsyncRead + AsyncWrite + Unpin>,
        end: &End,
        was_publisher: bool,
        stop: &Stop,
    ) {
        self.effects.clear();
        match end {
            End::Refused(error) => {
                if let PublishError::BadKey { delay } = error {
                    unless_stopped(stop, tokio::time::sleep(*delay)).await;
                }
                self.session.refuse_publish(code::BAD_NAME, &error.to_string(), &mut self.effects);
            }
            End::Media(_) | End::Cut(_) | End::Idle(_) | End::Protocol(_) | End::Stopping
                if was_publisher =>
            {
                self.session.end_publish(code::REJECTED, &end.to_string(), &mut self.effects);
            }
            End::Protocol(_)
            | End::Eof
            | End::Goodbye
            | End::Io(_)
            | End::Handshake(_)
            | End::Media(_)
            | End::Cut(_)
            | End::Idle(_)
            | End::Stopping => {}
        }
        for effect in std::mem::take(&mut self.effects) {
            if let Effect::Send(bytes) = effect {
                line.owe(&bytes);
            }
        }
        if line.settle().await.is_err() {
            return;
        }
        let rest = async {
            // An encoder that has said goodbye closes by itself; GStreamer calls it an error if we are first.
            if matches!(end, End::Goodbye) {
                drop(tokio::time::timeout(LINGER, line.read_out()).await);
            }
            drop(tokio::time::timeout(LINGER, line.linger()).await);
        };
        // Who was live shall read why that is over, then more than ever; nobody else holds up the way down.
        match was_publisher {
            true => rest.await,
            false => drop(unless_stopped(stop, rest).await),
        }
    }
}

/// What `work` gives, or `None` if it is time to stop. It is begun in any case.
async fn unless_stopped<T>(stop: &Stop, work: impl Future<Output = T>) -> Option<T> {
    tokio::select! {
        biased;
        done = work => Some(done),
        () = stop.stopped() => None,
    }
}

/// Resolves when the publisher is cut; never without one.
async fn cut(intake: &mut Option<Intake>) -> Cut {
    match intake {
        Some(intake) => intake.seat().cut().await,
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests;
