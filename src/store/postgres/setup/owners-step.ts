/**
 * Who has which session, by leases of whole nodes. `owner` and `erased_at` change seldom: what a message changes touches no index of them.
 * A node is its process's for one run; nobody looks at the rows of those that are gone but to see that their leases are over.
 */
export const OWNERS_STEP = `
CREATE TABLE nodes (
  node text COLLATE "C" PRIMARY KEY,
  url text NOT NULL,
  place text COLLATE "C" NOT NULL,       -- where there is one process at a time: a new one there says that the last one is gone
  started_at timestamptz NOT NULL DEFAULT now(),
  lease_until timestamptz NOT NULL,
  leaving boolean NOT NULL DEFAULT false,
  sessions integer NOT NULL DEFAULT 0,   -- that run there, as of the last renewal
  stats text                             -- JSON
) WITH (fillfactor = 10);
ALTER TABLE sessions ADD COLUMN owner text COLLATE "C";
-- Lanes of deliveries that are drained now. What a crash of the server empties it says of nobody who still drains.
CREATE UNLOGGED TABLE lane_leases (lane text COLLATE "C" PRIMARY KEY, node text COLLATE "C" NOT NULL);
CREATE INDEX lane_leases_by_node ON lane_leases (node);
CREATE INDEX sessions_by_owner ON sessions (owner) WHERE erased_at IS NULL;
`

/** What a node may have, so that the others do not leave more to it. Null: any number, or a version that did not tell. */
export const LIMITS_STEP = 'ALTER TABLE nodes ADD COLUMN max_sessions bigint'
