import { Lease } from '../../src/cluster/lease.ts'

/** What a variant leaves out, to see that it is found. */
export interface Variant {
  /** The database does not look at the epoch of a write. */
  noFence?: boolean
  /** A renewal that comes after the lease was over makes it valid again. */
  revives?: boolean
  /** A node believes in its lease for ever. */
  neverGivesUp?: boolean
  /** A claimant does not wait for the lease of the owner. */
  claimsAtOnce?: boolean
}

const LEASE = 15_000

/** What is on its way between a node and the database; each arrives late, or never. */
type Message = { from: number; run: (now: number) => (() => void) | null }

/** What runs on a node, with a socket from its first moment to its last. */
interface Life {
  epoch: number
}

/** The database: what each statement does is done at once, by its own clock. */
class Database {
  readonly leases = new Map<string, number>()
  readonly sessions = new Map<number, { epoch: number; owner: string | null; writer: number }>()
  staleAccepted = 0
  refused = 0
  readonly #variant: Variant

  constructor(variant: Variant) {
    this.#variant = variant
  }

  session(id: number) {
    const known = this.sessions.get(id)
    if (known !== undefined) return known
    const session = { epoch: 1, owner: null, writer: 0 }
    this.sessions.set(id, session)
    return session
  }

  isAlive = (node: string | null, now: number) => node !== null && (this.leases.get(node) ?? 0) > now

