import { pathOf } from './files.ts'

/** What goes wrong at the media host: for one direct path or for all, in one direction or in both. */
export type MediaFault = {
  kind: MediaFaultKind
  on?: 'upload' | 'download'
  /** The direct path of one file; uploads have none yet. */
  path?: string
  /** How many requests; all until healed unless given. */
  times?: number
  /** `status`: the HTTP status, 404 unless given. */
  status?: number
  /** `slow`: 16 384 unless given. */
  bytesPerSecond?: number
}

export type MediaFaultKind =
  /** Answers with an HTTP status and no file. */
  | 'status'
  /** Never answers. */
  | 'hang'
  /** Cuts the connection: an upload before its answer, a download in the middle (rc14 never settles then, and throws past everybody). */
  | 'cut'
  /** The first byte of what is downloaded is another. */
  | 'corrupt'
  /** Sends or takes few bytes per second. */
  | 'slow'

export const MEDIA_FAULT_KINDS = [
  'status',
  'hang',
  'cut',
  'corrupt',
  'slow',
] as const satisfies MediaFaultKind[]

/** The faults that wait for requests at the media host. */
export class MediaFaults {
  /** How many requests met a fault. */
  met = 0
  #waiting: { fault: MediaFault; left: number }[] = []

  add(fault: MediaFault): void {
    this.#waiting.push({ fault, left: fault.times ?? Number.POSITIVE_INFINITY })
  }

  /** Removes the faults of a kind, or all. */
  heal(kind?: MediaFaultKind): void {
    this.#waiting = kind ? this.#waiting.filter(({ fault }) => fault.kind !== kind) : []
  }

  /** The fault that a request meets, the oldest first; one request uses it up once. */
  take(on: 'upload' | 'download', path?: string): MediaFault | undefined {
    const met = this.#waiting.find(
      ({ fault }) =>
        (!fault.on || fault.on === on) &&
        (!fault.path || (path !== undefined && pathOf(fault.path) === pathOf(path))) &&
        (fault.kind !== 'corrupt' || on === 'download'),
    )
    if (met) this.met++
    if (met && --met.left <= 0) this.#waiting = this.#waiting.filter(other => other !== met)
    return met?.fault
  }
}
