import { setTimeout as pause } from 'node:timers/promises'
import { now } from '../harness/now.ts'
import type { Contender } from './contenders/contender.ts'
import type { Cost, Integrity, MeasureOptions, ReceivedFigures, SentFigures, TrafficKind } from './figures.ts'
import { cpuOf, threadsOf } from './probe/process-tree.ts'
import type { Pair } from './traffic/pair.ts'

/** What waits for company, such as a batch of receipts, has left by then. */
const COMPANY_MS = 300
const LOST_MS = 20_000

/** The sums of one kind of traffic. */
interface Sums {
  count: number
  cpu: number
  ms: number
  threads: Record<string, number>
}

const none = (): Sums => ({ count: 0, cpu: 0, ms: 0, threads: {} })

/** The traffic of one process: each turn is checked for what was lost or doubled, and all that it cost is counted, its tail included. */
export class TrafficRun {
  readonly integrity: Integrity = { sent: 0, decrypted: 0, said: 0, delivered: 0, troubles: [] }
  readonly #contender: Contender
  readonly #pairs: Pair[]
  readonly #options: MeasureOptions
  #sums = { sent: none(), received: none(), sentToGroups: none() }
  #latencies: number[] = []
  #warm = false

  constructor(contender: Contender, pairs: Pair[], options: MeasureOptions) {
    this.#contender = contender
    this.#pairs = pairs
    this.#options = options
  }

  /** What came so far was to warm up; what comes now counts, and is profiled. */
  begin(): void {
    this.#warm = true
    this.#sums = { sent: none(), received: none(), sentToGroups: none() }
    this.#latencies = []
  }

  figures(): { sent: SentFigures; received: ReceivedFigures; sentToGroups: SentFigures } {
    const { sent, received, sentToGroups } = this.#sums
    return {
      sent: sentFigures(sent),
      received: { ...costOf(received), latencies: this.#latencies },
      sentToGroups: sentFigures(sentToGroups),
    }
  }

  /** Every session sends so many texts to its contact, who reads each. */
  send(each: number): Promise<void> {
    return this.#sendAndCheck('sent', () => this.#contender.send(each), 1)
  }

  /** The same in groups, where each member reads each. */
  sendToGroups(each: number): Promise<void> {
    const { memberships, traffic } = this.#options
    if (memberships.length === 0) return Promise.resolve()
    return this.#sendAndCheck(
      'sentToGroups',
      () => this.#contender.sendToGroups(memberships, each),
      traffic.members,
    )
  }

  /** Contacts say so many texts, in all sessions together. */
  async receive(count: number): Promise<void> {
    const { simulator, laravel, traffic } = this.#options
    await this.#counted('received', async () => {
      laravel.arrivals.clear()
      const begun = now()
      const said = await simulator.call('sendTexts', this.#pairs, count, traffic.saidPerSecond)
      const ms = now() - begun
      const deadline = now() + LOST_MS
      while (said.some(({ id }) => !laravel.arrivals.has(id)) && now() < deadline) await pause(20)
      await this.#settle()
      for (const { id, at } of said) {
        const arrivals = laravel.arrivals.get(id) ?? []
        if (arrivals.length === 0) this.#trouble(`${id} was said, and Laravel never got it`)
        else this.#latencies.push(arrivals[0]! - at)
        if (arrivals.length > 1) this.#trouble(`Laravel got ${id} ${arrivals.length} times`)
      }
      this.integrity.said += said.length
      this.integrity.delivered += said.filter(({ id }) => laravel.arrivals.has(id)).length
      return { count: said.length, ms }
    })
  }

  #sendAndCheck(kind: TrafficKind, send: () => Promise<string[]>, readers: number): Promise<void> {
    return this.#counted(kind, async () => {
      const begun = now()
      const ids = await send()
      const ms = now() - begun
      const { missing, doubled } = await this.#options.simulator.call('checkReceived', ids, LOST_MS, readers)
      await this.#settle()
      this.integrity.sent += ids.length
      this.integrity.decrypted += ids.length - missing.length
      for (const id of missing) this.#trouble(`${id} was acked, and not every contact decrypted it`)
      for (const id of doubled) this.#trouble(`${id} was decrypted twice`)
      return { count: ids.length, ms }
    })
  }

  /** Receipts of the last messages come later than their acks. */
  async #settle(): Promise<void> {
    await this.#options.simulator.call('settle', LOST_MS).catch(error => this.#trouble(String(error)))
    await pause(COMPANY_MS)
  }

  async #counted(kind: TrafficKind, work: () => Promise<{ count: number; ms: number }>): Promise<void> {
    const { pid, pids } = this.#contender
    const sums = this.#sums[kind]
    const measured = async () => {
      const [cpu, threads] = [await cpuOf(pids), await threadsOf(pid)]
      const { count, ms } = await work()
      sums.cpu += (await cpuOf(pids)) - cpu
      for (const [name, after] of Object.entries(await threadsOf(pid)))
        sums.threads[name] = (sums.threads[name] ?? 0) + after - (threads[name] ?? 0)
      sums.count += count
      sums.ms += ms
    }
    const { profile } = this.#options
    await (profile && this.#warm ? profile(this.#contender, kind, measured) : measured())
  }

  #trouble(sentence: string): void {
    this.integrity.troubles.push(sentence)
  }
}

function costOf({ count, cpu, threads }: Sums): Cost {
  const shares = Object.entries(threads).map(([name, sum]) => [name, sum / count] as const)
  return { count, cpu: cpu / count, threads: Object.fromEntries(shares) }
}

const sentFigures = (sums: Sums): SentFigures => ({
  ...costOf(sums),
  perSecond: (sums.count * 1000) / sums.ms,
})
