//! What all requests share, and the two clocks of a request.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use domain::time::WallTime;
use runtime::Scope;
use runtime::listener::Gate;
use tokio::sync::oneshot;

use crate::config::WebConfig;
use crate::deps::Deps;
use crate::errors::ApiError;

/// Shared by all requests; clones are handles.
#[derive(Clone)]
pub(crate) struct State(Arc<Shared>);

/// The content of a [`State`].
pub(crate) struct Shared {
    pub(crate) config: WebConfig,
    pub(crate) deps: Deps,
    /// The site's public origin, if one is configured: compared with `Origin` headers.
    pub(crate) origin: Option<String>,
    /// Places of event streams.
    pub(crate) event_streams: Gate,
    /// Where tasks that serve several requests run.
    pub(crate) scope: Scope,
}

impl State {
    pub(crate) fn new(config: WebConfig, deps: Deps, scope: &Scope) -> Self {
        let connections = &config.http.connections;
        let event_streams =
            Gate::new(connections.event_streams_per_address_max, connections.event_streams_total_max);
        let origin = config.site.origin();
        Self(Arc::new(Shared { config, deps, origin, event_streams, scope: scope.clone() }))
    }
}

impl State {
    /// Runs to its end what must not stop half-way: a request's own future is dropped with its connection, whenever the client likes.
    pub(crate) async fn to_its_end<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        to_its_end(&self.scope, work).await
    }
}

async fn to_its_end<T: Send + 'static>(
    scope: &Scope,
    work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
) -> Result<T, ApiError> {
    let (tell, told) = oneshot::channel();
    scope.spawn_until_stop("request", |_| async move {
        // Nobody may be there any more to hear it.
        let _ = tell.send(work.await);
    });
    told.await.unwrap_or(Err(ApiError::Draining))
}

impl Deref for State {
    type Target = Shared;
    fn deref(&self) -> &Shared {
        &self.0
    }
}

/// The wall clock, read for this request.
pub(crate) fn wall() -> WallTime {
    WallTime::from_unix_ms(runtime::clock::wall_ms())
}

/// The monotonic clock, read for this request.
pub(crate) fn now() -> Instant {
    runtime::clock::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_begun_is_done_though_the_client_has_left() {
        let scope = Scope::root();
        assert!(matches!(to_its_end(&scope, async { Ok(7) }).await, Ok(7)));
        let (client, has_left) = oneshot::channel::<()>();
        let (done, is_done) = oneshot::channel();
        let request = to_its_end(&scope, async move {
            let _ = has_left.await;
            let _ = done.send("done");
            Ok(())
        });
        // Its first poll, and then it is dropped.
        let answer =
            tokio::select! { biased; answer = request => Some(answer), () = std::future::ready(()) => None };
        assert!(answer.is_none());
        drop(client);
        assert_eq!(is_done.await, Ok("done"));
    }
}
