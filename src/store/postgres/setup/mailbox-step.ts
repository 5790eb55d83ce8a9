/** Sends that were accepted while nobody had their session, until its next owner has them in its log. */
export const MAILBOX_STEP = `
CREATE TABLE mailbox (
  stream_id text COLLATE "C" NOT NULL,
  n bigint GENERATED ALWAYS AS IDENTITY,
  message_id text COLLATE "C" NOT NULL,
  content text NOT NULL,                 -- JSON
  key text COLLATE "C",                  -- of the caller's; its row in idempotency is written with it
  hash text,
  media_id text,                         -- the file that is to be sent
  at bigint NOT NULL,
  PRIMARY KEY (stream_id, n)
);
CREATE INDEX mailbox_by_media ON mailbox (media_id) WHERE media_id IS NOT NULL;
`
