import { LOGINS_STEP } from './logins-step.ts'
import { MAILBOX_STEP } from './mailbox-step.ts'
import { LIMITS_STEP, OWNERS_STEP } from './owners-step.ts'
import { UPKEEP_STEP } from './upkeep-step.ts'

/** One step of the tables. `compatibleFrom`: the oldest step that code must know to go on beside it; only what is added keeps it. */
export interface SchemaStep {
  compatibleFrom: number
  sql: string
}

/** Keys sort by their bytes, as in SQLite, whatever the database's own collation. */
const KEY = 'text COLLATE "C" NOT NULL'

const FIRST = `
CREATE TABLE store (
  id text NOT NULL,
  link_key bytea NOT NULL,               -- signs the links of media, on every node
  media_listed boolean NOT NULL DEFAULT false,
  positions bigint NOT NULL DEFAULT 0    -- of facts, in the order of commits: the row is locked until its commit is done
);
-- Each UUID has 122 bits of the server's own randomness.
INSERT INTO store (id, link_key) VALUES (
  left(replace(gen_random_uuid()::text, '-', ''), 16),
  sha256(convert_to(gen_random_uuid()::text || gen_random_uuid()::text || gen_random_uuid()::text, 'UTF8'))
);

-- Who writes, and the number of its last commit: what became of a commit whose answer was lost is read here.
CREATE TABLE writers (
  writer text PRIMARY KEY,
  commits bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 10);

-- One row per life of a session, with its newest lifecycle row; id is the order of creation.
CREATE TABLE sessions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  stream_id ${KEY} UNIQUE,
  session_id ${KEY},
  user_id ${KEY},                        -- JSON: 42 and "42" differ
  metadata text,
  epoch bigint NOT NULL,
  last_seq bigint NOT NULL,
  created_at bigint NOT NULL,
  last_activity bigint NOT NULL,
  announced text,
  told_estado text,
  told_at bigint,
  state text,
  context text,
  machine_version text,
  top_state text COLLATE "C" NOT NULL DEFAULT '',
  since bigint NOT NULL DEFAULT 0,
  search text NOT NULL DEFAULT '',       -- what a search looks into, folded
  messages_gone_to bigint NOT NULL DEFAULT 0,
  erased_at bigint
) WITH (fillfactor = 70);
CREATE UNIQUE INDEX sessions_living ON sessions (session_id) WHERE erased_at IS NULL;
CREATE INDEX sessions_by_user ON sessions (user_id) WHERE erased_at IS NULL;
CREATE INDEX sessions_told ON sessions (session_id, told_at) WHERE told_at IS NOT NULL;

-- What the session itself went through lasts; facts of messages go with their partition.
CREATE TABLE events (
  stream_id ${KEY},
  seq bigint NOT NULL,
  at bigint NOT NULL,
  lasting boolean NOT NULL,
  type text NOT NULL,
  data text NOT NULL,
  state text,
  context text,
  machine_version text,
  position bigint NOT NULL,
  PRIMARY KEY (stream_id, seq, lasting, at)
) PARTITION BY LIST (lasting);
CREATE INDEX events_by_position ON events (position);
CREATE TABLE events_lasting PARTITION OF events FOR VALUES IN (true);
CREATE TABLE events_of_messages PARTITION OF events FOR VALUES IN (false) PARTITION BY RANGE (at);
CREATE TABLE events_of_messages_rest PARTITION OF events_of_messages DEFAULT;
CREATE INDEX events_lifecycle ON events_lasting (stream_id, seq) WHERE state IS NOT NULL;
CREATE INDEX events_rest_age ON events_of_messages_rest (at);

CREATE TABLE keys (
  stream_id ${KEY},
  type ${KEY},
  id ${KEY},
  value bytea NOT NULL,
  PRIMARY KEY (stream_id, type, id)
) WITH (fillfactor = 80);

CREATE TABLE inbox (
  stream_id ${KEY},
  hash ${KEY},
  n bigint GENERATED ALWAYS AS IDENTITY,
  plaintext bytea NOT NULL,
  stanza text NOT NULL,
  at bigint NOT NULL,
  done_at bigint,
  PRIMARY KEY (stream_id, hash)
);
CREATE INDEX inbox_unfinished ON inbox (stream_id, n) WHERE done_at IS NULL;
CREATE INDEX inbox_done ON inbox (done_at) WHERE done_at IS NOT NULL;
CREATE INDEX inbox_whole ON inbox (done_at) WHERE done_at IS NOT NULL AND stanza <> '';

CREATE TABLE messages (
  stream_id ${KEY},
  seq bigint NOT NULL,
  at bigint NOT NULL,
  message_id ${KEY},
  chat_id ${KEY},
  direction text NOT NULL,
  dedupe_key ${KEY},
  content text NOT NULL,
  status text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  error text,
  history text NOT NULL,
  proto bytea,
  secret bytea,
  media_id text,                         -- the file of a send
  erased_at bigint,
  PRIMARY KEY (stream_id, seq, at)
) PARTITION BY RANGE (at);
CREATE INDEX messages_by_id ON messages (stream_id, message_id);
CREATE INDEX messages_by_chat ON messages (stream_id, chat_id, seq);
CREATE INDEX messages_unsent ON messages (stream_id, seq) WHERE direction = 'out' AND status IN ('queued', 'transmitted');
CREATE INDEX messages_taken ON messages (stream_id, chat_id)
  WHERE direction = 'out' AND status IN ('sent', 'delivered', 'read', 'played');
CREATE INDEX messages_whole ON messages (at) WHERE erased_at IS NULL;
CREATE TABLE messages_rest PARTITION OF messages DEFAULT;
CREATE INDEX messages_rest_age ON messages_rest (at);

-- What makes a message one, over all partitions, also for a while after it was removed.
CREATE TABLE message_keys (
  stream_id ${KEY},
  dedupe_key ${KEY},
  seq bigint NOT NULL,
  at bigint NOT NULL,
  gone boolean NOT NULL DEFAULT false,
  PRIMARY KEY (stream_id, dedupe_key)
);
CREATE INDEX message_keys_age ON message_keys (at) WHERE NOT gone;
CREATE INDEX message_keys_gone ON message_keys (at) WHERE gone;
CREATE TABLE former_chats (stream_id ${KEY}, chat_id ${KEY}, PRIMARY KEY (stream_id, chat_id));

-- Pending and dead deliveries; what was delivered is gone.
CREATE TABLE deliveries (
  id bigint PRIMARY KEY,
  webhook_id text NOT NULL,
  kind text NOT NULL,
  lane ${KEY},
  stream_id ${KEY},
  session_id ${KEY},
  seq bigint NOT NULL,
  at bigint NOT NULL,
  payload text,                          -- NULL: the message with this seq
  tries integer NOT NULL DEFAULT 0,
  attempts integer NOT NULL DEFAULT 0,
  next_at bigint NOT NULL,
  last_error text,
  dead_at bigint
);
CREATE SEQUENCE delivery_ids;
CREATE UNIQUE INDEX deliveries_once ON deliveries (stream_id, seq, kind);
CREATE INDEX deliveries_pending ON deliveries (lane, id) WHERE dead_at IS NULL;
CREATE INDEX deliveries_dead ON deliveries (dead_at) WHERE dead_at IS NOT NULL;
CREATE INDEX deliveries_dead_ids ON deliveries (id) WHERE dead_at IS NOT NULL;
CREATE INDEX deliveries_dead_statuses ON deliveries (lane) WHERE kind = 'status' AND dead_at IS NOT NULL;

CREATE TABLE idempotency (
  stream_id ${KEY}, key ${KEY}, hash text NOT NULL, message_id text NOT NULL, at bigint NOT NULL,
  PRIMARY KEY (stream_id, key)
);
CREATE INDEX idempotency_age ON idempotency (at);

CREATE TABLE downloads (
  stream_id ${KEY},
  seq bigint NOT NULL,
  media_id ${KEY},
  source text NOT NULL,                  -- JSON; emptied once it is of no more use
  state text NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  at bigint NOT NULL,
  next_at bigint NOT NULL,
  error text,
  PRIMARY KEY (stream_id, seq)
);
CREATE INDEX downloads_pending ON downloads (next_at) WHERE state = 'pending';
CREATE INDEX downloads_by_stream ON downloads (stream_id, next_at, seq) WHERE state = 'pending';
CREATE INDEX downloads_by_media ON downloads (media_id, at);

CREATE TABLE people (
  stream_id ${KEY}, name ${KEY}, chat_id ${KEY}, current boolean NOT NULL, username text, learnt_at bigint NOT NULL,
  PRIMARY KEY (stream_id, name)
);
CREATE INDEX people_by_chat ON people (stream_id, chat_id);

CREATE TABLE account_events (
  stream_id ${KEY},
  seq bigint NOT NULL,
  dedupe_key ${KEY},
  event text NOT NULL,
  happened_at bigint NOT NULL,
  at bigint NOT NULL,
  erased boolean NOT NULL DEFAULT false,
  PRIMARY KEY (stream_id, seq)
);
CREATE UNIQUE INDEX account_events_once ON account_events (stream_id, dedupe_key);
CREATE INDEX account_events_age ON account_events (at);
CREATE INDEX account_events_whole ON account_events (at) WHERE NOT erased;

CREATE TABLE chat_timers (
  stream_id ${KEY}, chat ${KEY}, expiration bigint NOT NULL, set_at bigint NOT NULL, PRIMARY KEY (stream_id, chat)
);
CREATE TABLE contact_names (stream_id ${KEY}, jid ${KEY}, name text NOT NULL, PRIMARY KEY (stream_id, jid));

-- Deleted sessions of which something is left, which goes in slices: all but the facts from keep_from on.
CREATE TABLE erasures (stream_id ${KEY} PRIMARY KEY, keep_from bigint NOT NULL);

CREATE TABLE media (media_id ${KEY} PRIMARY KEY, used_at bigint NOT NULL);
CREATE INDEX media_age ON media (used_at);
CREATE TABLE unneeded_media (media_id ${KEY} PRIMARY KEY);
`

/** Why a session cannot be run by its owner, as long as no fact came after `still_seq`. */
const STANDING_STILL = 'ALTER TABLE sessions ADD COLUMN still_seq bigint, ADD COLUMN still_why text'

/** What each version added, the first one first. */
export const STEPS: SchemaStep[] = [
  { compatibleFrom: 1, sql: FIRST },
  { compatibleFrom: 1, sql: OWNERS_STEP },
  { compatibleFrom: 1, sql: LOGINS_STEP },
  { compatibleFrom: 1, sql: LIMITS_STEP },
  { compatibleFrom: 1, sql: MAILBOX_STEP },
  { compatibleFrom: 1, sql: STANDING_STILL },
  { compatibleFrom: 1, sql: UPKEEP_STEP },
]
