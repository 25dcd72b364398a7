//! The embedded model at work: known evasions are caught, clean texts in many languages are not.

use domain::ids::{EmoteId, TermId, UserId};
use domain::rooms::{Person, Term, TermKind};
use domain::time::WallTime;

use super::*;

fn judge(text: &str, level: u8) -> Option<Verdict> {
    let facts = Facts { account_age_min: 20 * 24 * 60, ..Facts::default() };
    Automod::default().judge(&Input { text, emotes: &[], facts }, level, &Terms::default())
}

fn category(text: &str) -> Option<&'static str> {
    judge(text, 3).map(|verdict| verdict.category.name())
}

#[test]
fn swearing_is_held_in_every_spelling() {
    for text in [
        "fuck",
        "what the fuck is this",
        "FUCK!!!",
        "fuuuuuuck",
        "f u c k this",
        "f.u.c.k",
        "f\u{200b}u\u{200b}ck",
        "fuck\u{e0000}",
        "ｆｕｃｋ",
        "𝓯𝓾𝓬𝓴",
        "fυck",
        "f*ck",
        "f**k you",
        "sh1t",
        "$hit",
        "5hit happens",
        "b!tch",
    ] {
        assert!(category(text).is_some_and(|name| name != "spam"), "{text:?}: {:?}", judge(text, 4));
    }
}

#[test]
fn adverts_are_spam_also_when_they_hide() {
    for text in [
        "Best viewers and followers on bigviews.com",
        "Cheap viewers on bigviews dot com",
        "wanna become famous? buy followers and viewers at b1gv13ws(.)shop",
        "BUY FOLLOWERS, PRIMES AND VIEWERS ON BIGVIEWS.RU !!!",
        "free bitcoin giveaway, claim here https://freecoins.xyz/abc",
    ] {
        assert_eq!(category(text), Some("spam"), "{text:?}: {:?}", judge(text, 4));
    }
    // Polite ones are nearer to what viewers write: only the strictest level holds them.
    let polite = "I am a graphic designer, I can make overlays and emotes for your stream, add me on discord";
    assert_eq!(judge(polite, 4).map(|verdict| verdict.category), Some(Category::Spam));
}

#[test]
fn clean_texts_pass_in_many_languages() {
    for text in [
        "hello everyone, how are you today?",
        "gg wp that was so close",
        "LETS GOOOOO",
        "what game is this?",
        "I'm from Scunthorpe, in class with a good assessment",
        "can you pass the bass cocktail recipe",
        "check the clip from yesterday",
        "is the discord link in the panels?",
        "Guten Morgen zusammen, wie war euer Wochenende?",
        "Bonjour tout le monde, bon courage pour la suite",
        "hola a todos, qué tal el fin de semana?",
        "boa noite galera, que jogo é esse?",
        "ciao a tutti, come state?",
        "goedenavond allemaal, lekker bezig",
        "Привет всем, как дела?",
        "おはようございます、今日も頑張って",
        "안녕하세요 여러분 반가워요",
        "大家好，今天玩什么游戏",
        "مرحبا بالجميع كيف حالكم",
        "สวัสดีทุกคน",
        "नमस्ते सबको",
        "merhaba arkadaşlar bugün nasılsınız",
        "🎉🎉🎉",
        "😂😂😂😂",
        "",
        "   ",
    ] {
        assert_eq!(judge(text, 3), None, "{text:?}");
    }
}

#[test]
fn everyday_lines_of_other_languages_pass_at_mild_levels() {
    for text in [
        "Türkçe çok güzel",
        "yayın çok iyi abi, eline sağlık",
        "bu çok zordu ya",
        "vilken bra stream ikväll",
        "jag visste inte att man kunde göra så",
        "hallo allemaal, hoe gaat het?",
        "kannst du die Musik etwas leiser machen",
        "niech ktoś to wytnie",
        "skąd jesteś",
        "naši hráči jsou nejlepší",
        "todella hyvä striimi tänään",
        "cái này khó lắm",
        "dar el a făcut deja asta",
    ] {
        assert_eq!(judge(text, 2), None, "{text:?}");
        assert_eq!(judge(text, 1), None, "{text:?}");
    }
}

#[test]
fn emotes_are_no_words() {
    let mut automod = Automod::default();
    let text = "fuck fuck hello";
    let emotes = [0_u16, 5].map(|start| EmoteSpan { id: EmoteId(1), start, end: start + 3 });
    let with = Input { text, emotes: &emotes, facts: Facts::default() };
    assert_eq!(automod.judge(&with, 4, &Terms::default()), None);
    assert!(automod.judge(&Input { emotes: &[], ..with }, 4, &Terms::default()).is_some());
}

#[test]
fn permitted_terms_are_not_looked_at() {
    let by = Person { id: UserId(1), login: "maya".parse().expect("a name") };
    let at = WallTime::from_unix_ms(0);
    let term = Term { id: TermId(1), kind: TermKind::Permitted, text: "fuck*".into(), public: false, by, at };
    let terms = Terms::compile(&[term]);
    let input = Input { text: "well fuck", emotes: &[], facts: Facts::default() };
    let mut automod = Automod::default();
    assert_eq!(automod.judge(&input, 4, &terms), None);
    let other = Input { text: "well fuck, bitch", ..input };
    assert!(automod.judge(&other, 4, &terms).is_some(), "only the permitted word is left out");
}

#[test]
fn a_verdict_points_at_the_words() {
    let verdict = judge("🎉 oh well fuck that, it was nice anyway", 4).expect("held");
    let (first, last) = verdict.spans[0];
    assert!(first <= 10 && (13..=18).contains(&last), "{verdict:?}");
}

#[test]
fn levels_hold_more_and_more_and_none_holds_nothing() {
    for text in ["fuck you", "damn", "buy followers on bigviews.com", "hello", "you stupid idiot"] {
        let held: Vec<bool> = (0..=4).map(|level| judge(text, level).is_some()).collect();
        assert!(held.is_sorted() && !held[0], "{text}: {held:?}");
    }
}

#[test]
fn one_text_from_many_accounts_is_spam_whatever_it_says() {
    let text = "everybody please say hello to my friend over there";
    let with =
        |accounts| Facts { account_age_min: 60, repeats: Repeats { own: 0, accounts }, ..Facts::default() };
    let held = |facts| {
        let verdict = Automod::default().judge(&Input { text, emotes: &[], facts }, 1, &Terms::default());
        verdict.map(|verdict| verdict.category)
    };
    assert_eq!(held(with(0)), None);
    assert_eq!(held(with(10)), Some(Category::Spam));
    let regular = Facts { subscriber: true, vip: true, follows: true, account_age_min: 100_000, ..with(2) };
    assert_eq!(held(regular), None);
}

#[test]
fn another_classifier_can_be_plugged_in() {
    struct Strict;
    impl Classifier for Strict {
        fn score(&self, _: &Features<'_>) -> Scores {
            Default::default()
        }
        fn level(&self, category: Category, _: f32) -> u8 {
            if category == Category::Identity { 2 } else { 0 }
        }
    }
    let mut automod = Automod::new(Arc::new(Strict));
    let input = Input { text: "hi", emotes: &[], facts: Facts::default() };
    let verdict = automod.judge(&input, 2, &Terms::default()).expect("held");
    assert_eq!((verdict.category, verdict.level, verdict.spans.len()), (Category::Identity, 2, 0));
    assert_eq!(automod.judge(&input, 1, &Terms::default()), None);
}
