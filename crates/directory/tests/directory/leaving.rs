//! Leaving for good, over real (embedded) stores.

use std::sync::Arc;

use directory::accounts::{CreateError, Ended, SignInError, SignUpError};
use directory::{AccountDesk, AccountsConfig, KeyDesk, LeaveDesk, SignedIn};
use domain::ids::{EmoteId, MessageId, StreamId};
use domain::messages::{Emote, EmoteOwner, EmotePictures, LoggedMessage};
use domain::ports::{LeaseLost, LogRange};
use domain::rooms::{Look, Person, RoomChange, RoomRole};
use domain::streams::{SourceInfo, StreamRecord, StreamState};
use domain::users::{Scope, User};
use stores::Places;

use crate::site::{HOME, PASSWORD, at, form};

fn on_air(user: &User) -> StreamRecord {
    StreamRecord {
        id: StreamId(77),
        channel: user.id.into(),
        name: user.name.clone(),
        node: "one".to_owned(),
        started_at: at(0),
        state: StreamState::Live,
        source: SourceInfo::default(),
        renditions: vec!["source".to_owned()],
    }
}

fn said(channel: &User, author: &User, id: u64) -> LoggedMessage {
    LoggedMessage {
        id: MessageId(id),
        channel: channel.id.into(),
        author: author.id,
        login: author.name.clone(),
        at: at(0),
        text: "hello".to_owned(),
        action: false,
        reply_to: None,
        deleted: false,
    }
}

#[tokio::test]
async fn who_leaves_takes_everything_along_but_the_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let stores = stores::open(&Places::embedded(folder.path())).await.expect("opens");
    let (accounts, invites) = (stores.accounts.clone(), stores.invites.clone());
    let accounts = Arc::new(AccountDesk::new(AccountsConfig::default(), accounts, invites));
    let keys = KeyDesk::new(stores.stream_keys.clone());
    let leaving = LeaveDesk::new(
        accounts.clone(),
        stores.rooms.clone(),
        stores.chat_log.clone(),
        stores.emotes.clone(),
        stores.registry.clone(),
    );
    let SignedIn { user: maya, token, .. } =
        accounts.sign_up(form("maya"), HOME, at(0)).await.expect("signs up");
    let noor = accounts.sign_up(form("noor"), HOME, at(0)).await.expect("signs up").user;
    let (_, key) = keys.create(maya.id.into(), "", at(0)).await.expect("is made");
    let (_, bot) = accounts.create_token(maya.id, "", Scope::Chat, at(0)).await.expect("is made");
    let moderates = RoomChange::Grant(Person { id: maya.id, login: maya.name.clone() }, RoomRole::Moderator);
    stores.rooms.change(noor.id.into(), moderates, None).await.expect("changes");
    stores.rooms.set_look(maya.id, Look { colour: Some(1) }).await.expect("keeps");
    let lines = vec![said(&noor, &maya, 1), said(&noor, &noor, 2), said(&maya, &noor, 3)];
    stores.chat_log.append(lines).await.expect("appends");
    let owner = EmoteOwner::Channel(maya.id.into());
    let emote = Emote { id: EmoteId(1), owner, code: "mayaHi".to_owned(), animated: false, added_at: at(0) };
    let pictures = EmotePictures { media_type: "image/png".to_owned(), sizes: Default::default() };
    stores.emotes.add(emote, pictures, 60).await.expect("adds");
    let lease = stores.registry.claim(on_air(&maya), false, at(0)).await.expect("is free");
    let mut endings = accounts.endings();

    let refused = leaving.leave(&maya, "wrong horse", HOME, at(1)).await;
    assert!(matches!(refused, Err(SignInError::BadCredentials)), "{refused:?}");
    assert!(accounts.who(&token, at(1)).await.expect("answers").is_some(), "nothing happened");

    leaving.leave(&maya, PASSWORD, HOME, at(1)).await.expect("leaves");
    leaving.end_stream(maya.id.into(), at(1)).await.expect("ends");
    leaving.end_stream(noor.id.into(), at(1)).await.expect("ending what is not there is fine");
    for secret in [&token, &bot] {
        assert_eq!(accounts.who(secret, at(1)).await.expect("answers"), None);
    }
    assert_eq!(endings.try_recv(), Ok(Ended::Account(maya.id)));
    assert_eq!(keys.admit(&key).await.expect("answers"), None);
    assert!(matches!(
        accounts.sign_in("maya", PASSWORD, HOME, at(1)).await,
        Err(SignInError::BadCredentials)
    ));
    assert!(
        matches!(
            accounts.sign_up(form("maya"), HOME, at(1)).await,
            Err(SignUpError::Account(CreateError::NameTaken))
        ),
        "the name stays hers"
    );
    assert_eq!(stores.rooms.look(maya.id).await.expect("answers"), Look::default());
    assert_eq!(stores.rooms.moderated_by(maya.id).await.expect("answers"), []);
    assert_eq!(stores.emotes.list(owner).await.expect("lists"), []);
    for (channel, expected) in [(&noor, vec![2]), (&maya, vec![])] {
        let left = stores.chat_log.read(channel.id.into(), LogRange::default(), 10).await.expect("reads");
        assert_eq!(left.iter().map(|m| m.id.0).collect::<Vec<_>>(), expected);
    }
    assert_eq!(stores.registry.live(at(1)).await.expect("answers"), []);
    let renewed = stores.registry.renew(&lease, None, at(2)).await;
    assert!(matches!(renewed, Err(LeaseLost::Superseded)), "the stream's node hears of it: {renewed:?}");
}
