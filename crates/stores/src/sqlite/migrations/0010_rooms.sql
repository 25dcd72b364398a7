-- Chat rooms. A channel of which nothing is kept has no row anywhere here. Names in these tables are logins as they were then.
CREATE TABLE rooms (
    channel_id INTEGER PRIMARY KEY,
    settings   TEXT CHECK (settings IS NULL OR json_valid(settings)),
    pinned     TEXT CHECK (pinned IS NULL OR json_valid(pinned))
) STRICT;

CREATE TABLE room_roles (
    channel_id INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    login      TEXT    NOT NULL,
    role       TEXT    NOT NULL CHECK (role IN ('moderator', 'vip')),
    PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_roles_by_user ON room_roles (user_id, role);

-- `record` is the ban as JSON: nothing asks for a part of it.
CREATE TABLE room_bans (
    channel_id INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    record     TEXT    NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_terms (
    channel_id INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    record     TEXT    NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (channel_id, id)
) STRICT, WITHOUT ROWID;

CREATE TABLE room_warnings (
    channel_id INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    record     TEXT    NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_warnings_by_user ON room_warnings (user_id);

CREATE TABLE room_suspects (
    channel_id INTEGER NOT NULL,
    user_id    INTEGER NOT NULL,
    login      TEXT    NOT NULL,
    how        TEXT    NOT NULL CHECK (how IN ('monitored', 'restricted')),
    PRIMARY KEY (channel_id, user_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_suspects_by_user ON room_suspects (user_id);

-- What moderators did.
CREATE TABLE room_entries (
    channel_id INTEGER NOT NULL,
    id         INTEGER NOT NULL,
    target_id  INTEGER,
    action     TEXT    NOT NULL,
    record     TEXT    NOT NULL CHECK (json_valid(record)),
    PRIMARY KEY (channel_id, id)
) STRICT, WITHOUT ROWID;
CREATE INDEX room_entries_by_target ON room_entries (target_id, channel_id, id) WHERE target_id IS NOT NULL;

CREATE TABLE looks (
    user_id INTEGER PRIMARY KEY,
    colour  INTEGER CHECK (colour BETWEEN 0 AND 16777215)
) STRICT;

-- Emotes of channels. The site's own are part of the program.
CREATE TABLE emotes (
    id         INTEGER PRIMARY KEY,
    owner_kind TEXT    NOT NULL CHECK (owner_kind IN ('site', 'channel')),
    owner_id   INTEGER NOT NULL,
    code       TEXT    NOT NULL,
    animated   INTEGER NOT NULL CHECK (animated IN (0, 1)),
    added_at   INTEGER NOT NULL,
    media_type TEXT    NOT NULL,
    UNIQUE (owner_kind, owner_id, code)
) STRICT;

CREATE TABLE emote_pictures (
    emote_id INTEGER NOT NULL REFERENCES emotes (id) ON DELETE CASCADE,
    size     INTEGER NOT NULL CHECK (size IN (0, 1, 2)),
    picture  BLOB    NOT NULL,
    PRIMARY KEY (emote_id, size)
) STRICT;
