/** Logins at the page. A crash of the server empties what only counts for a minute. */
export const LOGINS_STEP = `
CREATE TABLE logins (
  hash text COLLATE "C" PRIMARY KEY,     -- of the id, which stands in the cookie alone
  proof text NOT NULL,                   -- of the key, to whoever has the id
  began_at timestamptz NOT NULL DEFAULT now(),
  used_at timestamptz NOT NULL DEFAULT now()
) WITH (fillfactor = 50);
CREATE UNLOGGED TABLE login_guesses (
  caller text COLLATE "C" PRIMARY KEY,   -- '*': all
  wrong integer NOT NULL,
  ends_at timestamptz NOT NULL
);
`
