import type { World } from './world.ts'

/** Traffic both ways over some sessions until told to stop; remembers what each side was promised. */
export class Traffic {
  /** Message ids that contacts said, by session. */
  readonly said: { session: string; id: string }[] = []
  /** Message ids that the manager answered with 200 or 202. */
  readonly accepted: { session: string; id: string; status: number }[] = []
  readonly #world: World
  readonly #sessions: { id: string; number: string }[]
  #running = true
  #loops: Promise<void>[] = []

  constructor(world: World, sessions: { id: string; number: string }[]) {
    this.#world = world
    this.#sessions = sessions
  }

  begin(): this {
    this.#loops = this.#sessions.flatMap(session => [
      this.#contactTalks(session),
      this.#laravelTalks(session),
    ])
    return this
  }

  async end(): Promise<void> {
    this.#running = false
    await Promise.all(this.#loops)
  }

  contactOf(number: string): string {
    return number.replace('346100', '346200')
  }

  async #contactTalks({ id, number }: { id: string; number: string }): Promise<void> {
    const contact = this.#world.simulator.contact(this.contactOf(number))
    for (let n = 0; this.#running; n++) {
      const { id: messageId } = await contact.say(number, `in ${n}`)
      this.said.push({ session: id, id: messageId })
      await pause(120)
    }
  }

  async #laravelTalks({ id, number }: { id: string; number: string }): Promise<void> {
    for (let n = 0; this.#running; n++) {
      const answer = await this.#world.send(id, this.contactOf(number), `out ${n}`).catch(() => null)
      if (answer !== null && (answer.status === 200 || answer.status === 202)) {
        this.accepted.push({ session: id, id: String(answer.body.message_id), status: answer.status })
      }
      await pause(120)
    }
  }
}

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
