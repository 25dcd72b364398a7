//! What publishers do, and what they are told.

use super::*;

const BEGUN: [&str; 2] = ["connected live", "publish k3y"];

fn on_meta_data(name: Option<&str>) -> Bytes {
    let writer = match name {
        Some(name) => Writer::default().text(name).text("onMetaData"),
        None => Writer::default().text("onMetaData"),
    };
    writer
        .object(|w| w.property("width", |w| w.number(1280.0)).property("encoder", |w| w.text("test")))
        .finish()
}

#[test]
fn a_publisher_is_answered_step_by_step() {
    let (effects, result) = play(Client::new().connect("live").publish("k3y").audio(0, b"a"));
    assert_eq!(result, Ok(()));
    assert_eq!(events(&effects), [&BEGUN[..], &["audio 0 a"]].concat());
    let controls: Vec<_> =
        sent(&effects).iter().map(|m| m.kind).filter(|&k| k != kind::COMMAND_AMF0).collect();
    // The chunk size is obeyed by the reader, and so not among them.
    assert_eq!(controls, [kind::WINDOW_ACKNOWLEDGEMENT_SIZE, kind::SET_PEER_BANDWIDTH, kind::USER_CONTROL]);
    let said = answers(&effects);
    let said: Vec<_> =
        said.iter().map(|(name, transaction, code)| (name.as_str(), *transaction, code.as_str())).collect();
    assert_eq!(
        said,
        [
            ("_result", 1.0, code::CONNECTED),
            ("_result", 2.0, ""),
            ("_result", 3.0, ""),
            ("_result", 4.0, ""),
            ("onFCPublish", 0.0, code::START),
            ("onStatus", 0.0, code::START),
        ]
    );
}

#[test]
fn stream_commands_may_come_in_any_order_and_be_left_out() {
    let publish = |id| (id, Writer::command("publish", 0.0).null().text("k3y").text("live"));
    let create = || (0, Writer::command("createStream", 2.0).null());
    let release = || (0, Writer::command("releaseStream", 3.0).null().text("k3y"));
    let fc_publish = || (0, Writer::command("FCPublish", 4.0).null().text("k3y"));
    let orders = [
        vec![create(), publish(1)],
        vec![publish(0)],
        vec![fc_publish(), release(), create(), publish(1)],
        vec![create(), fc_publish(), publish(1), release()],
        vec![create(), create(), publish(2)],
    ];
    for order in orders {
        let mut client = Client::new();
        client.connect("live");
        for (stream, body) in order {
            client.command(stream, body);
        }
        check(client.audio(5, b"a"), &[&BEGUN[..], &["audio 5 a"]].concat());
    }
}

#[test]
fn a_missing_null_and_a_missing_transaction_are_forgiven() {
    let mut client = Client::new();
    client.connect("live").command(1, Writer::command("publish", 0.0).text("k3y").text("live"));
    check(&mut client, &BEGUN);
    let mut client = Client::new();
    client.connect("live").command(1, Writer::default().text("publish").null().text("k3y"));
    check(&mut client, &BEGUN);
}

#[test]
fn amf3_commands_are_amf0_behind_a_byte() {
    let body = Writer::command("publish", 0.0).null().text("k3y").finish();
    for body in [[b"\0", &body[..]].concat(), body.to_vec()] {
        let mut client = Client::new();
        client.connect("live").message(3, 0, kind::COMMAND_AMF3, 1, &body);
        check(&mut client, &BEGUN);
    }
}

#[test]
fn questions_are_answered_and_the_unknown_is_passed_over() {
    let mut client = Client::new();
    client
        .connect("live")
        .command(0, Writer::command("_checkbw", 2.0).null())
        .command(0, Writer::command("getStreamLength", 3.0).null().text("k3y"))
        .command(0, Writer::command("somethingNew", 4.0).null())
        .message(3, 0, kind::COMMAND_AMF0, 0, b"\x05")
        .message(3, 0, 99, 0, b"whatever");
    let (effects, result) = play(&mut client);
    assert_eq!(result, Ok(()));
    let transactions: Vec<_> = answers(&effects).iter().map(|(_, transaction, _)| *transaction).collect();
    assert_eq!(transactions, [1.0, 2.0, 3.0]);
}

#[test]
fn metadata_come_bare_or_set_and_in_either_amf() {
    let mut client = Client::new();
    client.connect("live").publish("k3y");
    client.message(4, 0, kind::DATA_AMF0, 1, &on_meta_data(Some("@setDataFrame")));
    client.message(4, 0, kind::DATA_AMF0, 1, &on_meta_data(None));
    client.message(4, 0, kind::DATA_AMF3, 1, &[b"\0", &on_meta_data(None)[..]].concat());
    client.message(4, 0, kind::DATA_AMF0, 1, b"\x02\0\x0aonTextData\x05");
    client.message(4, 0, kind::DATA_AMF0, 1, &[5; 10_000]);
    check(&mut client, &[&BEGUN[..], &["metadata 2"; 3]].concat());
}

