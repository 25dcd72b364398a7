-- Who follows whom. The number of a channel's followers is counted as they come and go, so that no page counts them.
CREATE TABLE follows (
    user_id    INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    channel_id INTEGER NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
    since      INTEGER NOT NULL,
    PRIMARY KEY (user_id, channel_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX follows_by_channel ON follows (channel_id, since, user_id);
CREATE INDEX follows_by_user ON follows (user_id, since, channel_id);

ALTER TABLE channels ADD COLUMN followers INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER follows_come AFTER INSERT ON follows BEGIN
    UPDATE channels SET followers = followers + 1 WHERE id = new.channel_id;
END;
CREATE TRIGGER follows_go AFTER DELETE ON follows BEGIN
    UPDATE channels SET followers = followers - 1 WHERE id = old.channel_id;
END;
