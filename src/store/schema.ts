import type { DatabaseSync } from 'node:sqlite'
import { GatewayError } from '../base/errors.ts'

/** What each version of the tables added; an old file takes the steps that it misses. */
export const STEPS = [
  `
-- One row per life of a session; id is the order of creation.
CREATE TABLE sessions (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  stream_id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL,
  user_id TEXT NOT NULL,           -- JSON: 42 and "42" differ
  epoch INTEGER NOT NULL,
  last_seq INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_activity INTEGER NOT NULL,
  announced TEXT,
  told_estado TEXT,
  told_at INTEGER,
  state_seq INTEGER NOT NULL,      -- the newest lifecycle row
  top_state TEXT NOT NULL,
  search TEXT NOT NULL,            -- what a search looks into, folded
  erased_at INTEGER
) STRICT;
CREATE UNIQUE INDEX sessions_living ON sessions (session_id) WHERE erased_at IS NULL;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE erased_at IS NULL;

CREATE TABLE events (
  stream_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  state TEXT,                      -- state, context, machine_version: lifecycle rows only
  context TEXT,
  machine_version TEXT,
  PRIMARY KEY (stream_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX events_lifecycle ON events (stream_id, seq) WHERE state IS NOT NULL;

CREATE TABLE keys (
  stream_id TEXT NOT NULL,
  type TEXT NOT NULL,
  id TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (stream_id, type, id)
) STRICT;

CREATE TABLE inbox (
  stream_id TEXT NOT NULL,
  hash TEXT NOT NULL,
  plaintext BLOB NOT NULL,
  stanza TEXT NOT NULL,
  at INTEGER NOT NULL,
  done_at INTEGER,
  PRIMARY KEY (stream_id, hash)
) STRICT;
CREATE INDEX inbox_unfinished ON inbox (stream_id) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;

CREATE TABLE messages (
  stream_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  direction TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  content TEXT NOT NULL,
  status TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  error TEXT,
  history TEXT NOT NULL,
  PRIMARY KEY (stream_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX messages_once ON messages (stream_id, dedupe_key);
CREATE INDEX messages_by_id ON messages (stream_id, message_id);
CREATE INDEX messages_unsent ON messages (stream_id, seq)
  WHERE direction = 'out' AND status IN ('queued', 'transmitted');

-- Pending and dead deliveries; what was delivered is gone.
CREATE TABLE deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  webhook_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  lane TEXT NOT NULL,
  stream_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  at INTEGER NOT NULL,
  payload TEXT,                    -- NULL: the message with this seq
  tries INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  last_error TEXT,
  dead_at INTEGER
) STRICT;
CREATE UNIQUE INDEX deliveries_once ON deliveries (stream_id, seq, kind); -- = webhook_id
CREATE INDEX deliveries_pending ON deliveries (lane) WHERE dead_at IS NULL;
CREATE INDEX deliveries_dead ON deliveries (dead_at) WHERE dead_at IS NOT NULL;
`,
  `
CREATE TABLE store (id TEXT NOT NULL) STRICT;
INSERT INTO store VALUES (lower(hex(randomblob(8))));

CREATE TABLE idempotency (
  stream_id TEXT NOT NULL,
  key TEXT NOT NULL,
  hash TEXT NOT NULL,
  message_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (stream_id, key)
) STRICT;
CREATE INDEX idempotency_age ON idempotency (at);
CREATE INDEX sessions_told ON sessions (session_id, told_at) WHERE told_at IS NOT NULL;
CREATE INDEX deliveries_dead_statuses ON deliveries (lane) WHERE kind = 'status' AND dead_at IS NOT NULL;
`,
  `
ALTER TABLE messages ADD COLUMN proto BLOB; -- what went out, encoded
ALTER TABLE messages ADD COLUMN erased_at INTEGER; -- when body and caption were
CREATE INDEX messages_whole ON messages (at) WHERE erased_at IS NULL;
CREATE INDEX messages_taken ON messages (stream_id, chat_id)
  WHERE direction = 'out' AND status IN ('sent', 'delivered', 'read', 'played');

CREATE TABLE downloads (
  stream_id TEXT NOT NULL,
  seq INTEGER NOT NULL,            -- the message's
  media_id TEXT NOT NULL,
  source TEXT NOT NULL,            -- JSON; emptied once it is of no more use
  state TEXT NOT NULL,             -- pending, done, failed
  attempts INTEGER NOT NULL DEFAULT 0,
  at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  error TEXT,
  PRIMARY KEY (stream_id, seq)
) STRICT, WITHOUT ROWID;
CREATE INDEX downloads_pending ON downloads (next_at) WHERE state = 'pending';
CREATE INDEX downloads_by_media ON downloads (media_id);
`,
  `
ALTER TABLE messages ADD COLUMN secret BLOB; -- what others add to the message is sealed under it; erased with the body
`,
  `
-- Who is called how: all names of one person have the same chat_id.
CREATE TABLE people (
  stream_id TEXT NOT NULL,
  name TEXT NOT NULL,              -- a full jid: a LID, or a number
  chat_id TEXT NOT NULL,
  current INTEGER NOT NULL,        -- 0: a name of before, or another way to dial
  username TEXT,
  learnt_at INTEGER NOT NULL,
  PRIMARY KEY (stream_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX people_by_chat ON people (stream_id, chat_id);
-- What Baileys had learnt: a byte, and the LID's user as JSON text.
INSERT OR IGNORE INTO people
  SELECT stream_id, id || '@s.whatsapp.net', trim(CAST(substr(value, 2) AS TEXT), '"') || '@lid', 1, NULL, 0
  FROM keys WHERE type = 'lid-mapping' AND id NOT LIKE '%_reverse';
INSERT OR IGNORE INTO people SELECT stream_id, chat_id, chat_id, 1, NULL, 0 FROM people;
`,
  `
CREATE TABLE account_events (
  stream_id TEXT NOT NULL,
  seq INTEGER NOT NULL,            -- the fact's
  dedupe_key TEXT NOT NULL,
  event TEXT NOT NULL,             -- JSON
  happened_at INTEGER NOT NULL,
  at INTEGER NOT NULL,
  erased INTEGER NOT NULL DEFAULT 0, -- its names are
  PRIMARY KEY (stream_id, seq)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX account_events_once ON account_events (stream_id, dedupe_key);
CREATE INDEX account_events_age ON account_events (at);
CREATE INDEX account_events_whole ON account_events (at) WHERE erased = 0;
`,
  `
CREATE INDEX messages_by_chat ON messages (stream_id, chat_id, seq);
`,
  `
-- How long messages of a chat stay: of chats in which they disappear, or did once.
CREATE TABLE chat_timers (
  stream_id TEXT NOT NULL,
  chat TEXT NOT NULL,              -- a full jid
  expiration INTEGER NOT NULL,     -- seconds; 0: they stay
  set_at INTEGER NOT NULL,         -- seconds since 1970
  PRIMARY KEY (stream_id, chat)
) STRICT, WITHOUT ROWID;
`,
  `
-- The names that people write under, for sessions whose Laravel wants to hear of another one.
CREATE TABLE contact_names (
  stream_id TEXT NOT NULL,
  jid TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (stream_id, jid)
) STRICT, WITHOUT ROWID;
`,
  `
CREATE INDEX inbox_whole ON inbox (done_at) WHERE done_at IS NOT NULL AND stanza <> '';
`,
  `
-- Deleted sessions of which something is left, which goes in slices: all but the facts from keep_from on.
CREATE TABLE erasures (
  stream_id TEXT PRIMARY KEY,
  keep_from INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The files of the media store.
CREATE TABLE media (
  media_id TEXT PRIMARY KEY,
  used_at INTEGER NOT NULL         -- or later: the file itself says when it was opened
) STRICT, WITHOUT ROWID;
CREATE INDEX media_age ON media (used_at);
-- Files that only messages had which are gone.
CREATE TABLE unneeded_media (media_id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
ALTER TABLE store ADD COLUMN media_listed INTEGER NOT NULL DEFAULT 0; -- the files of before are in the table
`,
  `
CREATE INDEX downloads_by_stream ON downloads (stream_id, next_at, seq) WHERE state = 'pending';
`,
  `
ALTER TABLE sessions ADD COLUMN facts_gone_to INTEGER NOT NULL DEFAULT 0;    -- no fact of a message is left up to this seq
ALTER TABLE sessions ADD COLUMN messages_gone_to INTEGER NOT NULL DEFAULT 0; -- the newest received one that was removed
-- Messages that were removed, and that WhatsApp may deliver again.
CREATE TABLE told (
  stream_id TEXT NOT NULL,
  dedupe_key TEXT NOT NULL,
  at INTEGER NOT NULL,             -- when it arrived
  PRIMARY KEY (stream_id, dedupe_key)
) STRICT, WITHOUT ROWID;
CREATE INDEX told_age ON told (at);
-- Chats in which something was exchanged that was removed.
CREATE TABLE former_chats (
  stream_id TEXT NOT NULL,
  chat_id TEXT NOT NULL,
  PRIMARY KEY (stream_id, chat_id)
) STRICT, WITHOUT ROWID;
`,
  `
DROP INDEX downloads_by_media;
CREATE INDEX downloads_by_media ON downloads (media_id, at);
`,
  `
-- Where a fact stands among those of all sessions, in the order of their commits; facts of before have none.
ALTER TABLE events ADD COLUMN position INTEGER;
ALTER TABLE sessions ADD COLUMN last_position INTEGER NOT NULL DEFAULT 0;
ALTER TABLE store ADD COLUMN positions INTEGER NOT NULL DEFAULT 0; -- so many are taken, in blocks
`,
  `
-- Dead letters are listed also while very many deliveries wait.
CREATE INDEX deliveries_dead_ids ON deliveries (id) WHERE dead_at IS NOT NULL;
`,
  `
-- When the session came into its state; a restart of the service, and what changes within the state, is no news.
ALTER TABLE sessions ADD COLUMN since INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET since = coalesce(
  (SELECT at FROM events e WHERE e.stream_id = sessions.stream_id AND e.seq = sessions.state_seq), created_at);
`,
  `
ALTER TABLE sessions ADD COLUMN metadata TEXT; -- JSON that the caller of /start gave; NULL: none
-- Dead letters about sends whose callers gave some.
CREATE INDEX deliveries_described ON deliveries (at)
  WHERE kind = 'receipt' AND dead_at IS NOT NULL AND instr(payload, '"metadata":{') > 0;
`,
  `
-- Why a session cannot be run, as long as no fact came after this one.
ALTER TABLE sessions ADD COLUMN still_seq INTEGER;
ALTER TABLE sessions ADD COLUMN still_why TEXT;
`,
]

/** A file with a higher number is refused. */
export const SCHEMA_VERSION = STEPS.length

/**
 * Creates the tables in a new file and brings those of an old one up to date.
 * Throws BAD_CONFIG if the file was written by newer code.
 */
export function prepareSchema(db: DatabaseSync): void {
  const version = Number(db.prepare('PRAGMA user_version').get()!.user_version)
  if (version > SCHEMA_VERSION)
    throw new GatewayError(
      'BAD_CONFIG',
      `DATA_DIR was written by a newer version (schema ${version}, this one knows ${SCHEMA_VERSION}): upgrade, or use another DATA_DIR`,
      { retryable: false },
    )
  if (version === SCHEMA_VERSION) return
  db.exec(`BEGIN IMMEDIATE; ${STEPS.slice(version).join('')} PRAGMA user_version = ${SCHEMA_VERSION}; COMMIT`)
}
