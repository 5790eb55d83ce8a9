import type { Fault, FaultKind } from '../../simulator/faults/table.ts'
import type { SeededRandom } from '../../simulator/seeded-random.ts'

/** What a fault is told beside whom it means. */
export type Told = Omit<Fault, 'kind' | 'device' | 'account' | 'share'>

export interface StrikeKind {
  /** `some`: so many that nobody is dropped too often. */
  whom: 'one' | 'some' | 'all'
  /** It costs whom it strikes the connection. */
  drops: boolean
  /** What it is told, by chance; `where` names the strike. */
  told(random: SeededRandom, where: number): Told
}

const dropping = (told: StrikeKind['told'] = () => ({})): StrikeKind => ({ whom: 'some', drops: true, told })
const bearable = (whom: 'one' | 'some' | 'all', told: StrikeKind['told'] = () => ({})): StrikeKind => ({
  whom,
  drops: false,
  told,
})
const times =
  (most: number): StrikeKind['told'] =>
  (random, where) => ({ times: random.between(1, most, 'times', where) })

/**
 * How each fault is used in a storm, so that a session comes back from it by itself within the time that a run may take; null for what
 * ends a link for good, which is for the sessions of lone-cases.ts.
 */
export const STRIKE_KINDS: Record<FaultKind, StrikeKind | null> = {
  close: dropping(),
  reset: dropping(),
  xmlstreamend: dropping(),
  '500': dropping(),
  '503': dropping(),
  '515': dropping(),
  'stream-error': dropping((random, where) =>
    random.pick<Told>([{ status: 999 }, { status: 429 }, { child: 'tea-break' }], 'stream error', where),
  ),
  unacked: dropping(),
  ping: dropping(),
  'bad-mac': dropping(),
  'xml-not-well-formed': dropping(),
  replaced: null,
  removed: null,
  garbage: dropping(),
  split: bearable('some', (random, where) => ({
    bytes: random.between(1, 40, 'bytes', where),
    for: random.between(1000, 5000, 'split for', where),
  })),
  // What is lost on an open connection is not found again: no network does that, so these two last until the client ends it.
  silence: dropping(),
  deaf: dropping(),
  'half-open': dropping(sometimesFor),
  refuse: {
    whom: 'all',
    drops: true,
    told: (random, where) => ({
      for: random.between(500, 2500, 'refused for', where),
      ...random.pick<Told>([{}, { status: 401 }, { status: 429 }, { status: 502 }], 'refused with', where),
    }),
  },
  'slow-handshake': bearable('all', (random, where) => ({
    delay: random.between(100, 1500, 'handshake', where),
    for: random.between(1000, 4000, 'slow for', where),
  })),
  // Five failures at login in a row would be a suspension of a quarter of an hour.
  'wrong-root-key': bearable('all', times(2)),
  failure: dropping((random, where) => ({
    status: random.pick([500, 503], 'failure', where),
    times: random.between(1, 2, 'failures', where),
  })),
  'slow-login': bearable('some', (random, where) => ({ delay: random.between(300, 4000, 'login', where) })),
  duplicate: bearable('some', times(5)),
  reorder: bearable('some', (random, where) => ({
    delay: random.between(50, 400, 'held', where),
    chats: 'kept',
    times: random.between(1, 3, 'held back', where),
  })),
  undecryptable: bearable('some', times(2)),
  // 463 fails a message for good, as it should: that is a lone case. 429 slows a session for five minutes, which all would be waited for.
  'error-ack': bearable('one', () => ({ code: '479' })),
  'drop-ack': bearable('some'),
  'late-ack': bearable('some', (random, where) => ({ delay: random.between(500, 5000, 'late', where) })),
  'retry-receipt': bearable('some', times(2)),
  unanswered: bearable('some', (random, where) => ({
    query: random.pick(['usync', 'encrypt/key', 'passive', 'w:p', 'abt', 'w:g2'], 'unanswered', where),
  })),
  'query-error': bearable('some', (random, where) => ({
    query: random.pick(['usync', 'abt', 'blocklist', 'w:p'], 'query error', where),
    code: random.pick(['500', '429'], 'query code', where),
  })),
  'contact-query': bearable('some', (random, where) => ({
    answer: random.pick(['unanswered', { error: '503' }] as const, 'contact query', where),
  })),
  'no-one-time-keys': bearable('some', times(3)),
  'device-list-change': bearable('some', (random, where) => ({
    change: random.pick(['linked', 'removed'], 'device list', where),
  })),
  'pre-key-low': bearable('some', (random, where) => ({ count: random.between(0, 4, 'keys', where) })),
}

/** Until the client notices, or for a moment that it may not even notice. */
function sometimesFor(random: SeededRandom, where: number): Told {
  return random.share('ends by itself', where) < 0.5
    ? {}
    : { for: random.between(500, 4000, 'silent for', where) }
}
