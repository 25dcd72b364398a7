//! Emotes: lists, uploads, pictures.

use chat::emotes::picture::{Frame, encode};
use image::{Rgba, RgbaImage};
use serde_json::Value;

use crate::house::{Answer, House, Somebody, send};

/// A PNG of that size, animated if it has several frames.
fn png(w: u32, h: u32, frames: u8) -> Vec<u8> {
    let frame = |n: u8| Frame { pixels: RgbaImage::from_pixel(w, h, Rgba([n, 90, 200, 255])), shown_ms: 60 };
    encode(&(0..frames).map(frame).collect::<Vec<_>>()).expect("encodes")
}

async fn upload(house: &House, who: &Somebody, code: &str, picture: Vec<u8>) -> Answer {
    let path = format!("/api/v1/channels/maya/emotes?code={code}");
    let request = house.request("POST", &path).bearer_auth(&who.token).header("content-type", "image/png");
    send(request.body(picture)).await
}

/// Codes in a list.
fn codes(list: &Answer) -> Vec<String> {
    let data = list.json()["data"].as_array().expect("a list").clone();
    data.iter().map(|emote| emote["code"].as_str().expect("a code").to_owned()).collect()
}

/// Width and height of a picture, as its head says (PNG §11.2.1).
async fn size(house: &House, path: &str) -> (u32, u32, bool) {
    let response = house.request("GET", path).send().await.expect("answers");
    assert_eq!(response.status().as_u16(), 200, "{path}");
    for (name, value) in [
        ("content-type", "image/png"),
        ("cache-control", "public, max-age=31536000, immutable"),
        ("access-control-allow-origin", "*"),
        ("x-content-type-options", "nosniff"),
        ("cross-origin-resource-policy", "cross-origin"),
    ] {
        assert_eq!(response.headers().get(name).expect("is said"), value, "{path}");
    }
    let bytes = response.bytes().await.expect("reads");
    let number = |at: usize| u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes"));
    let moves = bytes.windows(4).any(|name| name == b"acTL");
    (number(16), number(20), moves)
}

#[tokio::test]
async fn the_sites_emotes_are_listed_and_have_pictures_in_three_sizes() {
    let house = House::open().await;
    let list = house.get("/api/v1/emotes/global").await;
    assert_eq!(list.status, 200, "{list:?}");
    let listed = codes(&list);
    assert!(listed.len() >= 24, "{listed:?}");
    for code in [":)", ":(", "<3", "footGG", "footHype", "footPopcorn"] {
        assert!(listed.iter().any(|listed| listed == code), "{code}");
    }
    let list = list.json();
    assert_eq!(list["template"], "/emotes/{{id}}/{{scale}}?format={{format}}&theme_mode={{theme_mode}}");
    let emotes = list["data"].as_array().expect("a list");
    assert!(emotes.iter().filter(|emote| emote["animated"] == true).count() >= 4);
    for emote in
        emotes.iter().filter(|emote| ["<3", "footGG"].contains(&emote["code"].as_str().expect("text")))
    {
        let moves = emote["animated"] == true;
        for (by_height, by_name, expected) in
            [("28", "url_1x", 28), ("56", "url_2x", 56), ("112", "url_4x", 112)]
        {
            let path = emote["images"][by_height].as_str().expect("an address");
            assert_eq!(Some(path), emote["images"][by_name].as_str());
            assert_eq!(size(&house, path).await, (expected, expected, moves));
            let still = format!("{path}?format=static");
            assert_eq!(size(&house, &still).await, (expected, expected, false));
        }
        let id = emote["id"].as_str().expect("a number");
        assert_eq!(size(&house, &format!("/emotes/{id}/2.0?format=default&theme_mode=dark")).await.0, 56);
    }
    for path in ["/emotes/1/29", "/emotes/x/28", "/emotes/99999/28", "/emotes/1/-1"] {
        house.get(path).await.refused(404, "not_found");
    }
}

