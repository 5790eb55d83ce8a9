import { GatewayError } from '../../src/base/errors.ts'
import type { Store, Write } from '../../src/ports/store.ts'
import { createWorld, type Owner, type World } from './world.ts'

const away = () => new GatewayError('STORE_FAILED', 'The server is away', { says: 'server_away' })

/** A store whose commits a test can hold back or refuse; what comes behind one in its stream waits and fails with it, as in the store. */
export class GatedStore {
  readonly store: Store
  readonly writes: Write[] = []
  refuse: ((write: Write) => boolean) | undefined
  /** No key can be read. */
  isSilent = false
  readonly #last = new Map<string, Promise<void>>()
  #held: { wanted: (write: Write) => boolean; reached: () => void; open: Promise<void> } | undefined

  constructor(store: Store) {
    this.store = {
      ...store,
      keys: {
        ...store.keys,
        get: (...asked) => (this.isSilent ? Promise.reject(away()) : store.keys.get(...asked)),
        inbox: (...asked) => (this.isSilent ? Promise.reject(away()) : store.keys.inbox(...asked)),
      },
      commit: write => {
        this.writes.push(write)
        const { streamId } = write
        const committed = this.#commit(store, write, this.#last.get(streamId))
        this.#last.set(streamId, committed)
        const over = () => {
          if (this.#last.get(streamId) === committed) this.#last.delete(streamId)
        }
        committed.then(over, over)
        return committed
      },
    }
  }

  async #commit(store: Store, write: Write, last: Promise<void> | undefined): Promise<void> {
    const refused = this.refuse?.(write)
    const held = this.#held?.wanted(write) ? this.#held : undefined
    held?.reached()
    await Promise.all([last, held?.open])
    if (refused) throw new Error('disk full')
    return store.commit(write)
  }

  /** Holds the writes that are `wanted`; `reached` resolves at the first of them, `release` lets them through. */
  hold(wanted: (write: Write) => boolean) {
    const reached = Promise.withResolvers<void>()
    const open = Promise.withResolvers<void>()
    this.#held = { wanted, reached: reached.resolve, open: open.promise }
    return {
      reached: reached.promise,
      release: () => {
        this.#held = undefined
        open.resolve()
      },
    }
  }
}

export interface GatedWorld {
  world: World
  gate: GatedStore
  /** Its session runs on the gated store. */
  owner: Owner
  /** Another session's message goes all the way round: what was written before it would have arrived, too. */
  roundTrip(): Promise<void>
}

/** A world with the open session of 34600000001 on a gated store, and that of 34600000002 beside it. */
export async function createGatedWorld(): Promise<GatedWorld> {
  const world = await createWorld()
  const gate = new GatedStore(world.store)
  const owner = await world.linked('34600000001')
  owner.via = world.another({}, gate.store)
  owner.on = gate.store
  await owner.opened()
  const witness = await world.linked('34600000002')
  await witness.opened()
  return {
    ...{ world, gate, owner },
    async roundTrip() {
      const id = world.whatsApp.newMessageId()
      const to = world.sim.contact('34611000009').account.jid
      await witness.socket!.send(id, { type: 'text', to, body: 'round trip', reply_to: null })
      await witness.update(id, 'delivered')
    },
  }
}
