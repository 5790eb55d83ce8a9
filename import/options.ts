import { command, type Values } from '../command-line/command.ts'
import { flag, required } from '../command-line/options.ts'

export interface ImportOptions {
  /** Where the folders are. */
  auth: string
  /** Whose the sessions are: an id, a file that says it, or how the folders are called. */
  user: string
  dryRun: boolean
  leavesOutBroken: boolean
}

export const IMPORT = command({
  run: `npm run import`,
  does: 'Sessions of a gateway that keeps them with Baileys move in, each whole or not at all: nobody scans again.',
  options: {
    auth: required(
      'DIR',
      "a folder of Baileys' useMultiFileAuthState (with creds.json), or one that has such folders in it",
      'where are the folders?',
    ),
    user: required(
      'WHO',
      "whose they are, user_id of POST /start: an id, a file by folder, or how the folders are called, '{user}_{session}', '{user}/{session}' or '{user}'",
      'whose sessions are they?',
    ),
    'dry-run': flag('only says what would happen; a manager may run meanwhile'),
    'leave-out-broken': flag(
      'moves in without key files that are cut off: whom they concern may have to send a message again',
    ),
  },
  examples: [
    ['--auth ./auth --user 42 --dry-run', 'what would move in, and what not and why'],
    ['--auth ./auth --user 42', 'all of one user'],
    ['--auth ./auth --user users.json', '{"shop": 42, "bar": {"user_id": 43}}'],
    ['--auth ./auth --user users.csv', 'one a line: shop,42'],
    ["--auth ./auth --user '{user}_{session}'", '42_shop'],
  ],
  notes: `A session is called like its folder, unless --user says otherwise. DATA_DIR of .env or the environment takes them in: stop the manager first, and the old gateway for good. The folders are only read.
Exit code 1: not every folder has its session here now.`,
})

/** What was asked for. */
export const importOptions = (values: Values<typeof IMPORT>): ImportOptions => ({
  ...{ auth: values.auth, user: values.user },
  ...{ dryRun: values['dry-run'], leavesOutBroken: values['leave-out-broken'] },
})
