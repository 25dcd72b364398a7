//! What this site is, and what time it has.

use axum::{Json, extract};
use directory::RungOffer;
use domain::time::WallTime;
use serde::Serialize;
use utoipa::ToSchema;

use crate::state::{self, State};

/// What pages need to know before anybody signs in.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Site {
    /// Name of the site.
    #[schema(example = "Footlight")]
    name: String,
    /// Version of the software.
    #[schema(value_type = String)]
    version: &'static str,
    /// Who may sign up: `open`, `invite` or `closed`.
    #[schema(value_type = String, example = "open")]
    signup: &'static str,
    /// RTMP address without a key; `null` if that door is shut.
    #[schema(example = "rtmp://live.example.com/live")]
    rtmp: Option<String>,
    /// The same over TLS.
    rtmps: Option<String>,
    /// Rungs below the source that channels may choose from, best first.
    ladder: Vec<SiteRung>,
}

/// A rung below the source.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct SiteRung {
    /// What channels and playlists call it.
    #[schema(example = "720p")]
    name: String,
    /// Only partners get it.
    partners_only: bool,
}

impl From<&RungOffer> for SiteRung {
    fn from(rung: &RungOffer) -> Self {
        Self { name: rung.name.clone(), partners_only: rung.partners_only }
    }
}

/// The server's clock.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Time {
    /// Now, with milliseconds.
    #[schema(value_type = String, format = DateTime)]
    now: WallTime,
}

/// What this site is
#[utoipa::path(get, path = "/api/v1/site", tag = "site", operation_id = "site",
    responses((status = 200, description = "Name, version and doors", body = Site)))]
pub(crate) async fn get(extract::State(state): extract::State<State>) -> Json<Site> {
    Json(Site {
        name: state.config.site.name.clone(),
        version: state.deps.version,
        signup: state.deps.accounts.signup().as_str(),
        rtmp: state.deps.ingest.rtmp.clone(),
        rtmps: state.deps.ingest.rtmps.clone(),
        ladder: state.deps.channels.rungs().iter().map(SiteRung::from).collect(),
    })
}

/// What time it is
///
/// Players measure how far their clock is off, to show true latency.
#[utoipa::path(get, path = "/api/v1/time", tag = "site", operation_id = "time",
    responses((status = 200, description = "Now; never cached", body = Time)))]
pub(crate) async fn time() -> Json<Time> {
    Json(Time { now: state::wall() })
}
