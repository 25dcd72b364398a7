-- Partitions as they will be in Cassandra: (channel, hour, bucket). A bucket is a stretch of the hour's messages by id; the
-- next one is opened when the last is full, so that their number follows the measured rate.
CREATE TABLE buckets (
    channel_id INTEGER NOT NULL,
    hour       INTEGER NOT NULL,
    bucket     INTEGER NOT NULL,
    first_id   INTEGER NOT NULL,
    last_id    INTEGER NOT NULL,
    messages   INTEGER NOT NULL,
    PRIMARY KEY (channel_id, hour, bucket)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
    channel_id INTEGER NOT NULL,
    hour       INTEGER NOT NULL,
    bucket     INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    author_id  INTEGER NOT NULL,
    login      TEXT    NOT NULL,
    at         INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    action     INTEGER NOT NULL CHECK (action IN (0, 1)),
    reply_to   INTEGER,
    deleted    INTEGER NOT NULL CHECK (deleted IN (0, 1)),
    PRIMARY KEY (channel_id, hour, bucket, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX messages_by_author ON messages (author_id, channel_id, id);

-- Everything until then is deleted: one row instead of a change to every message.
CREATE TABLE clears (
    channel_id INTEGER PRIMARY KEY,
    until      INTEGER NOT NULL
) STRICT;
