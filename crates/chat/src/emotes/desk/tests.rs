//! The desk over a real (embedded) store.

use stores::Places;
use tempfile::TempDir;

use super::*;
use crate::emotes::EmoteBook;
use crate::emotes::picture::Frame;
use crate::room::Codebook as _;

const MAYA: ChannelId = ChannelId(1);
const NOOR: ChannelId = ChannelId(2);

async fn desk() -> (EmoteDesk, TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
    (EmoteDesk::new(stores.emotes.clone(), "ffmpeg".into()), folder)
}

fn upload(frames: u8) -> Bytes {
    let frame = |n: u8| Frame {
        pixels: image::RgbaImage::from_pixel(30, 30, image::Rgba([n * 80, 200, 100, 255])),
        shown_ms: 50,
    };
    picture::encode(&(0..frames).map(frame).collect::<Vec<_>>()).expect("encodes").into()
}

/// A day after numbers begin: on the first one they would be as small as the site's.
fn now() -> WallTime {
    WallTime::from_unix_ms(1_767_225_600_000 + 86_400_000)
}

fn codes(offered: &watch::Receiver<Arc<[Offered]>>) -> Vec<String> {
    offered.borrow().iter().skip(GLOBAL.len()).map(|offered| offered.code.to_string()).collect()
}

#[tokio::test]
async fn an_emote_is_offered_in_its_room_until_it_is_removed() {
    let (desk, _folder) = desk().await;
    let mut mine = desk.watch(MAYA);
    let others = desk.watch(NOOR);
    assert_eq!(mine.borrow().len(), GLOBAL.len(), "the site's are everybody's");
    mine.mark_unchanged();
    let emote = desk.add(MAYA, "mayaHi", upload(3), now()).await.expect("is taken");
    assert!(emote.animated);
    assert!(mine.has_changed().expect("the desk is there"), "the room is told");
    assert_eq!(codes(&mine), ["mayaHi"]);
    assert!(!others.has_changed().expect("the desk is there"));
    assert_eq!(codes(&desk.watch(MAYA)), ["mayaHi"]);

    let moving = desk.picture(emote.id, 1, false).await.expect("answers").expect("is there");
    let still = desk.picture(emote.id, 1, true).await.expect("answers").expect("is there");
    assert_eq!(moving.media_type, "image/png");
    assert!(still.bytes.len() < moving.bytes.len());
    assert_eq!(desk.picture(emote.id, 3, false).await.expect("answers"), None);

    assert!(!desk.remove(NOOR, emote.id).await.expect("answers"), "it is not theirs");
    assert!(desk.remove(MAYA, emote.id).await.expect("answers"));
    assert_eq!(codes(&mine), [""; 0]);
    assert_eq!(desk.picture(emote.id, 1, false).await.expect("answers"), None);
}

#[tokio::test]
async fn a_room_that_opens_later_learns_what_the_channel_has() {
    let (desk, _folder) = desk().await;
    desk.add(MAYA, "mayaHi", upload(1), now()).await.expect("is taken");
    let scope = runtime::Scope::root();
    let book = EmoteBook::new(Arc::new(desk), scope.clone());
    let mut offered = book.of(MAYA);
    offered.wait_for(|offered| offered.len() > GLOBAL.len()).await.expect("the desk is there");
    assert_eq!(codes(&offered), ["mayaHi"]);
}

#[tokio::test]
async fn codes_are_plain_and_nobody_elses() {
    let (desk, _folder) = desk().await;
    desk.add(MAYA, "mayaHi", upload(1), now()).await.expect("is taken");
    desk.add(NOOR, "mayaHi", upload(1), now()).await.expect("another channel may");
    for code in ["", "a", "with space", "käse", ":)", "abcdefghijklmnopqrstuvwxyz"] {
        let refused = desk.add(MAYA, code, upload(1), now()).await;
        assert!(matches!(refused, Err(AddError::Code)), "{code:?}: {refused:?}");
    }
    for code in ["mayaHi", "footHype"] {
        let refused = desk.add(MAYA, code, upload(1), now()).await;
        assert!(matches!(refused, Err(AddError::CodeTaken)), "{code:?}: {refused:?}");
    }
    let refused = desk.add(MAYA, "mayaBye", Bytes::from_static(b"no picture"), now()).await;
    assert!(matches!(refused, Err(AddError::Intake(IntakeError::Format))), "{refused:?}");
    assert_eq!(desk.of_channel(MAYA).await.expect("lists").len(), 1);
}

#[tokio::test]
async fn the_one_beyond_the_queue_is_refused_at_once() {
    let (desk, _folder) = desk().await;
    let places = u32::try_from(desk.admitted.available_permits()).expect("few");
    let all = desk.admitted.clone().acquire_many_owned(places).await.expect("all permits");
    assert!(matches!(desk.add(MAYA, "mayaHi", upload(1), now()).await, Err(AddError::Busy)));
    drop(all);
    desk.add(MAYA, "mayaHi", upload(1), now()).await.expect("is taken");
}

#[tokio::test]
async fn a_channel_keeps_the_others_waiting_for_no_more_than_two_of_its_pictures() {
    let (desk, _folder) = desk().await;
    let mut turns: Vec<_> =
        (0..INTAKES_OF_A_CHANNEL).map(|_| Turn::of(MAYA, &desk.of_channels).expect("free")).collect();
    assert!(matches!(desk.add(MAYA, "mayaHi", upload(1), now()).await, Err(AddError::Busy)));
    desk.add(NOOR, "noorHi", upload(1), now()).await.expect("another's is taken");
    turns.pop();
    desk.add(MAYA, "mayaHi", upload(1), now()).await.expect("is taken");
    drop(turns);
    assert!(desk.of_channels.lock().expect("whole").is_empty());
}

#[tokio::test]
async fn the_sites_own_have_pictures_that_stand_still_if_asked() {
    let (desk, _folder) = desk().await;
    for global in GLOBAL {
        for size in 0..3 {
            let moving = desk.picture(global.id, size, false).await.expect("answers").expect("is there");
            let still = desk.picture(global.id, size, true).await.expect("answers").expect("is there");
            assert_eq!(still.bytes.len() < moving.bytes.len(), global.animated, "{}", global.code);
        }
    }
}
