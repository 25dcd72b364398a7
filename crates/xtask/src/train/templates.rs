//! Chat, spoken by templates: adverts as bots post them and lines as viewers write them.
//!
//! No package has labelled chat. Templates are divided, not their products: those of the test part share no sentence with those
//! that the model was trained on, and their slots are filled from other words, so that the figures say something about texts that
//! nobody has seen.

use super::random::Random;

/// Which templates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// For training.
    Train,
    /// For measuring only.
    HeldOut,
}

const SPAM: &[&str] = &[
    "best viewers on {site}",
    "Cheap viewers on {site}{dot}{end} @{junk}",
    "{best} followers primes and viewers on {site}{dot}{end}",
    "wanna become famous? buy followers, primes and viewers on {site}{dot}{end}",
    "buy viewers and followers, {site}{dot}{end} promo code {junk}",
    "get {number} followers for only ${price} at {site}{dot}{end}",
    "hey I can promote your channel and get you to {number} viewers, add me on discord {name}",
    "Your stream is great! I do overlays, emotes and logos, check my portfolio {site}{dot}{end}",
    "hello dear streamer, I am a graphic designer, I make animated emotes and banners for cheap, dm me on discord {name}",
    "free {coin} giveaway!!! send {price} {coin} and get back double, {site}{dot}{end}",
    "Join {coin} airdrop now https://{site}.{end}/{junk} limited time",
    "I made ${number} in one week trading {coin} with the help of {name}, message her on telegram @{junk}",
    "earn ${price} per day from home no experience needed, text me on whatsapp +{phone}",
    "claim your free {prize} here https://{site}.{end}/{junk}",
    "{prize} giveaway, first {price} people to click the link win {site}.{end}",
    "Congratulations you have won a {prize}! visit {site}{dot}{end} to claim",
    "hot girls near you waiting to chat {site}{dot}{end}",
    "watch my private videos for free, link in my bio, {site}{dot}{end}",
    "follow me I follow back, f4f, check out my channel",
    "come watch my stream I am live right now twitch.tv/{name} please follow",
    "sub4sub anyone? follow my channel twitch.tv/{name}",
    "cheap game keys and skins at {site}{dot}{end} use code {junk} for {price}% off",
    "investment opportunity guaranteed profit {price}% daily, contact {name} on instagram",
    "gift cards 50% off only today at {site}{dot}{end}",
];
const SPAM_HELD_OUT: &[&str] = &[
    "Streamers! boost your channel, real viewers and chatters from ${price}: {site}{dot}{end}",
    "viewbot service {site}{dot}{end}, {number} live viewers for your stream, try the free trial",
    "do you want to grow faster on this platform? I offer promotion to {number} real people, discord: {name}",
    "double your {coin} today, Elon himself sends it back, scan the code on {site}{dot}{end}",
    "my mentor {name} helped me turn ${price} into ${number} with {coin} mining, write to him on telegram",
    "get a free {prize}, just log in with your account at https://{site}.{end}/{junk}",
    "looking for a logo or overlay artist? I have discounts this month, my work is at {site}{dot}{end}/{junk}",
    "lonely tonight? meet singles in your city {site}{dot}{end}",
    "everyone check twitch.tv/{name} he is giving away skins to all new followers",
    "work online, weekly payout of ${number}, whatsapp +{phone}",
];
const CLEAN: &[&str] = &[
    "{greet} chat",
    "{greet} everyone, how is it going",
    "{greet} {name}!",
    "gg",
    "gg wp",
    "ggs",
    "lol",
    "LMAO",
    "W",
    "pog",
    "no way",
    "what game is this?",
    "is this {game}?",
    "I love {game}",
    "{game} is so hard",
    "first time watching, love the stream",
    "{name} that was insane",
    "what a clutch",
    "how long have you been playing {game}?",
    "you missed the loot on the left",
    "can you turn the music down a bit",
    "what song is this",
    "the audio is a bit quiet",
    "stream is lagging for me",
    "go left",
    "behind you!!",
    "RIP",
    "F",
    "that boss took me {small} hours",
    "I have {number} hours in {game}",
    "when is the next stream?",
    "are you live tomorrow?",
    "my internet is so bad today",
    "brb getting food",
    "@{name} yes I think so",
    "@{name} haha true",
    "thank you for the sub {name}",
    "welcome raiders",
    "hi from {place}",
    "it is {small} am here in {place}",
    "what keyboard do you use?",
    "what are your pc specs",
    "how do I get the sub badge?",
    "I just followed, great content",
    "you deserve more viewers",
    "{number} viewers let's go!!",
    "only {small} more subs to the goal",
    "is there a discord?",
    "the discord link is in the panels",
    "clip it",
    "someone clip that please",
    "check the clip from yesterday",
    "my cat just walked over my keyboard",
    "work was long today, nice to be here",
    "do you stream on weekends",
    "the free weekend of {game} starts friday",
    "I bought {game} for {price} on sale",
    "is it free to play?",
    "I won a game finally",
    "my phone died",
    "text me when you are on",
    "that costs like {price} dollars right?",
    "HAHAHAHA",
    "NO WAYYYYY",
    "LETS GOOOO",
    "WHAT WAS THAT",
    "that is so cute",
    "good luck!!",
    "congrats {name}!!",
    "{big} damage wtf",
    "my highscore is {big}",
    "I got {big} points in {game}",
    "that video has {big} views already",
    "how do you have {big} coins",
    "world record is {big}",
    "{big}",
    "{long}",
    "seed: {long}",
    "what is the seed? {long}?",
    "my friend code is {long}",
    "pi is 3.{long}",
    "id {long}",
];
const CLEAN_HELD_OUT: &[&str] = &[
    "good evening {name}, how was your day?",
    "that jump was so clean",
    "I did not expect that ending",
    "you should try {game} next",
    "the new patch of {game} broke everything",
    "does anyone know the name of this track?",
    "hello from rainy {place}",
    "chat is moving too fast",
    "turn up the game volume please",
    "{name} was right lol",
    "OMG HE DID IT",
    "ez clap",
    "I will watch the vod later, good night all",
    "how many wins today?",
    "{small} deaths already haha",
    "thanks for the gifted sub!!",
    "been here since {number} followers",
    "what is the best weapon for beginners",
    "did you buy the {price} euro edition?",
    "is the giveaway still on?",
    "which mic is that? sounds great",
    "my dad plays {game} too",
    "can we see the map",
    "wait what",
    "that lag cost you the round",
    "is merch still available",
    "BRO WHAT",
    "who is winning",
    "see you all tomorrow",
    "I learned so much from your guide",
    "that crit did {big}",
    "he was at {big} health before",
    "the level seed was {long} I think",
    "type {long} and see what happens",
    "{big} {big}",
];

