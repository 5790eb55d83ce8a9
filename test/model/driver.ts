import { expect } from 'vitest'
import { check } from './check.ts'
import { eventually, ID, type Json, ManagerUnderTest, MINUTE, SECOND, time } from './manager-under-test.ts'
import { dotted, type Event, type Snapshot } from './paths.ts'

const PAUSING = 'awaitingQr.verifying.pausing'
const ASKING = 'awaitingQr.verifying.asking'

/** `how`: the word after the first dot of an event; `mood`: how Laravel behaves; `next`: what must come of it. */
type Act = (how: string, mood: string, next: Snapshot) => unknown

/** Makes the events of the model happen to the real thing, and compares what can be seen with the model. */
export class Driver extends ManagerUnderTest {
  /** The session as it was before the event, and the last row of its log by then. */
  #before!: Snapshot
  #seq = 0
  /** When it was put to sleep. */
  #asleepSince = 0
  /** Sends that were answered with 202. */
  #sends: string[] = []

  async begin(initial: Snapshot, port: number): Promise<void> {
    this.#before = initial
    await this.start(port)
  }

  async perform(type: Event['type'], next: Snapshot): Promise<void> {
    // Two things never happen at the same moment.
    await this.clock.advance(1)
    const [what = '', ...how] = type.split('.')
    const mood = /^(?:no|inactive|oldNews|away|silent|takesNoQr)$/.test(how.at(-1) ?? '') ? how.pop()! : ''
    this.setMood(mood, this.#before.context.lastTold)
    const act = this.#acts[what]
    if (act === undefined) throw new Error(`nobody knows how to ${type}`)
    await act(how[0] ?? '', mood, next)
  }

  /** Resolves once everything that can be seen is as the model says. */
  async check(next: Snapshot): Promise<void> {
    const look = () => check(this, next, { before: this.#before, seq: this.#seq, sends: this.#sends })
    let seq = await eventually(look)
    const throttledUntil = (this.publications.at(-1) ?? 0) + 30 * SECOND
    if (!next.context.throttled && throttledUntil > this.clock.now()) {
      await this.advanceTo(throttledUntil)
      seq = await eventually(look)
    }
    if (next.context.queued === 0) this.#sends = []
    this.#seq = seq
    this.#before = next
  }

  readonly #acts: Record<string, Act> = {
    start: (_, __, next) => this.#ask('POST', '/start', next, { user_id: 7, session_id: ID }),
    restart: (_, __, next) => this.#ask('POST', `/sessions/${ID}/restart`, next),
    logout: async (how, _, next) => {
      if (how === '') return this.#askAndWait('logout.requested', 'POST', `/sessions/${ID}/logout`, next)
      this.proxy.dropWhatClientsSay()
      const hangUp = new AbortController()
      const asked = this.fetch('POST', `/sessions/${ID}/logout`, undefined, hangUp.signal).catch(() => null)
      await this.recorded('logout.requested', this.#seq)
      hangUp.abort()
      await asked
    },
    delete: (_, __, next) => this.#askAndWait('delete.requested', 'DELETE', `/sessions/${ID}`, next),
    send: async (_, __, next) => {
      const body = { session_id: ID, wa_id: this.ana.pn, type: 'text', body: 'hola' }
      let answered = false
      const asked = this.#ask('POST', '/send-message', next, body).finally(() => {
        answered = true
      })
      if (next.context.http === 202) {
        await this.recorded('message.queued', this.#seq)
        // SEND_WAIT_MS is 0: whoever waits is answered at once, when the clock looks at its timers.
        while (!answered) {
          await this.clock.advance(0)
          await this.state()
        }
      }
      const { message_id } = await asked
      if (next.context.http === 202) this.#sends.push(String(message_id))
    },

    answer: async (_, mood) => {
      await this.proxy.letIn()
      if (mood === 'no') await this.#denied()
    },
    refuse: async code => {
      if (code === '401') this.#unlinkOnPhone()
      else await this.simulator.fault({ kind: 'failure', account: this.phone.pn, status: Number(code) })
      await this.proxy.letIn()
    },
    drop: async (how, mood) => {
      if (mood === 'no') await this.clock.advance(15 * SECOND)
      if (how === 'removed') this.#unlinkOnPhone()
      else if (how !== 'network')
        await this.simulator.fault({ kind: how as '503' | '515' | 'replaced', account: this.phone.pn })
      else {
        await eventually(() => expect(this.proxy.waiting.size + this.proxy.inside.size).toBe(1))
        this.proxy.cut()
      }
      if (how === 'removed' && mood === 'away')
        await this.laravel.seen(({ path, status }) => path === '/whatsapp/status' && status === 503)
    },
    scan: async how => {
      const qr = await this.qrText()
      if (how === '') return this.phone.scan(qr)
      this.replacements.add(this.publications.length)
      this.phone.linking.onScan.push('companion_reg_refresh')
      await expect(this.phone.scan(qr)).rejects.toThrow('check your connection')
      await eventually(async () => expect(await this.qrText()).not.toBe(qr))
    },
    newQr: async () => {
      const old = await this.qrText()
      this.qrTimer.fire()
      await eventually(async () => expect(await this.qrText()).not.toBe(old))
    },
    qrsUsedUp: async (_, __, next) => {
      if (next.context.published > this.#before.context.published) {
        const published = this.publications.length
        this.qrTimer.fire()
        await eventually(() => expect(this.publications).toHaveLength(published + 1))
        await this.inState('awaitingQr.shown.throttled')
      }
      while (this.qrTimer.armed) this.qrTimer.fire()
    },
    message: () => this.ana.say(this.phone.pn, 'hola'),

    throttleEnds: async (_, mood) => {
      await this.#notBefore(this.publications.at(-1)! + 30 * SECOND)
      if (mood === 'no') await this.#denied()
    },
    askedAgain: async (_, mood) => {
      const state = dotted(this.#before)
      if (state === ASKING) return this.clock.advance(15 * SECOND)
      if (mood === 'no') return this.#denied()
      if (state === PAUSING) return this.#askAgain()
      const requests = this.laravel.received.length
      await this.clock.advance(5 * SECOND)
      await eventually(() => expect(this.laravel.received.length).toBeGreaterThan(requests))
    },
    expiry: () => this.#notBefore(this.publications.at(-1)! + 60 * SECOND),
    watchdog: async () => this.#notBefore(time((await this.memory()).connecting_at) + 45 * SECOND),
    backoffEnds: async () => {
      if (dotted(this.#before) === 'reconnecting.verifying') {
        await this.clock.advance(5 * SECOND)
        await this.inState('reconnecting.waiting', 'starting.connecting')
      }
      const { retry_at } = await this.memory()
      if (retry_at === null) return
      if (dotted(this.#before) === 'reconnecting.verifying') await this.advanceTo(time(retry_at))
      else await this.#notBefore(time(retry_at))
    },
    restEnds: async () => this.#notBefore(time((await this.memory()).retry_at)),
    sixHours: () => this.#notBefore(this.#asleepSince + 6 * 60 * MINUTE),
    longOpen: async () => this.#notBefore(time((await this.memory()).opened_at) + 5 * MINUTE),
    unlinkEnds: () => this.clock.advance(2 * SECOND),
    rechecked: async () => {
      const questions = this.questions()
      await this.#notBefore(time((await this.memory()).retry_at))
      await eventually(() => expect(this.questions()).toBeGreaterThan(questions))
    },
    idle: async policy => {
      this.idle.policy = policy as typeof this.idle.policy
      const { body } = await this.get()
      const { last_activity } = body.session as { last_activity: string }
      await this.advanceToReap(
        Math.max(time(last_activity), time((await this.memory()).started_at)) + 30 * MINUTE,
      )
      this.idle.policy = 'keep'
      if (policy === 'hibernate' && dotted(this.#before).startsWith('open'))
        this.#asleepSince = this.clock.now()
    },

    stop: async () => {
      await this.restart()
      if (this.#isUntold()) await this.clock.advance(5 * SECOND)
    },
    kill: async () => {
      await this.crash()
      if (this.#isUntold()) await this.clock.advance(5 * SECOND)
    },
    laravelBack: () => this.clock.advance(5 * SECOND),
  }

  /** Laravel was away: it is asked again after 5 s. */
  #isUntold(): boolean {
    return dotted(this.#before).endsWith('untold')
  }

  /** Lets time pass up to a moment; until then nothing changes. */
  async #notBefore(at: number): Promise<void> {
    await this.advanceTo(at - 1)
    const before = this.#before
    const look = () => check(this, before, { before, seq: this.#seq, sends: this.#sends })
    // What is on its way to WhatsApp does not wait for this clock.
    for (let i = 0; i < 2; i++) await eventually(look)
    await this.advanceTo(at)
  }

  #unlinkOnPhone(): void {
    this.phone.unlink(this.phone.devices.at(-1))
  }

  /** A 404 counts once 15 s have passed since /start: it is asked again until then. */
  async #denied(): Promise<void> {
    while ((await this.inState('awaitingQr.refused', PAUSING)) === PAUSING) await this.#askAgain()
  }

  /** Lets Laravel be asked once more, and waits until it has answered. */
  async #askAgain(): Promise<void> {
    const questions = this.questions()
    await this.advanceTo(time((await this.memory()).qr.ask_at))
    await eventually(() => expect(this.questions()).toBeGreaterThan(questions))
    await eventually(async () => expect(await this.state()).not.toBe(ASKING))
  }

  async #ask(method: string, path: string, next: Snapshot, body?: unknown): Promise<Json> {
    const answer = await this.fetch(method, path, body)
    expect(answer.status, JSON.stringify(answer.body)).toBe(next.context.http)
    return answer.body
  }

  /** The same for what WhatsApp has to confirm: who asks is answered after 4 s, even if it has not. */
  async #askAndWait(fact: string, method: string, path: string, next: Snapshot): Promise<void> {
    const asked = this.#ask(method, path, next)
    if (next.context.http === 202) {
      await this.recorded(fact, this.#seq)
      await this.clock.advance(4 * SECOND)
    }
    await asked
  }
}
