/** Work for all nodes: who is at it, by the lease of its node, and when it was done last. */
export const UPKEEP_STEP = `
CREATE TABLE upkeep (
  work text COLLATE "C" PRIMARY KEY,
  node text COLLATE "C",                 -- NULL: nobody
  done_at timestamptz
);
`