#[test]
fn metadata_are_asked_by_name() {
    let (effects, _) = play(Client::new().connect("live").publish("k3y").message(
        4,
        0,
        kind::DATA_AMF0,
        1,
        &on_meta_data(None),
    ));
    let metadata = effects.iter().find_map(|e| if let Effect::Metadata(m) = e { Some(m) } else { None });
    let metadata = metadata.expect("metadata");
    assert_eq!(metadata.number("width"), Some(1280.0));
    assert_eq!(metadata.get("encoder").and_then(Value::as_text), Some("test"));
    assert_eq!(metadata.get("height"), None);
}

#[test]
fn an_aggregate_is_split_and_timed_from_its_own_zero() {
    let tag = |kind: u8, time: u32, data: &[u8]| {
        let [_, size @ ..] = (data.len() as u32).to_be_bytes();
        let [extended, low @ ..] = time.to_be_bytes();
        [&[kind], &size[..], &low, &[extended, 0, 0, 0], data, &[0; 4]].concat()
    };
    let aggregate = [
        tag(8, 500, b"a"),
        tag(9, 540, b"v"),
        tag(18, 540, &on_meta_data(None)),
        tag(77, 550, b"?"),
        tag(8, 560, b"b"),
        tag(9, 580, b"cut")[..12].to_vec(),
    ];
    let mut client = Client::new();
    client.connect("live").publish("k3y").message(4, 9000, kind::AGGREGATE, 1, &aggregate.concat());
    check(
        &mut client,
        &[&BEGUN[..], &["audio 9000 a", "video 9040 v", "metadata 2", "audio 9060 b"]].concat(),
    );
}

#[test]
fn media_sent_ahead_wait_for_the_answer() {
    let mut client = Client::new();
    client.connect("live").publish("k3y").video(0, b"config").audio(1, b"a");
    let (mut session, effects) = asked(&mut client);
    assert_eq!(events(&effects), BEGUN);
    assert!(session.held_bytes() > 0);
    let mut effects = Vec::new();
    session.accept_publish(&mut effects).expect("asked");
    assert_eq!(events(&effects), ["video 0 config", "audio 1 a"]);
    assert!(matches!(effects[0], Effect::Send(_)), "begin comes first");
    assert_eq!(session.held_bytes(), 0);
    assert_eq!(session.accept_publish(&mut effects), Err(RtmpError::NothingToAccept));
}

#[test]
fn a_stream_that_ends_before_the_answer_ends_after_it() {
    let mut client = Client::new();
    client.connect("live").publish("k3y").audio(1, b"a");
    client.command(0, Writer::command("deleteStream", 0.0).null().number(1.0)).audio(2, b"late");
    check(&mut client, &[&BEGUN[..], &["audio 1 a", "ended"]].concat());
}

#[test]
fn each_way_to_say_goodbye_ends_the_stream_once() {
    let goodbyes = [
        (0, Writer::command("FCUnpublish", 6.0).null().text("k3y")),
        (0, Writer::command("deleteStream", 7.0).null().number(1.0)),
        (0, Writer::command("deleteStream", 7.0).null()),
        (0, Writer::command("deleteStream", 7.0).null().number(0.0)),
        (1, Writer::command("closeStream", 0.0).null()),
    ];
    for (stream, goodbye) in goodbyes {
        let mut client = Client::new();
        client.connect("live").publish("k3y").command(stream, goodbye);
        client.command(0, Writer::command("deleteStream", 8.0).null().number(1.0)).audio(9, b"late");
        check(&mut client, &[&BEGUN[..], &["ended"]].concat());
    }
}

#[test]
fn deleting_another_stream_ends_nothing() {
    let mut client = Client::new();
    client
        .connect("live")
        .command(0, Writer::command("createStream", 2.0).null())
        .command(0, Writer::command("createStream", 3.0).null());
    client.command(2, Writer::command("publish", 0.0).null().text("k3y"));
    client.command(0, Writer::command("deleteStream", 4.0).null().number(1.0)).audio(1, b"a");
    check(&mut client, &[&BEGUN[..], &["audio 1 a"]].concat());
}

#[test]
fn a_connection_may_publish_again_after_the_end() {
    let mut client = Client::new();
    client.connect("live").publish("k3y").command(0, Writer::command("FCUnpublish", 0.0).null().text("k3y"));
    let (mut session, _) = asked(&mut client);
    session.accept_publish(&mut Vec::new()).expect("asked");
    let effects = feed(&mut session, client.publish("k3y")).expect("good");
    assert_eq!(events(&effects), ["publish k3y"]);
}

#[test]
fn a_refusal_comes_instead_of_the_start_and_is_the_last_word() {
    let mut client = Client::new();
    let (mut session, _) = asked(client.connect("live").publish("bad").audio(0, b"a"));
    let mut effects = Vec::new();
    session.refuse_publish(code::BAD_NAME, "The stream key is not valid.", &mut effects);
    assert_eq!(answers(&effects), [("onStatus".to_owned(), 0.0, code::BAD_NAME.to_owned())]);
    assert_eq!(session.held_bytes(), 0);
    // It had more in hand than a command may be long, and breaks off in the middle.
    client.publish("other").video(1, &[0; 100_000]).message(2, 0, kind::SET_CHUNK_SIZE, 0, &[0; 4]);
    assert_eq!(feed(&mut session, &mut client), Ok(vec![]));
    assert_eq!(session.held_bytes(), 0);
}

