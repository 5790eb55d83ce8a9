import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createActor, type SnapshotFrom, transition } from 'xstate'
import { SESSION_MACHINE_VERSION, sessionMachine } from '../../machines/session.machine.ts'
import { dottedState, stateValue } from '../../machines/session.state.ts'
import { throttledBy } from '../../machines/session.timers.ts'
import { upcast } from '../../machines/session.upcasters.ts'
import type { NewEvent } from '../../src/ports/event-log.ts'
import { QR_TIMES } from '../sessions/world.ts'

type Machine = typeof sessionMachine

/** A row as the store has it; `context` is JSON text. */
export interface GoldenRow {
  seq: number
  at: number
  type: string
  data: Record<string, unknown>
  state: string | null
  context: string | null
  machine_version: string | null
}

const FOLDER = new URL('logs/', import.meta.url)
const SUMS = new URL('SHA256SUMS', FOLDER)

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex')

export const rowOf = ({ seq, at, type, data, snapshot }: NewEvent): GoldenRow => ({
  seq,
  at,
  type,
  data,
  state: snapshot?.state ?? null,
  context: snapshot?.context ?? null,
  machine_version: snapshot?.machineVersion ?? null,
})

export const eventOf = ({ seq, at, type, data, state, context, machine_version }: GoldenRow): NewEvent => ({
  seq,
  at,
  type,
  data,
  snapshot:
    state === null || context === null || machine_version === null
      ? null
      : { state, context, machineVersion: machine_version },
})

/** The recorded logs that stand in the folder, by file name, as text. */
export const filesInFolder = (): string[] => readdirSync(FOLDER).filter(name => name.endsWith('.jsonl'))

export const readLog = (file: string): string => readFileSync(new URL(file, FOLDER), 'utf8')

export const parseLog = (text: string): GoldenRow[] =>
  text
    .trimEnd()
    .split('\n')
    .map(line => JSON.parse(line) as GoldenRow)

export const formatLog = (rows: GoldenRow[]): string => rows.map(row => `${JSON.stringify(row)}\n`).join('')

/** The logs that must be there, with the SHA-256 of each: written once, in the order in which they were recorded. */
export const sums = (): Map<string, string> =>
  new Map(
    readFileSync(SUMS, 'utf8')
      .split('\n')
      .filter(line => line !== '')
      .map(line => [line.slice(66), line.slice(0, 64)]),
  )

/** What is wrong with the folder: logs that are missing, were changed, or are not listed. */
export function faults(
  listed: Map<string, string>,
  files: string[],
  read: (file: string) => string,
): string[] {
  return [
    ...[...listed].flatMap(([file, sum]) => {
      if (!files.includes(file)) return [`${file} is missing`]
      return sha256(read(file)) === sum ? [] : [`${file} was changed`]
    }),
    ...files.filter(file => !listed.has(file)).map(file => `${file} is not listed in SHA256SUMS`),
  ]
}

/** The newest log of a recording, or null. */
export function newestOf(recording: string, listed = sums()): string | null {
  const files = [...listed.keys()].filter(file => file.replace(/\.\d+\.jsonl$/, '') === recording)
  return files.at(-1) ?? null
}

/** Adds a recording beside those that are there; none of them is ever written again. */
export function addLog(recording: string, rows: GoldenRow[]): void {
  const taken = [...sums().keys()].filter(file => file.startsWith(`${recording}.`)).length
  const file = `${recording}.${taken + 1}.jsonl`
  const text = formatLog(rows)
  writeFileSync(new URL(file, FOLDER), text, { flag: 'wx' })
  writeFileSync(SUMS, `${sha256(text)}  ${file}\n`, { flag: 'a' })
}

/** The machine as it folds: everything that touches the outside does nothing. */
export function foldable(machine: Machine): Machine {
  const effects = [
    'eraseCredentials',
    'eraseCredentialsIfDue',
    'deleteSession',
    'deleteSessionIfOwed',
    'failQueued',
    'logout',
    'answerPasskey',
    'finishPasskey',
  ]
  return machine.provide({
    guards: { isThrottled: throttledBy(QR_TIMES) as () => boolean },
    actions: Object.fromEntries(effects.map(name => [name, () => {}])) as never,
  }) as Machine
}

/** State and context of a lifecycle row, for today's machine. */
export const today = ({
  state,
  context,
  machine_version,
}: Pick<GoldenRow, 'state' | 'context' | 'machine_version'>) =>
  upcast({ state: state!, context: JSON.parse(context!), machineVersion: machine_version! })

/** One sentence for each row of the current version that the machine does not make of the row before it. */
export function differences(rows: GoldenRow[], machine: Machine = sessionMachine): string[] {
  const folding = foldable(machine)
  let before: SnapshotFrom<Machine> | null = null
  return rows.flatMap(({ seq, at, type, data, state, context, machine_version }) => {
    if (state === null || context === null) return []
    const row = today({ state, context, machine_version })
    const stored = folding.resolveState({ value: stateValue(row.state) as never, context: row.context })
    const from = before
    before = stored as SnapshotFrom<Machine>
    if (machine_version !== SESSION_MACHINE_VERSION) return []
    if (from === null && type !== 'session.created') return []
    const folded = fold(folding, from, { ...data, type, at })
    const found: string[] = []
    if (dottedState(folded.value) !== state)
      found.push(`${seq} ${type}: ${dottedState(folded.value)}, not ${state}`)
    const [made, kept] = [folded.context, JSON.parse(context)].map(one => JSON.stringify(sorted(one)))
    if (made !== kept) found.push(`${seq} ${type}: ${made}, not ${kept}`)
    return found
  })
}

function fold(
  machine: Machine,
  from: SnapshotFrom<Machine> | null,
  fact: Record<string, unknown> & { at: number },
) {
  if (from !== null) return transition(machine, from, fact as never)[0] as SnapshotFrom<Machine>
  const { sessionId, userId } = fact as never as { sessionId: string; userId: string | number }
  return createActor(machine, { input: { sessionId, userId, at: fact.at } }).getSnapshot()
}

/** Objects with their keys in order, so that two texts are equal when the values are. */
function sorted(value: unknown): unknown {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return value
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, one]) => [key, sorted(one)]))
}
