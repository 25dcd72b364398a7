//! What a channel says of itself, and who may change it.

use directory::channels::PatchError;
use domain::users::{ChannelPatch, User};

use crate::site::{Site, name};

#[tokio::test]
async fn a_channel_is_changed_by_its_owner_or_an_administrator() {
    let site = Site::open().await;
    let (maya, noor) = (site.user("maya").await, site.user("noor").await);
    let admin = User { admin: true, ..noor.clone() };
    let titled = |title: &str| ChannelPatch { title: Some(title.to_owned()), ..ChannelPatch::default() };
    let edits = site.channels.edits();
    let changed = site.channels.patch(&maya, &maya.name, titled(" Chess ")).await.expect("her own");
    assert_eq!(changed.title, "Chess");
    assert!(edits.has_changed().expect("the desk is there"));
    assert!(site.channels.patch(&admin, &maya.name, titled("Quiet please")).await.is_ok());
    let refused = site.channels.patch(&noor, &maya.name, titled("Mine")).await;
    assert!(matches!(refused, Err(PatchError::NotYours)), "{refused:?}");
    let refused = site.channels.patch(&maya, &name("nobody"), titled("x")).await;
    assert!(matches!(refused, Err(PatchError::NoSuchChannel)), "{refused:?}");
    let refused = site.channels.patch(&maya, &maya.name, titled(&"x".repeat(141))).await;
    assert!(matches!(refused, Err(PatchError::Invalid(_))), "{refused:?}");
    let kept = site.channels.by_name(&maya.name).await.expect("answers").expect("is there");
    assert_eq!(kept.title, "Quiet please");
}
