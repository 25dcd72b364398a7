//! The desk as rooms know it: they ask at once and are told of the channel's own emotes when the store has answered.

use std::sync::Arc;

use domain::ids::ChannelId;
use runtime::Scope;
use tokio::sync::watch;

use super::desk::EmoteDesk;
use crate::command::Offered;
use crate::room::Codebook;

/// Which emotes each room offers, from an [`EmoteDesk`].
pub struct EmoteBook {
    desk: Arc<EmoteDesk>,
    scope: Scope,
}

impl EmoteBook {
    /// Over this desk; what waits for the store lives in `scope`.
    pub fn new(desk: Arc<EmoteDesk>, scope: Scope) -> Self {
        Self { desk, scope }
    }
}

impl Codebook for EmoteBook {
    fn of(&self, channel: ChannelId) -> watch::Receiver<Arc<[Offered]>> {
        let offered = self.desk.watch(channel);
        let desk = Arc::clone(&self.desk);
        self.scope.spawn("emotes of a room", async move {
            if let Err(error) = desk.tell(channel).await {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, channel = %channel, "a room does without its channel's emotes");
            }
        });
        offered
    }
}