#[tokio::test]
async fn a_broadcaster_adds_an_emote_and_removes_it() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    assert_eq!(codes(&house.get("/api/v1/channels/maya/emotes").await), [""; 0]);
    let made = upload(&house, &maya, "mayaHi", png(200, 100, 3)).await;
    assert_eq!(made.status, 201, "{made:?}");
    let made = made.json();
    assert_eq!((made["code"].as_str(), made["animated"].as_bool()), (Some("mayaHi"), Some(true)));
    let large = made["images"]["112"].as_str().expect("an address");
    assert_eq!(size(&house, large).await, (224, 112, true), "as wide as it was");
    assert_eq!(codes(&house.get("/api/v1/channels/maya/emotes").await), ["mayaHi"]);

    let path = format!("/api/v1/channels/maya/emotes/{}", made["id"].as_str().expect("a number"));
    assert_eq!(house.by(&maya, "DELETE", &path, Value::Null).await.status, 204);
    house.by(&maya, "DELETE", &path, Value::Null).await.refused(404, "not_found");
    assert_eq!(codes(&house.get("/api/v1/channels/maya/emotes").await), [""; 0]);
    house.get("/api/v1/channels/nobody_here/emotes").await.refused(404, "no_such_channel");
}

/// A file of the chat's samples.
macro_rules! avif {
    ($name:literal) => {
        include_bytes!(concat!("../../../chat/src/emotes/avif/samples/", $name, ".avif")).to_vec()
    };
}

#[tokio::test]
async fn avif_is_taken_as_others_are_and_served_as_png() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    for (code, picture, moves) in
        [("mayaStill", avif!("still"), false), ("mayaMoves", avif!("animated"), true)]
    {
        let made = upload(&house, &maya, code, picture).await;
        assert_eq!(made.status, 201, "{made:?}");
        assert_eq!(made.json()["animated"], moves);
        for (height, width) in [("28", 42), ("56", 84), ("112", 168)] {
            let path = made.json()["images"][height].as_str().expect("an address").to_owned();
            let expected = (width, height.parse().expect("a number"), moves);
            assert_eq!(size(&house, &path).await, expected);
            assert!(!size(&house, &format!("{path}?format=static")).await.2);
        }
    }
    for (picture, told) in [(avif!("grid"), "variant"), (avif!("bomb"), "broken")] {
        let problem = upload(&house, &maya, "mayaBye", picture).await.refused(422, "invalid");
        assert_eq!(problem["errors"][0]["code"], told);
    }
}

#[tokio::test]
async fn only_who_may_and_only_what_is_a_picture() {
    let house = House::open().await;
    let (maya, noor, root) =
        (house.somebody("maya").await, house.somebody("noor").await, house.admin("root_user").await);
    let good = png(30, 30, 1);
    upload(&house, &noor, "mayaHi", good.clone()).await.refused(403, "not_yours");
    let nobody = house.request("POST", "/api/v1/channels/maya/emotes?code=mayaHi").body(good.clone());
    send(nobody).await.refused(401, "not_signed_in");
    let made = upload(&house, &root, "mayaHi", good.clone()).await;
    assert_eq!(made.status, 201, "an administrator may: {made:?}");
    upload(&house, &maya, "mayaHi", good.clone()).await.refused(409, "code_taken");
    upload(&house, &maya, "footHype", good.clone()).await.refused(409, "code_taken");
    let svg = b"<svg xmlns='http://www.w3.org/2000/svg'/>".to_vec();
    let problem = upload(&house, &maya, "mayaBye", svg).await.refused(415, "unsupported_media_type");
    assert_eq!(
        problem["supported"],
        serde_json::json!(["image/png", "image/gif", "image/webp", "image/avif"])
    );
    upload(&house, &maya, "mayaBye", vec![0; 1024 * 1024 + 1]).await.refused(413, "too_large");
    for (code, picture, field, told) in [
        ("m", good.clone(), "code", "characters"),
        ("may%20a", good.clone(), "code", "characters"),
        ("mayaBye", Vec::new(), "picture", "required"),
        ("mayaBye", png(400, 100, 1), "picture", "shape"),
        ("mayaBye", good[..40].to_vec(), "picture", "broken"),
    ] {
        let problem = upload(&house, &maya, code, picture).await.refused(422, "invalid");
        let error = &problem["errors"][0];
        assert_eq!((error["field"].as_str(), error["code"].as_str()), (Some(field), Some(told)));
    }
    let path = format!("/api/v1/channels/maya/emotes/{}", made.json()["id"].as_str().expect("a number"));
    house.by(&noor, "DELETE", &path, Value::Null).await.refused(403, "not_yours");
    assert_eq!(codes(&house.get("/api/v1/channels/maya/emotes").await), ["mayaHi"]);
}
