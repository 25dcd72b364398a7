-- Whom a user blocks, in every room. `login` is as it was then, to be listed by.
CREATE TABLE blocks (
    user_id    INTEGER NOT NULL,
    blocked_id INTEGER NOT NULL,
    login      TEXT    NOT NULL,
    PRIMARY KEY (user_id, blocked_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX blocks_by_blocked ON blocks (blocked_id);

-- What banned users say to be let in again: the last of each.
CREATE TABLE room_unban_requests (
    channel_id INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    record     TEXT    NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_unban_requests_by_user ON room_unban_requests (user_id);
