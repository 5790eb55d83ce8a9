import { styleText } from 'node:util'
import type { StatelyInspectionEvent } from '@statelyai/inspect'

type Format = Parameters<typeof styleText>[0]

/** Each session keeps its colour. */
const COLOURS: Format[] = ['cyan', 'magenta', 'yellow', 'blue', 'green']
const STATES: Record<string, Format> = {
  open: 'green',
  awaitingQr: 'yellow',
  reconnecting: 'yellow',
  loggedOut: 'red',
  starting: 'cyan',
}
const NAME_WIDTH = 20
const MOST_FIELDS = 4

/** What is told of a run as a sequence of lines: who sent what to whom, and which state it led to. */
export class Sequence {
  readonly #actors = new Map<string, { name: string; at: string | null }>()
  readonly #stream: NodeJS.WritableStream

  /** Colours as `stream` shows them. */
  constructor(stream: NodeJS.WritableStream) {
    this.#stream = stream
  }

  /** What comes next begins anew: the manager may be another one. */
  forget(): void {
    this.#actors.clear()
  }

  /** The line of a message; null if there is nothing to be told. */
  line(message: StatelyInspectionEvent): string | null {
    const before = this.#actors.get(message.sessionId)
    const told = this.#told(message)
    if (told === null) return null
    const time = this.#paint('dim', timeOf(Number(message.createdAt)))
    const { name } = this.#actors.get(message.sessionId) ?? before ?? { name: message.sessionId }
    return `  ${time}  ${this.#name(name)} ${told}`
  }

  #told(message: StatelyInspectionEvent): string | null {
    if (message.type === '@xstate.actor') {
      const at = stateOf(message.snapshot)
      this.#actors.set(message.sessionId, { name: message.name, at })
      const state = at === null ? '' : ` ${this.#state(at)}`
      return `${this.#paint('dim', '●')}${state}`
    }
    if (message.type === '@xstate.snapshot') return this.#moved(message.sessionId, message.snapshot)
    const { type, at: _, ...fields } = message.event as { type: string; at?: number }
    if (type === 'xstate.init') return null
    const source = message.sourceId === undefined ? undefined : this.#actors.get(message.sourceId)
    const own = message.sourceId === message.sessionId
    const from =
      own || source === undefined ? '' : this.#paint('dim', ` from ${source.name.split('.').at(-1)}`)
    return `${this.#paint('dim', '◀')} ${this.#paint('bold', readable(type))}${this.#fields(fields)}${from}`
  }

  #moved(sessionId: string, snapshot: unknown): string | null {
    const known = this.#actors.get(sessionId)
    if (known === undefined) return null
    if ((snapshot as { status: string }).status === 'stopped') {
      this.#actors.delete(sessionId)
      return this.#paint('dim', '○ ended')
    }
    const [before, at] = [known.at, stateOf(snapshot)]
    if (at === null || at === before) return null
    known.at = at
    return `${before === null ? '' : `${this.#paint('dim', before)} `}▶ ${this.#state(at)}`
  }

  #fields(fields: Record<string, unknown>): string {
    const told = Object.entries(fields)
      .flatMap(([name, value]) => scalars(name, value))
      .slice(0, MOST_FIELDS)
      .map(([name, value]) => `${name}=${readableValue(name, value)}`)
    return told.length === 0 ? '' : ` ${this.#paint('dim', told.join(' '))}`
  }

  #name(name: string): string {
    const [session = ''] = name.split('.')
    const sum = [...session].reduce((total, letter) => total + letter.charCodeAt(0), 0)
    const colour = session === 'supervisor' ? 'dim' : COLOURS[sum % COLOURS.length]!
    return this.#paint(colour, short(name, NAME_WIDTH).padEnd(NAME_WIDTH))
  }

  #state = (dotted: string): string => this.#paint(STATES[dotted.split('.')[0]!] ?? 'white', dotted)

  #paint = (format: Format, text: string): string => styleText(format, text, { stream: this.#stream })
}

/** `xstate.after.qrThrottle.session.awaitingQr.shown` -> `after qrThrottle`. */
const readable = (type: string): string => type.replace(/^xstate\.after\.(\w+)\..*$/, 'after $1')

/** Of what has parts only what a person looks for. */
const scalars = (name: string, value: unknown): [string, string | number | boolean][] => {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return [[name, value]]
  if (typeof value !== 'object' || value === null) return []
  const { state, sessionId } = value as { state?: unknown; sessionId?: unknown }
  return [state, sessionId].flatMap(part =>
    typeof part === 'string' ? [[name, part] as [string, string]] : [],
  )
}

const readableValue = (name: string, value: string | number | boolean): string =>
  /At$|^until$/.test(name) ? timeOf(Number(value)) : short(String(value), name === 'reasonText' ? 60 : 24)

const short = (text: string, most: number): string => {
  const plain = text.replace(/\p{Cc}/gu, '·')
  return plain.length > most ? `${plain.slice(0, most - 1)}…` : plain
}

function stateOf(snapshot: unknown): string | null {
  const { value } = snapshot as { value?: unknown }
  return value === undefined ? null : dotted(value)
}

function dotted(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value)
  return Object.entries(value)
    .map(([name, below]) => `${name}.${dotted(below)}`)
    .join(' ')
}

function timeOf(at: number): string {
  const date = new Date(at)
  if (Number.isNaN(date.getTime())) return String(at)
  return `${date.toTimeString().slice(0, 8)}.${String(date.getMilliseconds()).padStart(3, '0')}`
}