const SITES: &[&str] = &[
    "bigfollows",
    "viewboost",
    "streamrise",
    "topviews",
    "fastfollow",
    "growtv",
    "viewhub",
    "getprimes",
    "cheapviews",
];
const SITES_HELD_OUT: &[&str] = &["mystreamup", "audiencely", "livecrowd", "promostar", "upfame"];
const NAMES: &[&str] =
    &["kees", "maya", "ada_99", "zoe", "jonas", "lilly", "darkwolf", "xenia", "mrbean", "tommy_tv"];
const NAMES_HELD_OUT: &[&str] = &["oskar", "pia_plays", "northwind", "elif", "bruno7"];
const GAMES: &[&str] = &[
    "minecraft",
    "elden ring",
    "chess",
    "valorant",
    "zelda",
    "mario kart",
    "doom",
    "the sims",
    "league",
    "dark souls",
];
const GAMES_HELD_OUT: &[&str] = &["hollow knight", "tetris", "factorio", "celeste", "rocket league"];
const PLACES: &[&str] = &["germany", "brazil", "texas", "japan", "poland", "india", "spain", "canada"];
const COINS: &[&str] = &["bitcoin", "BTC", "ETH", "crypto", "dogecoin", "USDT"];
const PRIZES: &[&str] = &["nitro", "iphone 17", "steam gift card", "skin", "robux", "v-bucks"];
const ENDS: &[&str] = &["com", "net", "shop", "ru", "xyz", "live", "store", "club"];

