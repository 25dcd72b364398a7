//! What a link's channel keeps out: strangers, others' certificates, somebody in between, what was heard before.

use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};

use super::*;
use crate::link::tls::{Trust, fingerprint};

/// A node's certificate, and the server's half made from it.
struct Identity {
    certificate: CertificateDer<'static>,
    server: Arc<ServerConfig>,
}

fn identity(name: &str) -> Identity {
    let made = rcgen::generate_simple_self_signed(vec![name.to_owned()]).expect("made");
    let certificate: CertificateDer<'static> = made.cert.der().clone();
    let key = PrivateKeyDer::try_from(made.signing_key.serialize_der()).expect("a key");
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.clone()], key)
        .expect("they fit");
    Identity { certificate, server: Arc::new(server) }
}

fn opener(trust: Trust) -> Opener {
    Opener::new(trust).expect("trust that rustls takes")
}

fn roots(identity: &Identity) -> Trust {
    let mut roots = RootCertStore::empty();
    roots.add(identity.certificate.clone()).expect("a root");
    Trust::Roots(Arc::new(roots))
}

#[tokio::test(start_paused = true)]
async fn a_link_over_tls_goes_on_where_a_cut_stopped_it() {
    let identity = identity("footlight-chat");
    let tls = (Arc::clone(&identity.server), opener(Trust::Secret));
    let pair = pair_over(EndConfig::default(), Some(tls));
    is_read(&pair.links).await;
    talk(&pair.links, &pair.uplink, READER, 30, |_| pair.cut.notify_waiters()).await;
    heard_all(&pair.below, &pair.above, 30).await;
    pair.scope.close(Duration::from_secs(1)).await;
}

/// How the lower end fares with this trust, connecting to `root:1`.
async fn meets(identity: &Identity, trust: Trust) -> Result<(), LinkError> {
    let (here, there) = tokio::io::duplex(4096);
    let opener = opener(trust);
    let (opened, taken) =
        tokio::join!(opener.open("root:1", here), tls::take(Arc::clone(&identity.server), there));
    if let (Ok((_, here)), Ok((_, there))) = (&opened, &taken) {
        assert_eq!(here, there, "both ends have the same value");
    }
    opened.map(drop)
}

#[tokio::test]
async fn the_other_end_s_certificate_must_be_the_one_that_is_wanted() {
    let [root, other] = ["root", "other"].map(identity);
    let pin = |identity: &Identity| Trust::Fingerprint(fingerprint(&identity.certificate));
    for (trust, fine) in [
        (Trust::Secret, true),
        (pin(&root), true),
        (pin(&other), false),
        (roots(&root), true),
        (roots(&other), false),
    ] {
        let words = format!("{trust:?}");
        match meets(&root, trust).await {
            Ok(()) => assert!(fine, "{words}"),
            Err(LinkError::Identity(error)) => assert!(!fine, "{words}: {error}"),
            Err(error) => panic!("{words}: {error}"),
        }
    }
    let elsewhere = meets(&other, roots(&other)).await.expect_err("its name is not root");
    let words = elsewhere.to_string();
    assert!(words.contains("chat.link.fingerprint, chat.link.ca"), "{words}");
}

#[tokio::test]
async fn an_end_without_tls_is_told_what_to_look_at() {
    let (here, mut there) = tokio::io::duplex(4096);
    let opener = opener(Trust::Secret);
    let (opened, _) = tokio::join!(opener.open("root:1", here), there.write_all(b"no TLS here, sorry"));
    let words = opened.map(drop).expect_err("no TLS").to_string();
    assert!(words.contains("chat.link.plain"), "{words}");
}

/// Links a lower end with `secret` once over `stream`; what came down to it, and its attempts.
fn link_once(scope: &Scope, secret: Secret, stream: (Box<dyn Stream>, Binding)) -> (Notes, Notes) {
    let uplink = Uplink::new(secret, 9, None, EndConfig::default());
    let (notes, tries) = (Notes::default(), Notes::default());
    uplink.authenticate(READER, "token");
    let (once, counted) = (Mutex::new(Some(stream)), tries.clone());
    let connect = move |_| {
        counted.note("try".into());
        let end = once.lock().unwrap_or_else(PoisonError::into_inner).take();
        async move { end.ok_or_else(refused) }
    };
    scope.spawn("lower end", uplink.run("root".into(), under(&notes), connect));
    (notes, tries)
}

