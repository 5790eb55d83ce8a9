/** A login ends so long after it began, in ms. */
export const LOGIN_LIFE_MS = 12 * 60 * 60 * 1000
/** And once it was not used for so long, give or take a minute. */
export const LOGIN_IDLE_MS = 60 * 60 * 1000
/** Beyond so many the one that was used longest ago ends. */
export const MOST_LOGINS = 1000

/** Wrong keys are counted for so long, in ms, from the first one on: */
export const GUESSES_WINDOW_MS = 60_000
/** of one caller, */
export const MOST_GUESSES_OF_ONE = 10
/** and of all together. */
export const MOST_GUESSES_OF_ALL = 200

/** Who logged in to the page, known by the hashes of their ids alone: nobody can log in with what stands here. */
export interface LoginTable {
  /** `proof`: shows which key the login began with, to whoever has its id. */
  begin(hash: string, proof: string): Promise<void>
  /** The proof of a login that goes on; null: there is none, or it has ended. `use`: it was used just now. */
  find(hash: string, use: boolean): Promise<string | null>
  end(hash: string): Promise<void>
}

/** Wrong keys at the login. */
export interface GuessTable {
  /** Counts a wrong key; resolves with the seconds until it would be answered as one, 0: now. One that waits counts for nothing. */
  wrong(caller: string): Promise<number>
}

/** Those of this process, or of all nodes. */
export interface LoginTables {
  logins: LoginTable
  guesses: GuessTable
}