  renew(node: string, now: number): boolean {
    if (!this.isAlive(node, now) && !this.#variant.revives) return false
    this.leases.set(node, now + LEASE)
    return true
  }

  claim(node: string, id: number, now: number): number | null {
    const session = this.session(id)
    if (!this.isAlive(node, now)) return null
    const taken = session.owner !== node && this.isAlive(session.owner, now)
    if (taken && !this.#variant.claimsAtOnce) return null
    session.owner = node
    return ++session.epoch
  }

  write(id: number, epoch: number): boolean {
    const session = this.session(id)
    if (epoch !== session.epoch && !this.#variant.noFence) {
      this.refused++
      return false
    }
    if (epoch < session.epoch) this.staleAccepted++
    return true
  }

  release(node: string, id: number, epoch: number): void {
    const session = this.session(id)
    if (session.owner === node && session.epoch === epoch) session.owner = null
  }
}

/** One process: what it knows, by a clock of its own that never jumps and starts anywhere. */
class Node {
  name: string
  lease = new Lease(LEASE)
  readonly lives = new Map<number, Life>()
  isPaused = false
  /** What came while it was paused, in no order that could be relied upon. */
  readonly inbox: (() => void)[] = []
  readonly offset: number
  #incarnation = 0
  readonly #id: number

  constructor(id: number) {
    this.#id = id
    this.offset = id * 600_000
    this.name = `${id}.0`
  }

  /** All that ran here has ended: it comes back as somebody else. */
  begin(): void {
    this.lives.clear()
    this.lease = new Lease(LEASE)
    this.name = `${this.#id}.${++this.#incarnation}`
  }
}

export type Step = { do: (typeof DEEDS)[number]; node: number; session: number; ms: number }
export const DEEDS = [
  'wait',
  'renew',
  'watch',
  'claim',
  'write',
  'release',
  'pause',
  'wake',
  'deliver',
  'drop',
  'crash',
] as const

/** Nodes, a database, and a network that delays and loses; one step after the other, under one clock that nobody can read. */
export class Cluster {
  readonly database: Database
  readonly violations: string[] = []
  readonly #nodes: Node[]
  readonly #variant: Variant
  #now = 1_000_000
  #wire: Message[] = []

  constructor(nodes: number, variant: Variant = {}) {
    this.#variant = variant
    this.database = new Database(variant)
    this.#nodes = Array.from({ length: nodes }, (_, id) => new Node(id))
    for (const node of this.#nodes) this.#join(node)
  }

  step({ do: deed, node: index, session, ms }: Step): void {
    const node = this.#nodes[index % this.#nodes.length]!
    if (deed === 'wait') this.#now += ms
    else if (deed === 'pause') node.isPaused = true
    else if (deed === 'wake') this.#wake(node)
    else if (deed === 'deliver') this.#deliver(ms)
    else if (deed === 'drop') this.#wire.splice(ms % Math.max(1, this.#wire.length), 1)
    else if (deed === 'crash') this.#crash(node)
    else if (!node.isPaused) this[`_${deed}`](node, session)
    this.#look()
  }

  #clockOf = (node: Node) => this.#now + node.offset

  #join(node: Node): void {
    this.database.leases.set(node.name, this.#now + LEASE)
    node.lease.confirm(this.#clockOf(node))
  }

  #holds = (node: Node) => this.#variant.neverGivesUp === true || node.lease.holds(this.#clockOf(node))

  /** Whoever acts looks at its lease first; without one all ends before anything else. */
  #mayAct(node: Node): boolean {
    if (this.#holds(node)) return true
    node.begin()
    this.#join(node)
    return false
  }

  _renew(node: Node): void {
    if (!this.#mayAct(node)) return
    const { name, lease } = node
    const sentAt = this.#clockOf(node)
    this.#send(node, now => {
      const granted = this.database.renew(name, now)
      return () => {
        if (node.name === name && granted) lease.confirm(sentAt)
        else if (node.name === name && !granted) {
          node.begin()
          this.#join(node)
        }
      }
    })
  }

  /** The timer that looks at the lease. */
  _watch(node: Node): void {
    this.#mayAct(node)
  }

  _claim(node: Node, id: number): void {
    if (!this.#mayAct(node) || node.lives.has(id)) return
    const { name } = node
    this.#send(node, now => {
      const epoch = this.database.claim(name, id, now)
      return () => {
        if (epoch !== null && node.name === name && this.#holds(node) && !node.lives.has(id))
          node.lives.set(id, { epoch })
      }
    })
  }

  /** Of a session that was lost the owner does not know it yet: what it writes is on its way, whatever it believes. */
  _write(node: Node, id: number): void {
    const life = node.lives.get(id)
    if (!life) return
    const { epoch } = life
    this.#send(node, () => {
      const accepted = this.database.write(id, epoch)
      return () => {
        if (!accepted && node.lives.get(id)?.epoch === epoch) node.lives.delete(id)
      }
    })
  }

  /** Its socket ends, and then nobody has it. */
  _release(node: Node, id: number): void {
    const life = node.lives.get(id)
    if (!life || !this.#mayAct(node)) return
    node.lives.delete(id)
    const { name } = node
    this.#send(node, () => {
      this.database.release(name, id, life.epoch)
      return null
    })
  }

  #send(node: Node, run: Message['run']): void {
    this.#wire.push({ from: this.#nodes.indexOf(node), run })
  }

  #deliver(which: number): void {
    const [message] = this.#wire.splice(which % Math.max(1, this.#wire.length), 1)
    if (message === undefined) return
    const node = this.#nodes[message.from]!
    const answer = message.run(this.#now)
    if (answer === null) return
    if (node.isPaused) node.inbox.push(answer)
    else answer()
  }

  /** What came meanwhile may be seen before any timer. */
  #wake(node: Node): void {
    node.isPaused = false
    for (const answer of node.inbox.splice(0)) answer()
  }

  #crash(node: Node): void {
    node.inbox.length = 0
    node.isPaused = false
    node.begin()
    this.#join(node)
  }

  /** What must hold after every step. */
  #look(): void {
    if (this.database.staleAccepted > 0) this.violations.push('a stale write was accepted')
    for (const id of this.database.sessions.keys()) {
      const open = this.#nodes.filter(node => node.lives.has(id))
      const underLease = open.filter(({ name }) => this.database.isAlive(name, this.#now))
      if (underLease.length > 1) this.violations.push('two sockets under valid leases')
      const believing = open.filter(node => !node.isPaused && this.#holds(node))
      if (believing.length > 1) this.violations.push('two nodes believe in their leases')
    }
  }
}
