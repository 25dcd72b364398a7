//! What all requests share, and the two clocks of a request.

use std::ops::Deref;
use std::sync::Arc;
use std::time::Instant;

use domain::time::WallTime;
use runtime::Scope;
use runtime::listener::Gate;

use crate::config::WebConfig;
use crate::deps::Deps;

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
