import type { PARAMETERS, Parameter } from './parameters.ts'
import type { Selection } from './selection.ts'

/** What a fault strikes: what is open at once, or what comes next. */
export type Strikes = 'sockets' | 'connects' | 'logins' | 'deliveries' | 'sends' | 'queries' | 'devices'

type Row = {
  /** One sentence for people. */
  about: string
  strikes: Strikes
  /** What it may be told beside whom it means; those in `needs` it must be told. */
  takes: readonly Parameter[]
  needs?: readonly Parameter[]
  /** Who cannot be told apart yet cannot be named: it means all. */
  namesNobody?: true
  /** Without `for` and `times`: it strikes once (otherwise), or until it is healed. */
  lasts?: 'until healed'
}

const WAITS = ['for', 'times'] as const

/** Every fault there is. What the library takes, the admin API, its answers to bad requests and `GET /faults` follow from it. */
export const FAULTS = {
  close: { strikes: 'sockets', takes: [], about: 'A WebSocket close frame.' },
  reset: { strikes: 'sockets', takes: [], about: 'TCP RST.' },
  xmlstreamend: { strikes: 'sockets', takes: [], about: 'The stream ends with <xmlstreamend/>.' },
  '500': { strikes: 'sockets', takes: [], about: '<stream:error code="500">: an incident of WhatsApp.' },
  '503': { strikes: 'sockets', takes: [], about: '<stream:error code="503">: overload, or a restart.' },
  '515': { strikes: 'sockets', takes: [], about: '<stream:error code="515">: connect again at once.' },
  'stream-error': {
    strikes: 'sockets',
    takes: ['status', 'child'],
    about:
      '<stream:error> with the code in `status` or with the empty child in `child`, which nobody may know.',
  },
  unacked: {
    strikes: 'sockets',
    takes: [],
    about: '<stream:error><ack/>: the device did not acknowledge something.',
  },
  ping: { strikes: 'sockets', takes: [], about: '<stream:error><ping/>: the device did not answer a ping.' },
  'bad-mac': { strikes: 'sockets', takes: [], about: '<stream:error><bad-mac/>: a frame came damaged.' },
  'xml-not-well-formed': {
    strikes: 'sockets',
    takes: [],
    about: '<stream:error><xml-not-well-formed/>: a stanza of the device could not be read.',
  },
  replaced: {
    strikes: 'sockets',
    takes: [],
    about: '<conflict type="replaced"/>: somebody else opened the same credentials.',
  },
  removed: {
    strikes: 'sockets',
    takes: [],
    about:
      '<conflict type="device_removed"/>: the phone unlinked it, also when it is offline; its logins get 401.',
  },
  garbage: {
    strikes: 'sockets',
    takes: [],
    about: 'One frame that cannot be decrypted; the socket stays open.',
  },
  split: {
    strikes: 'sockets',
    takes: ['bytes', 'for'],
    about: 'Every frame comes in packets of so many `bytes`, 5 unless given.',
  },
  silence: {
    strikes: 'sockets',
    takes: ['for'],
    about: 'The socket stays open, and nothing is handled or sent on it; WebSocket and TCP still answer.',
  },
  'half-open': {
    strikes: 'sockets',
    takes: ['for'],
    about:
      'The other end is gone without a word: nothing is read or sent, not even the end of the connection.',
  },
  deaf: {
    strikes: 'sockets',
    takes: ['for'],
    about:
      'What the device says is lost on the way, what the server says arrives: a crash before the acknowledgement was written.',
  },

  refuse: {
    strikes: 'connects',
    takes: ['for', 'status'],
    lasts: 'until healed',
    about:
      'Open sockets are reset; new ones find no listener, get the HTTP `status` instead of an upgrade, or are cut at login when the fault names somebody.',
  },
  'slow-handshake': {
    strikes: 'connects',
    takes: ['delay', ...WAITS],
    needs: ['delay'],
    namesNobody: true,
    lasts: 'until healed',
    about: 'The server takes `delay` until it says hello.',
  },
  'wrong-root-key': {
    strikes: 'connects',
    takes: WAITS,
    namesNobody: true,
    lasts: 'until healed',
    about: "The server's certificate is from another root.",
  },

  failure: {
    strikes: 'logins',
    takes: ['status', 'expire', ...WAITS],
    about:
      'Open sockets are closed, and logins answered with <failure reason> as in `status`, 503 unless given.',
  },
  'slow-login': {
    strikes: 'logins',
    takes: ['delay', ...WAITS],
    needs: ['delay'],
    about: 'The answer to a login takes `delay`.',
  },

  duplicate: {
    strikes: 'deliveries',
    takes: WAITS,
    about:
      'What is delivered comes twice, also as two of what waited for the device; both are due an acknowledgement.',
  },
  reorder: {
    strikes: 'deliveries',
    takes: ['delay', 'chats', ...WAITS],
    about:
      'What is delivered within `delay`, 200 ms unless given, comes in another order, which the seed decides; with `chats` `kept` each chat keeps its own.',
  },
  undecryptable: {
    strikes: 'deliveries',
    takes: WAITS,
    about: 'A byte of what is encrypted is another; the device asks for it again.',
  },

  'error-ack': {
    strikes: 'sends',
    takes: ['code', 'backoff', ...WAITS],
    needs: ['code'],
    about:
      'A send is answered with an error `code` such as 463, 479 or 429, and goes to nobody; with `backoff`, nor does what follows.',
  },
  'drop-ack': { strikes: 'sends', takes: WAITS, about: 'A send arrives, and gets no ack.' },
  'late-ack': {
    strikes: 'sends',
    takes: ['delay', ...WAITS],
    needs: ['delay'],
    about: 'A send arrives, and its ack comes `delay` later.',
  },
  'retry-receipt': {
    strikes: 'sends',
    takes: WAITS,
    about: 'Who gets a send cannot read it and asks for it again.',
  },

  unanswered: {
    strikes: 'queries',
    takes: ['query', ...WAITS],
    about: 'A query is never answered: any, or those with that `query`, such as `usync` or `encrypt/key`.',
  },
  'query-error': {
    strikes: 'queries',
    takes: ['query', 'code', ...WAITS],
    needs: ['code'],
    about: 'A query is answered with an error `code`.',
  },
  'contact-query': {
    strikes: 'queries',
    takes: ['answer', ...WAITS],
    needs: ['answer'],
    about: 'The question who has WhatsApp gets no `answer`, one without the user, or an error.',
  },
  'no-one-time-keys': {
    strikes: 'queries',
    takes: WAITS,
    about: 'The key bundles that a device asks for are without a one-time key: their owners ran out of them.',
  },
  'device-list-change': {
    strikes: 'queries',
    takes: ['change', ...WAITS],
    about:
      'Just after a device asked for the devices of others, these have one more or, with `change` `removed`, one less.',
  },

  'pre-key-low': {
    strikes: 'devices',
    takes: ['count'],
    about:
      'The server has so few of its one-time keys left, 3 unless given by `count`, and tells the device.',
  },
} as const satisfies Record<string, Row>

export type FaultKind = keyof typeof FAULTS

export const FAULT_KINDS = Object.keys(FAULTS) as FaultKind[]

export const rowOf = (kind: FaultKind): Row => FAULTS[kind]

/** A fault: its kind, whom it means, and what else it is told. */
export type Fault = { kind: FaultKind } & Selection &
  Partial<{ [P in Parameter]: (typeof PARAMETERS)[P]['_zod']['output'] }>
