import { stripVTControlCharacters, styleText } from 'node:util'
import type { Outcome } from './move-in.ts'
import type { ImportOptions } from './options.ts'

type Format = Parameters<typeof styleText>[0]

const MARKS = { moved: ['green', '✔'], here: ['dim', '·'], refused: ['yellow', '✖'] } as const
const WIDEST = 28

/** Tells people what moves in, line by line; colours only where the stream is a terminal. */
export class Report {
  readonly #stream: NodeJS.WritableStream
  readonly #options: ImportOptions
  readonly #width: number
  readonly #counts = { moved: 0, here: 0, refused: 0, keys: 0 }

  constructor(stream: NodeJS.WritableStream, options: ImportOptions, names: string[]) {
    this.#stream = stream
    this.#options = options
    this.#width = Math.min(WIDEST, Math.max(...names.map(name => name.length)))
  }

  /** Whether every folder has its session here now. */
  get isWhole(): boolean {
    return this.#counts.refused === 0
  }

  begin(place: string): void {
    const { auth, dryRun } = this.#options
    const what = dryRun ? 'What would move in' : 'Moving in'
    this.#line(`\n${this.#paint('bold', what)}  ${this.#paint('dim', `${auth} → ${place}`)}\n`)
  }

  tell(outcome: Outcome): void {
    const { folder, result } = outcome
    this.#counts[result]++
    const [format, sign] = MARKS[result]
    const mark = this.#paint(format, sign)
    const name = clean(folder.name).padEnd(this.#width)
    if (result === 'refused') {
      this.#line(`  ${mark} ${name}  ${clean(outcome.problem)}`)
      return
    }
    const { sessionId, userId, account } = outcome
    const { waId, pushName, keys, leftOut, foreign } = account
    if (result === 'moved') this.#counts.keys += keys.length
    const as = sessionId === folder.name ? '' : ` as ${sessionId}`
    const beside = [
      result === 'here' ? 'moved in before' : counted(keys.length, 'key'),
      ...(leftOut.length > 0 ? [`${counted(leftOut.length, 'broken one')} left out`] : []),
      ...(foreign.length > 0 ? [`${counted(foreign.length, 'file')} without a key passed over`] : []),
    ].join(', ')
    const who = `+${waId}${pushName === null ? '' : ` ${clean(pushName)}`}, user ${clean(String(userId))}`
    this.#line(`  ${mark} ${name}${as}  ${who}  ${this.#paint('dim', beside)}`)
  }

  end(ms: number): void {
    const { moved, here, refused, keys } = this.#counts
    const { auth, dryRun } = this.#options
    const said = [
      `${counted(moved, 'session')} ${dryRun ? 'would move in' : 'moved in'}${moved > 0 ? ` with ${counted(keys, 'key')}` : ''}`,
      ...(here > 0 ? [`${here} moved in before`] : []),
      ...(refused > 0
        ? [`${refused} stay${refused === 1 ? 's' : ''} where ${refused === 1 ? 'it is' : 'they are'}`]
        : []),
    ].join(', ')
    this.#line(`\n  ${this.#paint('bold', said)}  ${this.#paint('dim', `${(ms / 1000).toFixed(1)} s`)}`)
    if (dryRun) {
      this.#line('  Nothing was stored: without --dry-run they move in.\n')
      return
    }
    this.#line(`  Nothing in ${auth} was changed.\n`)
    if (moved + here > 0) this.#next(auth)
  }

  #next(auth: string): void {
    const steps = [
      `Stop the gateway that used ${auth} for good: two logins of one device throw each other out.`,
      'Start the manager (npm start): they open by themselves, without a QR.',
      'Once you saw them open, delete their folders: they hold credentials, and old ones are worth nothing.',
    ]
    for (const [i, step] of steps.entries()) this.#line(`  ${this.#paint('cyan', String(i + 1))} ${step}`)
    this.#line('')
  }

  #paint(format: Format, text: string): string {
    return styleText(format, text, { stream: this.#stream as NodeJS.WriteStream })
  }

  #line(text: string): void {
    this.#stream.write(`${text}\n`)
  }
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? '' : 's'}`

/** Names come from strangers, and a terminal obeys some characters. */
const clean = (text: string) => stripVTControlCharacters(text).replace(/\p{C}/gu, '').slice(0, 400)
