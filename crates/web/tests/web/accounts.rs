//! Signing up, in and out, sessions, and requests that another site makes a browser send.

use directory::rates::Rate;
use directory::{AccountsConfig, Signup};
use serde_json::json;
use web::WebConfig;

use crate::house::{House, send};

const PASSWORD: &str = "correct horse";

#[tokio::test]
async fn signing_up_signs_in_by_token_and_by_cookie() {
    let house = House::open().await;
    let form = json!({ "name": "Maya", "email": "maya@example.com", "password": PASSWORD });
    let answer = house.json("POST", "/api/v1/accounts", form.clone()).await;
    assert_eq!(answer.status, 201, "{answer:?}");
    assert_eq!(answer.json()["user"]["name"], "maya");
    assert!(answer.json()["user"]["id"].is_string());
    let cookie = answer.header("set-cookie");
    for flag in ["footlight_session=", "; HttpOnly", "; SameSite=Lax", "; Path=/", "; Max-Age="] {
        assert!(cookie.contains(flag), "{flag} in {cookie}");
    }
    assert!(!cookie.contains("Secure"), "this connection is plain: {cookie}");

    let token = answer.json()["token"].as_str().expect("a token").to_owned();
    let me = send(house.request("GET", "/api/v1/me").bearer_auth(&token)).await;
    assert_eq!((me.status, me.json()["channel"]["name"].as_str()), (200, Some("maya")));
    assert_eq!(me.header("cache-control"), "no-store");
    let pair = cookie.split(';').next().expect("a pair").to_owned();
    let me = send(house.request("GET", "/api/v1/me").header("cookie", &pair)).await;
    assert_eq!(me.json()["user"]["email"], "maya@example.com");

    house.json("POST", "/api/v1/accounts", form).await.refused(409, "name_taken");
    let form = json!({ "name": "maya2", "email": "MAYA@example.com", "password": PASSWORD });
    house.json("POST", "/api/v1/accounts", form).await.refused(409, "email_taken");

    for who in ["maya", "maya@example.com"] {
        let answer =
            house.json("POST", "/api/v1/sessions", json!({ "name": who, "password": PASSWORD })).await;
        assert_eq!(answer.status, 201, "{answer:?}");
        assert!(answer.header("set-cookie").starts_with("footlight_session=sess_"));
    }
    let wrong = json!({ "name": "maya", "password": "wrong horse" });
    let refused = house.json("POST", "/api/v1/sessions", wrong).await;
    refused.refused(401, "bad_credentials");
    assert_eq!(refused.header("www-authenticate"), "Bearer");
    for (form, missing) in [
        (json!({}), vec!["name", "password"]),
        (json!({ "name": "maya" }), vec!["password"]),
        (json!({ "name": "", "password": PASSWORD }), vec!["name"]),
    ] {
        let problem = house.json("POST", "/api/v1/sessions", form).await.refused(422, "invalid");
        let errors = problem["errors"].as_array().expect("errors");
        assert!(errors.iter().all(|error| error["code"] == "required"), "{errors:?}");
        assert_eq!(errors.iter().map(|error| &error["field"]).collect::<Vec<_>>(), missing);
    }
}

#[tokio::test]
async fn a_form_hears_of_all_its_faults_at_once() {
    let house = House::open().await;
    let answer = house.json("POST", "/api/v1/accounts", json!({ "name": "api", "password": "short" })).await;
    let problem = answer.refused(422, "invalid");
    let mut told: Vec<String> = problem["errors"]
        .as_array()
        .expect("errors")
        .iter()
        .map(|e| format!("{} {}", e["field"].as_str().expect("field"), e["code"].as_str().expect("code")))
        .collect();
    told.sort();
    assert_eq!(told, ["email required", "name reserved", "password too_short"]);
}

#[tokio::test]
async fn a_site_may_take_invited_people_only_or_nobody() {
    for (signup, invite, code) in [
        (Signup::Closed, None, "signup_closed"),
        (Signup::Invite, None, "invite_needed"),
        (Signup::Invite, Some("guessed"), "bad_invite"),
    ] {
        let house =
            House::with(WebConfig::default(), AccountsConfig { signup, ..AccountsConfig::default() }).await;
        let form =
            json!({ "name": "maya", "email": "maya@example.com", "password": PASSWORD, "invite": invite });
        house.json("POST", "/api/v1/accounts", form).await.refused(403, code);
        assert_eq!(house.get("/api/v1/site").await.json()["signup"], signup.as_str());
    }
}

#[tokio::test]
async fn who_guesses_is_told_when_to_come_back() {
    let once = Rate { burst: 1, refill_s: 30 };
    let accounts =
        AccountsConfig { sign_in_per_address: once, sign_up_per_address: once, ..AccountsConfig::default() };
    let house = House::with(WebConfig::default(), accounts).await;
    let guess = json!({ "name": "maya", "password": "wrong horse" });
    house.json("POST", "/api/v1/sessions", guess.clone()).await.refused(401, "bad_credentials");
    let limited = house.json("POST", "/api/v1/sessions", guess).await;
    limited.refused(429, "rate_limited");
    let seconds: u64 = limited.header("retry-after").parse().expect("seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
}

#[tokio::test]
async fn signing_out_ends_the_session_and_the_cookie() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    assert_eq!(house.by(&maya, "GET", "/api/v1/me", json!(null)).await.status, 200);
    let gone = house.by(&maya, "DELETE", "/api/v1/sessions/current", json!(null)).await;
    assert_eq!(gone.status, 204);
    assert!(gone.header("set-cookie").contains("Max-Age=0"));
    house.by(&maya, "GET", "/api/v1/me", json!(null)).await.refused(401, "not_signed_in");
    assert_eq!(house.by(&maya, "DELETE", "/api/v1/sessions/current", json!(null)).await.status, 204);
}

