import { styleText } from 'node:util'
import type { MovedCount } from './move.ts'

type Format = Parameters<typeof styleText>[0]

/** Tells people what moves; in a terminal also how far it is. */
export class Report {
  readonly #stream: NodeJS.WriteStream
  readonly #began = performance.now()

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  begin(from: string, place: string, dryRun: boolean): void {
    const what = dryRun ? 'What would move' : 'Moving'
    this.line(`\n${this.#paint('bold', what)}  ${this.#paint('dim', `${from} → ${place}`)}\n`)
  }

  progress(step: 'copied' | 'checked', table: string, rows: number): void {
    if (this.#stream.isTTY) this.#stream.write(`\r\u001b[K  ${step} ${table}: ${rows}`)
  }

  /** A line for each table that has rows; `digest` says that they are the same in both stores. */
  tables(counts: (Omit<MovedCount, 'digest'> & { digest?: string })[]): void {
    if (this.#stream.isTTY) this.#stream.write('\r\u001b[K')
    for (const { table, rows, digest } of counts) {
      if (rows === 0) continue
      const seen = digest === undefined ? '' : this.#paint('dim', `  sha256 ${digest.slice(0, 16)}`)
      this.line(`  ${table.padEnd(16)}${String(rows).padStart(10)}${seen}`)
    }
  }

  end(sessions: number, dryRun: boolean): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1)
    const said = `${sessions} session${sessions === 1 ? '' : 's'} ${dryRun ? 'would move' : 'moved'}`
    this.line(`\n  ${this.#paint('bold', said)}  ${this.#paint('dim', `${seconds} s`)}`)
    if (dryRun) {
      this.line('  Nothing was stored: without --dry-run they move.\n')
      return
    }
    this.#next('Every row was read back and is the same.')
  }

  /** An earlier run was ended after it had moved everything. */
  happened(dryRun: boolean): void {
    const before = 'An earlier run had moved everything when it was ended: all of it is in PostgreSQL.'
    if (dryRun)
      this.line(`  ${before} Without --dry-run store.sqlite gets its new name, and nothing is copied.\n`)
    else this.#next(`${before} Nothing was copied again.`)
  }

  #next(what: string): void {
    this.line(`  ${what} store.sqlite is called store.moved.sqlite now.`)
    this.line('  Start with DATABASE_URL and REDIS_URL, and the same DATA_DIR: sessions open without a QR.')
    this.line(
      '  Once you saw them open, delete store.moved.sqlite: it holds credentials, and old ones are worth nothing.\n',
    )
  }

  line(text: string): void {
    this.#stream.write(`${text}\n`)
  }

  #paint(format: Format, text: string): string {
    return styleText(format, text, { stream: this.#stream })
  }
}