/// `each` products of every template of a kind.
pub fn say(spam: bool, part: Part, each: usize) -> Vec<String> {
    let held_out = part == Part::HeldOut;
    let templates = match (spam, held_out) {
        (true, false) => SPAM,
        (true, true) => SPAM_HELD_OUT,
        (false, false) => CLEAN,
        (false, true) => CLEAN_HELD_OUT,
    };
    let mut random = Random::new(1 + u64::from(spam) * 2 + u64::from(held_out) * 4);
    let mut said = Vec::new();
    for template in templates {
        for _ in 0..each {
            let plain = fill(template, held_out, &mut random);
            said.push(if spam { disguise(plain, &mut random) } else { in_a_mood(plain, &mut random) });
        }
    }
    said.sort();
    said.dedup();
    said
}

fn fill(template: &str, held_out: bool, random: &mut Random) -> String {
    let or =
        |train: &'static [&'static str], test: &'static [&'static str]| if held_out { test } else { train };
    let mut text = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        text.push_str(before);
        let (slot, after) = after.split_once('}').expect("slots are closed");
        match slot {
            "site" => text.push_str(random.pick(or(SITES, SITES_HELD_OUT))),
            "name" => text.push_str(random.pick(or(NAMES, NAMES_HELD_OUT))),
            "game" => text.push_str(random.pick(or(GAMES, GAMES_HELD_OUT))),
            "place" => text.push_str(random.pick(PLACES)),
            "coin" => text.push_str(random.pick(COINS)),
            "prize" => text.push_str(random.pick(PRIZES)),
            "end" => text.push_str(random.pick(ENDS)),
            "dot" => text.push_str(random.pick(&[".", ".", ".", " . ", " dot ", "(.)", " (dot) ", "[.]"])),
            "best" => text.push_str(random.pick(&["best", "Cheap", "real", "high quality"])),
            "greet" => text.push_str(random.pick(&["hi", "hello", "hey", "yo", "good morning", "hiii"])),
            "number" => text.push_str(&(100 + random.below(9_900)).to_string()),
            "price" => text.push_str(&(5 + random.below(95)).to_string()),
            "small" => text.push_str(&(2 + random.below(9)).to_string()),
            "big" => text.push_str(&(10_000 + random.number() % 99_990_000).to_string()),
            "long" => {
                let digits = 9 + u32::try_from(random.below(9)).expect("a digit");
                text.push_str(&(10_u64.pow(digits) + random.number() % (9 * 10_u64.pow(digits))).to_string());
            }
            "phone" => text.push_str(&(10_000_000_000 + random.number() % 89_000_000_000).to_string()),
            "junk" => text
                .extend((0..6).map(|_| char::from(b'a' + u8::try_from(random.below(26)).expect("a letter")))),
            _ => unreachable!("no such slot: {slot}"),
        }
        rest = after;
    }
    text + rest
}

/// What bots do to be seen by people and not by filters.
fn disguise(text: String, random: &mut Random) -> String {
    match random.below(10) {
        0 => text.to_uppercase(),
        1 => text.replace('o', "0").replace('e', "3"),
        2 => text.replace('a', "а").replace('o', "о"),
        3 => format!("{text} \u{e0000}"),
        4 => text
            .chars()
            .map(|c| {
                if c.is_ascii_lowercase() {
                    char::from_u32(0x1d41a + u32::from(c) - 97).unwrap_or(c)
                } else {
                    c
                }
            })
            .collect(),
        5 => format!("{text} !!!"),
        6 => format!("🔥🔥 {text} 🔥🔥"),
        _ => text,
    }
}

/// What viewers do because they are glad.
fn in_a_mood(text: String, random: &mut Random) -> String {
    match random.below(8) {
        0 => text.to_uppercase(),
        1 => format!("{text} lol"),
        2 => format!("{text} 😂😂"),
        3 => format!("{text}!!"),
        4 => text.to_lowercase(),
        _ => text,
    }
}
