//! The JSON API, one file for each resource. Routes and their documentation are registered together.

mod views;
mod accounts;
mod sessions;
mod me;
mod password;
mod tokens;
mod stream_keys;
mod health;
mod channels;
mod follows;
mod emotes;
mod events;
mod streams;
mod chat;
mod ingest;
mod site;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::state::State;

pub(crate) use events::Hub;

/// All routes of the API, to be answered with `State` and a [`Hub`] in the request's extensions.
pub(crate) fn routes() -> OpenApiRouter<State> {
    OpenApiRouter::new()
        .routes(routes!(accounts::create))
        .routes(routes!(sessions::create))
        .routes(routes!(sessions::delete_current))
        .routes(routes!(me::get, me::delete))
        .routes(routes!(password::put))
        .routes(routes!(tokens::list, tokens::create))
        .routes(routes!(tokens::delete))
        .routes(routes!(stream_keys::list, stream_keys::create))
        .routes(routes!(stream_keys::delete))
        .routes(routes!(health::get))
        .routes(routes!(channels::get, channels::patch))
        .routes(routes!(follows::list))
        .routes(routes!(follows::get, follows::put, follows::delete))
        .routes(routes!(follows::followers))
        .routes(routes!(emotes::global))
        .routes(routes!(emotes::list, emotes::add))
        .routes(routes!(emotes::remove))
        .routes(routes!(emotes::picture))
        .routes(routes!(events::get))
        .routes(routes!(streams::list))
        .routes(routes!(streams::get))
        .routes(routes!(streams::playlist))
        .routes(routes!(streams::thumbnail))
        .routes(routes!(ingest::post))
        .merge(chat::routes())
        .routes(routes!(site::get))
        .routes(routes!(site::time))
}
