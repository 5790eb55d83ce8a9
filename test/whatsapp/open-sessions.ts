import type { SendContent } from '../../src/messages/send.ts'
import type { Owner, World } from './world.ts'

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
