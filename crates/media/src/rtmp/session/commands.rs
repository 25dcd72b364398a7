//! What each command of a publisher leads to.

use super::*;
use crate::rtmp::key::{StreamKey, Veiled};
use crate::rtmp::limits::{ENCODER_CHARS_MAX, FOUR_CCS_MAX};

impl Session {
    /// Acts on a command that came on message stream `stream_id`.
    pub(super) fn command(
        &mut self,
        stream_id: u32,
        command: Command,
        effects: &mut Vec<Effect>,
    ) -> Result<(), RtmpError> {
        if !matches!(self.stage, Stage::Publishing(_)) {
            self.commands += 1;
            if self.commands > self.limits.commands_before_publish_max {
                return Err(RtmpError::Commands { max: self.limits.commands_before_publish_max });
            }
        }
        let transaction = command.transaction;
        match command.name.as_str() {
            "connect" => self.connect(&command, effects),
            "createStream" => {
                self.must_be_connected()?;
                self.streams_created = self.streams_created.wrapping_add(1);
                self.answer(&command::result(transaction, Some(f64::from(self.streams_created))));
            }
            "publish" => self.publish(stream_id, command.text(0), effects)?,
            "FCPublish" => {
                self.must_be_connected()?;
                self.fc_publish = true;
                self.answer_if_asked(transaction, None);
            }
            "releaseStream" => {
                self.must_be_connected()?;
                self.answer_if_asked(transaction, None);
            }
            "_checkbw" | "checkBandwidth" => self.answer_if_asked(transaction, None),
            "getStreamLength" => self.answer_if_asked(transaction, Some(0.0)),
            "FCUnpublish" => self.unpublish(true, effects),
            "deleteStream" => {
                let named = command.arguments.first().and_then(Value::as_number);
                self.unpublish(named.is_none_or(|id| self.is_published(id)), effects);
            }
            "closeStream" => self.unpublish(self.is_published(f64::from(stream_id)), effects),
            "play" | "play2" => {
                let description = "This server takes publishers only.";
                self.status(
                    stream_id,
                    &command::on_status("onStatus", "error", code::PLAY_FAILED, description),
                );
                return Err(RtmpError::Play);
            }
            _ => {}
        }
        Ok(())
    }

    /// §7.2.1.1. A second one changes nothing.
    fn connect(&mut self, command: &Command, effects: &mut Vec<Effect>) {
        if self.connect.is_some() {
            return;
        }
        let connect = Connect::read(&command.object);
        self.control(kind::WINDOW_ACKNOWLEDGEMENT_SIZE, &WINDOW_BYTES.to_be_bytes());
        let [a, b, c, d] = WINDOW_BYTES.to_be_bytes();
        // Limit type 2, "dynamic" (§5.4.5).
        self.control(kind::SET_PEER_BANDWIDTH, &[a, b, c, d, 2]);
        self.announce_chunk_size();
        let enhanced = !connect.four_ccs.is_empty() || connect.caps_ex != 0;
        self.answer(&command::connected(command.transaction, connect.object_encoding, enhanced));
        let connect = Box::new(connect);
        self.connect = Some(connect.clone());
        self.emit(Effect::Connected(connect), effects);
    }

    fn publish(
        &mut self,
        stream_id: u32,
        stream_name: &str,
        effects: &mut Vec<Effect>,
    ) -> Result<(), RtmpError> {
        let connect = self.connect.as_ref().ok_or(RtmpError::NotConnected)?;
        if self.stage != Stage::Idle {
            let description = "This connection publishes already.";
            self.status(stream_id, &command::on_status("onStatus", "error", code::BAD_NAME, description));
            return Ok(());
        }
        let request = Box::new(PublishRequest {
            key: StreamKey::find(connect.app.expose(), connect.tc_url.expose(), stream_name),
            encoder: connect.encoder.clone(),
        });
        self.stage = Stage::Requested(stream_id);
        self.chunks.expect(Phase::Pending);
        self.emit(Effect::PublishRequested(request), effects);
        Ok(())
    }

    /// The end of the publish, if there is one and it is `meant`.
    fn unpublish(&mut self, meant: bool, effects: &mut Vec<Effect>) {
        match self.stage {
            Stage::Publishing(stream) if meant => self.finish_publish(stream, effects),
            Stage::Requested(_) if meant => self.pending_end = true,
            _ => {}
        }
    }

    /// Confirms the end. The connection may publish again.
    pub(super) fn finish_publish(&mut self, stream: u32, effects: &mut Vec<Effect>) {
        let description = "Stream ended.";
        if self.fc_publish {
            self.status(
                stream,
                &command::on_status("onFCUnpublish", "status", code::UNPUBLISHED, description),
            );
        }
        self.status(stream, &command::on_status("onStatus", "status", code::UNPUBLISHED, description));
        self.leave_publish(Stage::Idle);
        self.emit(Effect::Ended, effects);
    }

    /// Message stream `id` is the one that is published, or one that we never gave: then only one can be meant.
    fn is_published(&self, id: f64) -> bool {
        match self.stage {
            Stage::Requested(stream) | Stage::Publishing(stream) => {
                id == f64::from(stream) || id < 1.0 || id > f64::from(self.streams_created)
            }
            Stage::Idle | Stage::Over => false,
        }
    }

    fn must_be_connected(&self) -> Result<(), RtmpError> {
        if self.connect.is_some() { Ok(()) } else { Err(RtmpError::NotConnected) }
    }

    fn answer_if_asked(&mut self, transaction: f64, value: Option<f64>) {
        if transaction != 0.0 {
            self.answer(&command::result(transaction, value));
        }
    }
}

impl Connect {
    /// Reads the command object. All of it may be missing.
    fn read(object: &Value) -> Self {
        let text = |name| object.get(name).and_then(Value::as_text).unwrap_or_default();
        let number = |name| object.get(name).and_then(Value::as_number).unwrap_or_default();
        let tc_url = text("tcUrl");
        let app = match text("app") {
            "" => tc_url
                .split_once("://")
                .and_then(|(_, rest)| rest.split_once('/'))
                .map_or("", |(_, path)| path),
            app => app,
        };
        let listed = match object.get("fourCcList") {
            Some(Value::List(list)) => list.iter().filter_map(Value::as_text).map(str::to_owned).collect(),
            _ => Vec::new(),
        };
        let mapped =
            ["videoFourCcInfoMap", "audioFourCcInfoMap"].into_iter().filter_map(|map| object.get(map));
        let mut four_ccs: Vec<String> = listed;
        for map in mapped {
            if let Value::Object(entries) = map {
                four_ccs.extend(entries.iter().map(|(four_cc, _)| four_cc.clone()));
            }
        }
        four_ccs.retain(|four_cc| four_cc.len() <= 4);
        four_ccs.sort_unstable();
        four_ccs.dedup();
        four_ccs.truncate(FOUR_CCS_MAX);
        Self {
            app: Veiled::new(app),
            tc_url: Veiled::new(tc_url),
            encoder: text("flashVer").chars().take(ENCODER_CHARS_MAX).collect(),
            object_encoding: number("objectEncoding"),
            four_ccs,
            caps_ex: number("capsEx") as u32,
        }
    }
}
