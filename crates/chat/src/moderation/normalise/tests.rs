//! Evasions come off; clean texts of all alphabets stay what they are.

use domain::ids::EmoteId;
use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: &str) {
    assert_eq!(fold(text).as_str(), expected, "{text:?}");
}

#[test]
fn words_stand_between_single_spaces() {
    check("", "");
    check("  \t!! ", "");
    check("Hello,  WORLD!", " hello world ");
    check("don't “quote” me…", " dont quote me ");
    check("ab-cd_ef/gh", " ab cd ef gh ");
    check("@maya hi", " maya hi ");
    check("it costs $5 or 20%", " it costs $5 or 20$ ");
}

#[test]
fn known_evasions_come_off() {
    for text in [
        "badword",
        "BaDwOrD",
        "b\u{200b}ad\u{200d}word",
        "badword\u{e0000}",
        "ｂａｄｗｏｒｄ",
        "𝐛𝐚𝐝𝐰𝐨𝐫𝐝",
        "𝓫𝓪𝓭𝔀𝓸𝓻𝓭",
        "ⓑⓐⓓⓦⓞⓡⓓ",
        "bádwörd",
        "b̷a̷d̶w̵o̸r̷d̷",
        "bаdwоrd", // Cyrillic а and о
        "ʙᴀᴅᴡᴏʀᴅ",
        "b4dw0rd",
        "b@dw0rd",
        "baaaaadwooord",
        "b a d w o r d",
        "b.a.d.w.o.r.d",
        "b-a-d-w-o-r-d",
        "🅱🅰🅳🆆🅾🆁🅳",
        "🇧 🇦 🇩 🇼 🇴 🇷 🇩",
    ] {
        check(text, " badword ");
    }
    check("$hit sh!t a55 f(uk c|ap", " shit shit ass fcuk clap ");
    check("fuuuuck you", " fuck you ");
    check("f*ck f##k s^x * # ^ #gg wow*", " f*ck f*k s*x gg wow ");
    assert_eq!(fold_doubles("coooool").as_str(), " cool ");
}

#[test]
fn numbers_years_and_names_with_digits_stay() {
    check("2026 20p 1v1 60fps gg 3-0", " 2026 20p 1v1 60fps gg 3 0 ");
    check("100 000 views", " 100 000 views ");
    check("call 08452810075", " call 08452810075 ");
    check("wow!!! really?!", " wow really ");
}

#[test]
fn other_alphabets_are_left_alone() {
    check("собака и кот", " собака и кот ");
    check("Ελλάδα", " ελλαδα ");
    check("日本語テスト、です。", " 日本語テスト て\u{3099}す ");
    check("안녕하세요 여러분", " 안녕하세요 여러분 ");
    check("مرحبا بالعالم", " مرحبا بالعالم ");
    check("สวัสดี", " สวัสดี ");
    check("नमस्ते", " नमस्ते ");
    check("schön straße łódź", " schon strasse lodz ");
    check("🎉🎉🎉🎉 gg", " 🎉🎉🎉🎉 gg ");
}

#[test]
fn pictures_and_other_scripts_end_a_word() {
    check("badword😂", " badword 😂 ");
    check("😂badword", " 😂 badword ");
    check("badword♥ badword❤️ ★badword★ badword💯!", " badword ♥ badword ❤ ★ badword ★ badword 💯 ");
    check("b4dword😂😂 BADWORD😂", " badword 😂😂 badword 😂 ");
    check("b😂a😂d😂w😂o😂r😂d", " badword 😂 😂 😂 😂 😂 😂 ");
    check("badword™ badword® badword© badword°", " badword badword badword badword ");
    check("badword\u{e000} badword\u{1d11e} badword⁂", " badword badword badword ");
    check("badword你好 我badword 안badword야", " badword 你好 我 badword 안 badword 야 ");
    check("badwordжж ббbаdwоrd", " badword жж badword ");
    check("þetta ŋoŋo ə", " þetta ŋoŋo ə ");
}

#[test]
fn emotes_are_no_part_of_the_text() {
    let mut folder = Folder::default();
    let emote = |start, end| EmoteSpan { id: EmoteId(1), start, end };
    let folded = folder.fold("Kappa nice Kappa", &[emote(0, 4), emote(11, 15)]);
    assert_eq!(folded.as_str(), " nice ");
    assert_eq!((folded.shape.emotes, folded.shape.chars), (10, 6));
}

#[test]
fn a_place_in_the_folded_text_is_a_place_in_the_original() {
    for (text, word, expected) in [
        ("you b\u{200b}4dword!", " badword ", (4, 11)),
        ("🎉 b a d", " bad ", (2, 6)),
        ("xx baaaad yy", " bad ", (3, 8)),
        ("straße", "strasse", (0, 5)),
    ] {
        let folded = fold(text);
        let start = folded.as_str().find(word).unwrap_or_else(|| panic!("{word} in {folded:?}"));
        assert_eq!(folded.span(start, start + word.len()), expected, "{text}");
    }
}

#[test]
fn what_a_text_looks_like_is_counted() {
    let shape = fold("BUY $$ at a.com!! +1 (555) 123-4567 @maya ｆ").shape;
    assert_eq!((shape.capitals, shape.money, shape.shouts, shape.mentions), (3, 2, 2, 1));
    assert_eq!((shape.digits_run, shape.inner_dots, shape.disguises), (11, 1, 1));
}

proptest! {
    #[test]
    fn any_text_folds_into_words_with_single_spaces_and_known_origins(text in any::<String>()) {
        let folded = fold(&text);
        prop_assert_eq!(folded.text.len(), folded.origin.len());
        prop_assert!(!folded.text.contains("  "));
        prop_assert!(folded.text.is_empty() || (folded.text.starts_with(' ') && folded.text.ends_with(' ')));
        prop_assert!(folded.origin.iter().all(|&at| usize::from(at) < text.chars().count()));
    }

    #[test]
    fn plain_words_are_a_fixed_point(text in "[a-z]{2}( [a-z]{2,6}){0,6}") {
        let once = fold(&text).as_str().to_owned();
        let twice = fold(&once).as_str().to_owned();
        prop_assert_eq!(once, twice);
    }

    #[test]
    fn a_folder_used_again_folds_the_same(first in any::<String>(), second in any::<String>()) {
        let mut folder = Folder::default();
        folder.fold(&first, &[]);
        prop_assert_eq!(folder.fold(&second, &[]).clone(), fold(&second));
    }
}
