import { join } from 'node:path'
import type { Child } from '../harness/child.ts'
import { linkAll } from '../harness/link.ts'
import type { Progress } from '../harness/progress.ts'
import { type Fleet, type Ground, managedFleet, plainFleet } from './contender.ts'
import type { Laravel } from './laravel.ts'
import { Manager } from './manager.ts'
import type { Pair, World } from './world.ts'

/** What stands around the programs under test. */
export interface Scene {
  world: Child<World>
  laravel: Laravel
  ground: Ground
  /** For the data directories of managers. */
  dir: string
  progress: Progress
}

/** `series` is a digit: numbers of different fleets differ in it. */
async function meet({ world }: Scene, count: number, series: number): Promise<Pair[]> {
  const pairs = Array.from({ length: count }, (_, i) => {
    const digits = series + String(i).padStart(6, '0')
    return { number: `3461${digits}`, contact: `3462${digits}` }
  })
  await Promise.all(pairs.map(({ contact }) => world.remote.call('meet', contact)))
  return pairs
}

/** Sessions that a manager of their own linked over HTTP. */
export async function linkFleet(scene: Scene, count: number, series: number): Promise<Fleet> {
  const { world, laravel, ground, dir, progress } = scene
  const pairs = await meet(scene, count, series)
  const dataDir = join(dir, `manager-${count}`)
  const manager = new Manager({ ...ground, dataDir })
  ground.onStart(manager.child)
  await manager.started()
  let linked = 0
  const scan = (number: string, qr: string) => world.remote.call('scan', number, qr)
  const numbers = pairs.map(({ number }) => number)
  await linkAll({ manager, scan, laravel }, numbers, {
    concurrency: ground.concurrency,
    onLinked: () => progress.show(`linking over HTTP and QR: ${++linked} of ${count} sessions`),
  })
  await manager.stop()
  progress.say(`${count} sessions linked to the manager: POST /start, QR, scan, open`)
  return managedFleet(ground, pairs, dataDir)
}

/** Sessions that are linked by decree, for the plain loop. */
export async function enrollFleet(scene: Scene, count: number, series: number): Promise<Fleet> {
  const pairs = await meet(scene, count, series)
  scene.progress.show(`enrolling ${count} sessions for the plain loop`)
  const creds = await Promise.all(pairs.map(({ number }) => scene.world.remote.call('enroll', number)))
  return plainFleet(scene.ground, pairs, creds)
}