#[tokio::test]
async fn what_is_somebody_s_own_asks_for_a_session() {
    let house = House::open().await;
    for (method, path) in [
        ("GET", "/api/v1/me"),
        ("GET", "/api/v1/me/stream-keys"),
        ("POST", "/api/v1/me/stream-keys"),
        ("DELETE", "/api/v1/me/stream-keys/7"),
        ("GET", "/api/v1/me/health"),
        ("PATCH", "/api/v1/channels/maya"),
    ] {
        house.json(method, path, json!({})).await.refused(401, "not_signed_in");
        let forged = house.request(method, path).bearer_auth("made up").json(&json!({}));
        send(forged).await.refused(401, "not_signed_in");
    }
}

#[tokio::test]
async fn another_site_can_t_use_the_cookie() {
    let house = House::open().await;
    let maya = house.somebody("maya").await;
    let cookie = format!("footlight_session={}", maya.token);
    let own = format!("http://{}", house.address);
    let cases: [(&[(&str, &str)], u16); 7] = [
        (&[("sec-fetch-site", "same-origin")], 200),
        (&[("sec-fetch-site", "none")], 200),
        (&[("origin", &own)], 200),
        (&[("sec-fetch-site", "cross-site")], 403),
        (&[("sec-fetch-site", "same-site")], 403),
        (&[("origin", "https://evil.example")], 403),
        (&[], 403),
    ];
    for (headers, status) in cases {
        let mut request = house.request("PATCH", "/api/v1/channels/maya").header("cookie", &cookie);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let answer = send(request.json(&json!({ "title": "Chess" }))).await;
        assert_eq!(answer.status, status, "{headers:?} {answer:?}");
        if status == 403 {
            answer.refused(403, "cross_site");
        }
    }
    // Reading is not refused: the answer can't be read by the other site anyway.
    let read =
        house.request("GET", "/api/v1/me").header("cookie", &cookie).header("sec-fetch-site", "cross-site");
    assert_eq!(send(read).await.status, 200);
    // Nor may another site sign its victim in.
    let form = json!({ "name": "eve", "password": PASSWORD });
    let foreign =
        house.request("POST", "/api/v1/sessions").header("sec-fetch-site", "cross-site").json(&form);
    send(foreign).await.refused(403, "cross_site");
}

#[tokio::test]
async fn the_cookie_is_secure_if_a_trusted_proxy_says_https() {
    for (trusted, secure) in [(vec![], false), (vec!["127.0.0.0/8".parse().expect("a network")], true)] {
        let mut config = WebConfig::default();
        config.http.trusted_proxies = trusted;
        let house = House::with(config, AccountsConfig::default()).await;
        let request =
            house.request("DELETE", "/api/v1/sessions/current").header("x-forwarded-proto", "https");
        let answer = send(request).await;
        assert_eq!(answer.header("set-cookie").contains("; Secure"), secure, "{answer:?}");
    }
}

#[tokio::test]
async fn another_password_ends_all_sessions_but_the_one_that_asked() {
    let house = House::open().await;
    let form = json!({ "name": "maya", "email": "maya@example.com", "password": PASSWORD });
    assert_eq!(house.json("POST", "/api/v1/accounts", form).await.status, 201);
    let sign_in = async |password: &str| {
        house.json("POST", "/api/v1/sessions", json!({ "name": "maya", "password": password })).await
    };
    let token = async || sign_in(PASSWORD).await.json()["token"].as_str().expect("a token").to_owned();
    let (here, there) = (token().await, token().await);
    let change = async |old: &str, new: &str| {
        let body = json!({ "password": old, "new_password": new }).to_string();
        let request = house.request("PUT", "/api/v1/me/password").bearer_auth(&here);
        send(request.header("content-type", "application/json").body(body)).await
    };
    let me = async |token: &str| send(house.request("GET", "/api/v1/me").bearer_auth(token)).await.status;
    assert_eq!(me(&there).await, 200);
    change("wrong horse", "a better sentence").await.refused(401, "bad_credentials");
    for (new, code) in [("short", "too_short"), ("maya@example.com", "guessable"), ("", "required")] {
        let problem = change(PASSWORD, new).await.refused(422, "invalid");
        let fault = &problem["errors"][0];
        assert_eq!((&fault["field"], &fault["code"]), (&json!("new_password"), &json!(code)));
    }
    assert_eq!((me(&here).await, me(&there).await), (200, 200));
    assert_eq!(change(PASSWORD, "a better sentence").await.status, 204);
    assert_eq!((me(&here).await, me(&there).await), (200, 401));
    sign_in(PASSWORD).await.refused(401, "bad_credentials");
    assert_eq!(sign_in("a better sentence").await.status, 201);
}
