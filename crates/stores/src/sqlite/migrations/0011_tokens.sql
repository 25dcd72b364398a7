-- Known bots, verified addresses, tokens for programs (sessions with a number, a label and no end), and names of accounts that
-- were removed: nobody else gets them.
ALTER TABLE users ADD COLUMN bot INTEGER NOT NULL DEFAULT 0 CHECK (bot IN (0, 1));
ALTER TABLE users ADD COLUMN verified_at INTEGER;
UPDATE users SET verified_at = created_at WHERE admin = 1;

ALTER TABLE sessions ADD COLUMN scope TEXT NOT NULL DEFAULT 'full' CHECK (scope IN ('full', 'chat'));
ALTER TABLE sessions ADD COLUMN token_id INTEGER;
ALTER TABLE sessions ADD COLUMN label TEXT;
CREATE UNIQUE INDEX sessions_by_token_id ON sessions (token_id) WHERE token_id IS NOT NULL;

CREATE TABLE gone_names (
    name    TEXT    PRIMARY KEY,
    gone_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
