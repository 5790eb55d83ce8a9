import { parseArgs } from 'node:util'
import { ImportError } from './import-error.ts'

export interface ImportOptions {
  /** Where the folders are. */
  auth: string
  /** Whose the sessions are: an id, a file that says it, or how the folders are called. */
  user: string
  dryRun: boolean
  leavesOutBroken: boolean
}

export const USAGE = `npm run import -- --auth ./auth --user 42             sessions of another gateway move in: nobody scans again
npm run import -- --auth ./auth --user 42 --dry-run   what would, and what not, without storing anything

  --auth DIR           a folder of Baileys' useMultiFileAuthState (with creds.json), or one that has such folders in it
  --user WHO           whose they are, user_id of POST /start:
                         42                  all of one user
                         users.json          by folder: {"shop": 42, "bar 2": {"user_id": 43, "session_id": "bar-2"}}
                         users.csv           by folder, one a line: shop,42
                         '{user}_{session}'  as the folders are called: 42_shop; also '{user}/{session}' or '{user}'
  --dry-run            only says what would happen; a manager may run meanwhile
  --leave-out-broken   moves in without key files that are cut off: whom they concern may have to send a message again

A session is called like its folder, unless --user says otherwise. DATA_DIR of .env or the environment takes them in: stop the
manager first, and the old gateway for good. The folders are only read.
`

/** Reads the command line. Throws ImportError. */
export function readOptions(argv: string[]): ImportOptions {
  const { auth, user, 'dry-run': dryRun, 'leave-out-broken': leavesOutBroken } = parse(argv)
  if (!auth) throw new ImportError(`--auth is missing: where are the folders?\n\n${USAGE}`)
  if (!user) throw new ImportError(`--user is missing: whose sessions are they?\n\n${USAGE}`)
  return { auth, user, dryRun, leavesOutBroken }
}

function parse(argv: string[]) {
  try {
    return parseArgs({
      args: argv,
      options: {
        auth: { type: 'string' },
        user: { type: 'string' },
        'dry-run': { type: 'boolean', default: false },
        'leave-out-broken': { type: 'boolean', default: false },
      },
    }).values
  } catch (error) {
    throw new ImportError(`${(error as Error).message.split('. ')[0]}.\n\n${USAGE}`)
  }
}
