/**
 * Baileys 7.0.0-rc14. Upstream: none known; `storeNCTSalt` of whatsmeow does it.
 *
 * The salt for first contacts comes in the app state, under the index `["nct_salt_sync"]` as field 80 of SyncActionValue. Baileys'
 * protobuf drops that field and tells of an action that it does not know in its log only. Here the field is kept, and the log is read.
 *
 * It can go when Baileys emits the salt: test/whatsapp/first-contact/first-contact.test.ts then fails.
 * Applied in src/whatsapp/socket/socket-parts.ts, src/whatsapp/whatsapp.ts.
 */

import { proto, type UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { fieldsIn } from '../protobuf/wire-reader.ts'

type Logger = NonNullable<UserFacingSocketConfig['logger']>

const INDEX = '["nct_salt_sync"]'
/** SyncActionData.value, SyncActionValue.nctSaltSyncAction, its salt. */
const PATH = [2, 80, 1]
const salts = new WeakMap<object, Buffer | null>()

/** For the whole process: what Baileys decodes of such an action is remembered with its salt, null when it was removed. */
export function keepNctSalts(): void {
  const { SyncActionData } = proto
  const decode = SyncActionData.decode
  if ('keepsSalts' in decode) return
  const mended = (...given: Parameters<typeof decode>): proto.SyncActionData => {
    const action = decode.apply(SyncActionData, given)
    if (Buffer.from(action.index ?? []).toString() === INDEX)
      salts.set(action, saltIn(given[0] as Uint8Array))
    return action
  }
  SyncActionData.decode = Object.assign(mended, { keepsSalts: true })
}

/** A logger that hears in Baileys' log of such an action; everything else goes to `logger`. */
export function hearNctSalt(logger: Logger, told: (salt: Buffer | null) => void): Logger {
  const hearing: Logger = {
    ...logger,
    child: () => hearing,
    debug(fields: { syncAction?: { syncAction?: object } } | string) {
      const action = typeof fields === 'object' ? fields.syncAction?.syncAction : undefined
      const salt = action && salts.get(action)
      if (salt !== undefined) told(salt)
    },
  }
  return hearing
}

function saltIn(bytes: Uint8Array): Buffer | null {
  let inner: Uint8Array | null | undefined = bytes
  for (const wanted of PATH) {
    if (!inner) return null
    inner = [...fieldsIn(inner)].find(({ number }) => number === wanted)?.bytes
  }
  return inner?.length ? Buffer.from(inner) : null
}