#[tokio::test(start_paused = true)]
async fn who_knows_another_secret_gets_a_channel_and_nothing_else() {
    let identity = identity("root");
    let tls = (Arc::clone(&identity.server), opener(Trust::Secret));
    let pair = pair(EndConfig::default());
    let (here, there) = tokio::io::duplex(4096);
    let (opened, taken) = tokio::join!(opened(Some(&tls), here), taken(Some(&tls), there));
    let (notes, tries) =
        link_once(&pair.scope, Secret::new(b"not the secret, not it").expect("long"), opened.expect("TLS"));
    let (stream, channel) = taken.expect("TLS");
    let error = pair.links.serve(stream, &channel).await;
    // The upper end proves itself first; the lower one does not believe it and hangs up.
    assert!(matches!(error, LinkError::Io(_)), "{error}");
    tries.until(2).await;
    assert!(pair.above.all().is_empty() && notes.all().is_empty());
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn somebody_in_between_who_passes_everything_on_is_found_out() {
    let [root, between] = ["root", "between"].map(identity);
    let pair = pair(EndConfig::default());
    // Two channels, and somebody who passes on what comes out of one into the other.
    let (lower, lower_between) = tokio::io::duplex(4096);
    let (upper_between, upper) = tokio::io::duplex(4096);
    let below = (Arc::clone(&between.server), opener(Trust::Secret));
    let above = (Arc::clone(&root.server), opener(Trust::Secret));
    let (opened_below, taken_below) =
        tokio::join!(opened(Some(&below), lower), taken(Some(&below), lower_between));
    let (opened_above, taken_above) =
        tokio::join!(opened(Some(&above), upper_between), taken(Some(&above), upper));
    let (mut left, mut right) = (taken_below.expect("TLS").0, opened_above.expect("TLS").0);
    pair.scope.spawn("between", async move {
        let _ = copy_bidirectional(&mut left, &mut right).await;
    });
    let (notes, tries) = link_once(&pair.scope, secret(), opened_below.expect("TLS"));
    let (stream, channel) = taken_above.expect("TLS");
    let error = pair.links.serve(stream, &channel).await;
    assert!(matches!(error, LinkError::Io(_)), "the lower end hung up: {error}");
    tries.until(2).await;
    assert!(pair.above.all().is_empty() && notes.all().is_empty(), "no token was said");
    pair.scope.close(Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_heard_before_opens_nothing() {
    let pair = pair(EndConfig::default());
    // A lower end with the secret, and somebody who listens.
    let (lower, mut lower_ear) = tokio::io::duplex(1 << 16);
    let (mut upper_ear, upper) = tokio::io::duplex(1 << 16);
    let (notes, _) = link_once(&pair.scope, secret(), (Box::new(lower), UNBOUND));
    let links = Arc::clone(&pair.links);
    pair.scope.spawn("serve", async move { drop(links.serve(upper, &UNBOUND).await) });
    let mut heard = Vec::new();
    // Up, down, up: two greetings of the lower end with the answers to them.
    for _ in 0..2 {
        let mut buffer = vec![0; 4096];
        let count = lower_ear.read(&mut buffer).await.expect("a greeting");
        upper_ear.write_all(&buffer[..count]).await.expect("passed on");
        heard.push(buffer[..count].to_vec());
        let count = upper_ear.read(&mut buffer).await.expect("an answer");
        lower_ear.write_all(&buffer[..count]).await.expect("passed on");
    }
    // The same words on another connection.
    let (mut again, there) = tokio::io::duplex(1 << 16);
    for words in &heard {
        again.write_all(words).await.expect("said again");
    }
    let error = pair.links.serve(there, &UNBOUND).await;
    assert!(matches!(error, LinkError::Proof), "{error}");
    assert!(notes.all().is_empty());
    pair.scope.close(Duration::from_secs(1)).await;
}