#[test]
fn a_live_publisher_is_told_why_it_is_cut() {
    let mut client = Client::new();
    let (mut session, _) = asked(client.connect("live").publish("k3y"));
    session.accept_publish(&mut Vec::new()).expect("asked");
    let mut effects = Vec::new();
    session.end_publish(code::REJECTED, &"Another encoder took over. ".repeat(100), &mut effects);
    assert_eq!(answers(&effects), [("onStatus".to_owned(), 0.0, code::REJECTED.to_owned())]);
    assert_eq!(events(&feed(&mut session, client.audio(1, b"a")).expect("good")), [""; 0]);
}

#[test]
fn a_second_publish_on_the_connection_is_told_no() {
    let mut client = Client::new();
    let (mut session, _) = asked(client.connect("live").publish("k3y"));
    session.accept_publish(&mut Vec::new()).expect("asked");
    client.command(1, Writer::command("publish", 0.0).null().text("other")).audio(1, b"a");
    let effects = feed(&mut session, &mut client).expect("good");
    assert_eq!(answers(&effects), [("onStatus".to_owned(), 0.0, code::BAD_NAME.to_owned())]);
    assert_eq!(events(&effects), ["audio 1 a"]);
}

#[test]
fn a_ping_is_answered_with_its_timestamp() {
    let mut client = Client::new();
    client.message(2, 0, kind::USER_CONTROL, 0, &[0, 6, 1, 2, 3, 4]).message(
        2,
        0,
        kind::USER_CONTROL,
        0,
        &[0],
    );
    let (effects, _) = play(&mut client);
    assert_eq!(sent(&effects).iter().map(|m| m.data.to_vec()).collect::<Vec<_>>(), [[0, 7, 1, 2, 3, 4]]);
}

#[test]
fn bytes_are_acknowledged_at_half_the_window_with_all_that_came() {
    let mut client = Client::new();
    client.message(2, 0, kind::WINDOW_ACKNOWLEDGEMENT_SIZE, 0, &10_000_u32.to_be_bytes());
    client.message(2, 0, kind::WINDOW_ACKNOWLEDGEMENT_SIZE, 0, &[0; 4]);
    let (mut session, _) = asked(&mut client);
    let mut sequences = Vec::new();
    for _ in 0..4 {
        let effects = feed(&mut session, client.audio(0, &[0; 2000])).expect("good");
        sequences.extend(
            sent(&effects).iter().map(|m| u32::from_be_bytes(m.data[..4].try_into().expect("4 bytes"))),
        );
    }
    // C0 to C2 and the two windows are 3105 bytes, each audio message 2027.
    assert_eq!(sequences, [3105 + 2027, 3105 + 4 * 2027]);
}

#[test]
fn a_client_of_enhanced_rtmp_hears_what_we_take_and_others_hear_nothing() {
    let connect = |enhanced: bool| {
        let object = |w: Writer| {
            let w = w.property("app", |w| w.text("live")).property("flashVer", |w| w.text("test"));
            if !enhanced {
                return w;
            }
            w.property("fourCcList", |w| w.texts(&["hvc1", "avc1"]))
                .property("videoFourCcInfoMap", |w| w.object(|w| w.property("av01", |w| w.number(1.0))))
                .property("capsEx", |w| w.number(1.0))
        };
        let mut client = Client::new();
        client.command(0, Writer::command("connect", 1.0).object(object));
        asked(&mut client).1
    };
    let information = |effects: &[Effect]| {
        let message = sent(effects).into_iter().find(|m| m.kind == kind::COMMAND_AMF0).expect("an answer");
        Command::parse(&message.data).expect("AMF").expect("named").arguments.remove(0)
    };
    let effects = connect(true);
    let information_enhanced = information(&effects);
    assert_eq!(
        information_enhanced.get("fourCcList"),
        Some(&Value::List(vec![Value::Text("avc1".to_owned())]))
    );
    let map = information_enhanced.get("videoFourCcInfoMap").expect("a map");
    assert_eq!(map.get("avc1"), Some(&Value::Number(5.0)));
    let connected = effects.iter().find_map(|e| if let Effect::Connected(c) = e { Some(c) } else { None });
    assert_eq!(connected.expect("connected").four_ccs, ["av01", "avc1", "hvc1"]);
    assert_eq!(information_enhanced.get("capsEx"), Some(&Value::Number(4.0)), "no more than we do");

    let plain = connect(false);
    assert_eq!(information(&plain).get("fourCcList"), None);
    assert_eq!(information(&plain).get("capsEx"), None);
}

#[test]
fn an_app_that_is_missing_is_taken_from_the_address() {
    let object = |w: Writer| w.property("tcUrl", |w| w.text("rtmp://localhost:1935/live/k3y"));
    let mut client = Client::new();
    client.command(0, Writer::command("connect", 1.0).object(object));
    client.command(1, Writer::command("publish", 0.0).null().text(""));
    check(&mut client, &["connected live/k3y", "publish k3y"]);
}
