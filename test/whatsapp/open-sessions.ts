import { afterAll, afterEach, beforeAll, expect } from 'vitest'
import type { SendContent } from '../../src/messages/send.ts'
import { createWorld, type Owner, type World } from './world.ts'

export type OpenSession = Owner & { pn: string }

export const text = (to: string, body: string): SendContent => ({ type: 'text', to, body, reply_to: null })

/** The last facts of an owner's sockets. */
export const closings = (owner: Owner) => owner.facts.filter(fact => /closed|confirmed/.test(fact.type))

/** Sessions of a world, each with a number of its own. */
export class OpenSessions {
  readonly #world: World
  #next = 34_600_000_100

  constructor(world: World) {
    this.#world = world
  }

  newNumber(): string {
    return String(this.#next++)
  }

  async open(): Promise<OpenSession> {
    const pn = this.newNumber()
    const owner = await this.#world.linked(pn)
    await owner.opened()
    return Object.assign(owner, { pn })
  }

  /** Sends a message all the way and back, so that an open session proves to be one. */
  async expectToWork(owner: Owner): Promise<void> {
    const friend = this.#world.sim.contact('34611000001')
    const id = this.#world.whatsApp.newMessageId()
    await owner.socket!.send(id, text(friend.account.jid, 'still here'))
    await owner.update(id, 'delivered')
  }
}

/**
 * One world for a file whose sockets are ended in many ways, handed over before the first test. After each test WhatsApp has been
 * answered everything, and no rejection was left unhandled.
 */
export function useOpenSessions(
  begin: (world: World, sessions: OpenSessions) => void,
  { keepAliveMs = 400 } = {},
): void {
  const unhandled: unknown[] = []
  const note = (reason: unknown) => void unhandled.push(reason)
  let world: World
  beforeAll(async () => {
    process.on('unhandledRejection', note)
    world = await createWorld({ keepAliveMs })
    begin(world, new OpenSessions(world))
  })
  afterEach(() => {
    expect(world.sim.ledger.unanswered).toEqual([])
    expect(unhandled).toEqual([])
  })
  afterAll(async () => {
    process.off('unhandledRejection', note)
    await world.close()
  })
}
