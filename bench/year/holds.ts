/** What one thing held the main thread for, in ms. */
export interface Hold {
  what: string
  /** The longest turn of the event loop, by the CPU time of its thread and by the clock on the wall. */
  cpu: number
  wall: number
  /** How long it all took. */
  took: number
}

/** Watches the turns of this thread's event loop while something is done. */
export async function holdOf(what: string, act: () => Promise<unknown>): Promise<Hold> {
  let [cpu, wall] = [0, 0]
  let watching = true
  let last = reading()
  const turn = () => {
    const now = reading()
    cpu = Math.max(cpu, now.cpu - last.cpu)
    wall = Math.max(wall, now.wall - last.wall)
    last = now
    if (watching) setImmediate(turn)
  }
  setImmediate(turn)
  const from = performance.now()
  await act()
  const took = performance.now() - from
  await new Promise(resolve => setImmediate(resolve))
  watching = false
  return { what, cpu, wall, took }
}

function reading(): { cpu: number; wall: number } {
  const { user, system } = process.threadCpuUsage()
  return { cpu: (user + system) / 1000, wall: performance.now() }
}
