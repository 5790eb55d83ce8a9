import type { Cost } from '../figures.ts'
import type { SelfTime } from './self-times.ts'

const TOP = 10

/** The thread of the program itself, as Node names it. */
const MAIN = 'MainThread'

/**
 * Where the CPU of one message goes on the main thread: by place, and the dearest lines of ours and of others. The profiler sees when
 * a function was on its way, also while others had the core; the sum is what the system counted for the thread.
 */
export function profileReport(title: string, measured: SelfTime[], { count, cpu, threads }: Cost): string {
  const sum = (of: SelfTime[]) => of.reduce((total, { ms }) => total + ms, 0)
  const main = threads[MAIN] ?? cpu
  const scale = main / (sum(measured) || 1)
  const times = measured.map(time => ({ ...time, ms: time.ms * scale }))
  const each = (ms: number) => ms.toFixed(3).padStart(7)
  const places = [...Map.groupBy(times, ({ place }) => place)]
    .map(([place, of]) => ({ place, ms: sum(of) }))
    .sort((a, b) => b.ms - a.ms)
    .filter(({ ms }) => ms >= 0.005)
  const lines = (of: SelfTime[]) =>
    of.slice(0, TOP).map(({ place, name, ms }) => `  ${each(ms)}  ${place.padEnd(24)}  ${name}`)
  const rooms = (['ours', 'library', 'node', 'native', 'garbage'] as const).map(
    room => `${room} ${sum(times.filter(time => time.room === room)).toFixed(2)}`,
  )
  const others = Object.entries(threads).flatMap(([name, ms]) =>
    name === MAIN || ms < 0.005 ? [] : `${name} ${ms.toFixed(2)}`,
  )
  return [
    `${title}: ${cpu.toFixed(2)} ms of CPU each (${count} of them): main thread ${main.toFixed(2)}, ${others.join(', ')}`,
    `  main thread: ${rooms.join(', ')}`,
    '  by place',
    ...places.map(({ place, ms }) => `  ${each(ms)}  ${place}`),
    `  the ${TOP} dearest of ours`,
    ...lines(times.filter(({ room }) => room === 'ours')),
    `  the ${TOP} dearest of others`,
    ...lines(times.filter(({ room }) => room !== 'ours')),
  ].join('\n')
}
