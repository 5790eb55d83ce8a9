import { GatewayError } from '../src/base/errors.ts'
import type { Store } from '../src/ports/store.ts'

/** What a process prints for each write that was refused because its session has another owner by now. */
export const REFUSED = '{"stale":"a write was refused"}'

/** The store, which tells of such writes. */
export const countingRefusals = (
  store: Store,
  tell: (line: string) => void = line => process.stdout.write(line),
): Store => ({
  ...store,
  commit(write) {
    return store.commit(write).catch((error: unknown) => {
      if (error instanceof GatewayError && error.code === 'EPOCH_CONFLICT') tell(`${REFUSED}\n`)
      throw error
    })
  },
})
