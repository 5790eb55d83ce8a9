import type { Device } from '../accounts/account.ts'
import type { SeededRandom } from '../seeded-random.ts'
import { strikes } from './selection.ts'
import { type Fault, type FaultKind, rowOf } from './table.ts'

type Waiting = { fault: Fault; n: number; left: number; until: number }

/** The faults that wait for what comes next: connects, logins, deliveries, sends and queries. */
export class WaitingFaults {
  readonly #random: SeededRandom
  readonly #waiting = new Map<FaultKind, Waiting[]>()
  #count = 0

  constructor(random: SeededRandom) {
    this.#random = random
  }

  /** The number of the next fault: with the seed, it decides what is left to chance. */
  next(): number {
    return this.#count++
  }

  /** Lets a fault strike so often, for so long, once, or until it is healed, as it says. */
  add(fault: Fault, n = this.next()): void {
    const { for: ms = Number.POSITIVE_INFINITY, kind } = fault
    const always = fault.for !== undefined || rowOf(kind).lasts === 'until healed'
    const left = fault.times ?? (always ? Number.POSITIVE_INFINITY : 1)
    const others = this.#waiting.get(kind) ?? []
    this.#waiting.set(kind, [...others, { fault, n, left, until: Date.now() + ms }])
  }

  /** The oldest fault of a kind that strikes this device and fits, used up once; undefined when there is none. */
  take(kind: FaultKind, device?: Device, fits: (fault: Fault) => boolean = () => true): Fault | undefined {
    if (!this.#waiting.has(kind)) return undefined
    const waiting = this.#current(kind)
    const met = waiting.find(({ fault, n }) => fits(fault) && strikes(fault, n, device, this.#random))
    if (met) met.left--
    this.#keep(kind, waiting)
    return met?.fault
  }

  /** Ends the faults of a kind, or all. */
  end(kind?: FaultKind): void {
    if (kind) this.#waiting.delete(kind)
    else this.#waiting.clear()
  }

  /** What waits, oldest first. */
  list(): Fault[] {
    const all = [...this.#waiting.keys()].flatMap(kind => this.#current(kind))
    return all.sort((a, b) => a.n - b.n).map(({ fault }) => fault)
  }

  #current(kind: FaultKind): Waiting[] {
    const now = Date.now()
    return (this.#waiting.get(kind) ?? []).filter(({ left, until }) => left > 0 && until > now)
  }

  #keep(kind: FaultKind, waiting: Waiting[]) {
    const left = waiting.filter(one => one.left > 0)
    if (left.length > 0) this.#waiting.set(kind, left)
    else this.#waiting.delete(kind)
  }
}
