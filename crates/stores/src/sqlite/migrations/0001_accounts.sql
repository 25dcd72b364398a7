-- Times are milliseconds since the Unix epoch; ids are 64-bit as domain::ids lays them out; secrets are SHA-256 hashes.
CREATE TABLE users (
    id            INTEGER PRIMARY KEY,
    name          TEXT    NOT NULL UNIQUE,
    email         TEXT    NOT NULL,
    email_folded  TEXT    NOT NULL UNIQUE,
    admin         INTEGER NOT NULL CHECK (admin IN (0, 1)),
    partner       INTEGER NOT NULL CHECK (partner IN (0, 1)),
    password_hash TEXT    NOT NULL,
    created_at    INTEGER NOT NULL
) STRICT;

-- Name and partnership are the owner's.
CREATE TABLE channels (
    id       INTEGER PRIMARY KEY REFERENCES users (id),
    title    TEXT NOT NULL DEFAULT '',
    category TEXT NOT NULL DEFAULT '',
    tags     TEXT NOT NULL DEFAULT '[]' CHECK (json_valid(tags)),
    language TEXT NOT NULL DEFAULT '',
    latency  TEXT NOT NULL DEFAULT 'low' CHECK (latency IN ('low', 'normal'))
) STRICT;

CREATE TABLE sessions (
    token      BLOB    PRIMARY KEY CHECK (length(token) = 32),
    user_id    INTEGER NOT NULL REFERENCES users (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sessions_by_end ON sessions (expires_at);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE stream_keys (
    id           INTEGER PRIMARY KEY,
    channel_id   INTEGER NOT NULL REFERENCES channels (id),
    label        TEXT    NOT NULL,
    secret       BLOB    NOT NULL UNIQUE CHECK (length(secret) = 32),
    created_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;
CREATE INDEX stream_keys_by_channel ON stream_keys (channel_id, created_at, id);

CREATE TABLE invites (
    code        BLOB    PRIMARY KEY CHECK (length(code) = 32),
    created_by  INTEGER REFERENCES users (id),
    created_at  INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL,
    redeemed_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE INDEX invites_by_end ON invites (expires_at);
