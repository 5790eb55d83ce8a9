import { fileURLToPath } from 'node:url'

/** What Chrome's profiler writes, as far as it is read here. Times in microseconds. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[]
  samples: number[]
  timeDeltas: number[]
}

interface CallFrame {
  functionName: string
  url: string
  /** From 0. */
  lineNumber: number
}

/** Time in a function itself, without what it calls. */
export interface SelfTime {
  room: Room
  /** `src/whatsapp`, a library's name, `node`, `garbage`, `native`. */
  place: string
  /** The function with its file and line inside the place. */
  name: string
  ms: number
}

export type Room = 'ours' | 'library' | 'node' | 'garbage' | 'native'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Every function that time was spent in, of several profiles together, the dearest first; idle time is none. */
export function selfTimes(profiles: CpuProfile[], root = ROOT): SelfTime[] {
  const found = new Map<string, SelfTime>()
  for (const { nodes, samples, timeDeltas } of profiles) {
    const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]))
    for (const [i, id] of samples.entries()) {
      const frame = frames.get(id)
      // A sample lasts until the next one is taken.
      const ms = (timeDeltas[i + 1] ?? 0) / 1000
      if (frame === undefined || frame.functionName === '(idle)') continue
      const about = placeOf(frame, root)
      const key = `${about.place} ${about.name}`
      const known = found.get(key)
      if (known) known.ms += ms
      else found.set(key, { ...about, ms })
    }
  }
  return [...found.values()].sort((a, b) => b.ms - a.ms)
}

function placeOf({ functionName, url, lineNumber }: CallFrame, root: string): Omit<SelfTime, 'ms'> {
  const called = functionName === '' ? '(anonymous)' : functionName
  if (functionName === '(garbage collector)') return { room: 'garbage', place: 'garbage', name: called }
  if (url === '') return { room: 'native', place: 'native', name: called }
  if (url.startsWith('node:'))
    return { room: 'node', place: 'node', name: `${url}:${lineNumber + 1} ${called}` }
  if (url.startsWith('wasm:')) return { room: 'library', place: 'wasm', name: called }
  const path = url.startsWith('file:') ? fileURLToPath(url) : url
  const library = /.*node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)$/.exec(path)
  if (library)
    return { room: 'library', place: library[1]!, name: `${library[2]}:${lineNumber + 1} ${called}` }
  const [top = '', second = '', ...rest] = path.replace(root, '').split('/')
  const place = rest.length > 0 ? `${top}/${second}` : top
  const file = rest.length > 0 ? rest.join('/') : second
  return { room: 'ours', place, name: `${file}:${lineNumber + 1} ${called}` }
}
