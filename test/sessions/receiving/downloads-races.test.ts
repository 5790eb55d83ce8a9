import { expect, it } from 'vitest'
import type { DownloadReads } from '../../../src/store/tables/downloads.ts'
import { createWorld, idOf, source, unreachable } from './downloads-world.ts'

/** The table answers with what it saw when it was asked, and only once the test lets it. */
function holdAnswers(world: ReturnType<typeof createWorld>) {
  const table = world.disk.store.downloads
  const plain = { ...table }
  const waiting: (() => void)[] = []
  const hold =
    <Asked extends unknown[], Answer>(read: (...asked: Asked) => Answer) =>
    async (...asked: Asked): Promise<Answer> => {
      const answer = read(...asked)
      await new Promise<void>(resolve => waiting.push(resolve))
      return answer
    }
  const { streamsDue, due, nextAt } = world.disk.stored.downloads
  const held: Pick<DownloadReads, 'streamsDue' | 'due' | 'nextAt'> = {
    streamsDue: hold(streamsDue),
    due: hold(due),
    nextAt: hold(nextAt),
  }
  Object.assign(table, held)
  return {
    /** Lets the oldest answer go. */
    async answer() {
      waiting.shift()!()
      await world.settle()
    },
    waiting,
    async release() {
      Object.assign(table, plain)
      for (const resolve of waiting.splice(0)) resolve()
      await world.settle()
    },
  }
}

async function begin() {
  const world = createWorld()
  await world.session()
  world.boot()
  await world.settle()
  return world
}

it('A file that was through while the table answered is not fetched again', async () => {
  const world = await begin()
  const first = Promise.withResolvers<void>()
  world.fetch = () => first.promise
  await world.receive(2)
  await world.settle()
  expect(world.asked).toEqual(['/file2'])
  const table = holdAnswers(world)
  world.fetch = async () => {}
  await world.receive(3)
  await table.answer()
  // The table has said that both are due; the first comes to its end before anybody hears that.
  first.resolve()
  await world.settle()
  expect(world.state()?.state).toBe('done')
  await table.release()
  expect(world.asked).toEqual(['/file2', '/file3'])
  expect(world.wokenLanes).toHaveLength(2)
  await world.downloads.stop()
})

it('A file that comes while the table answers is fetched, and no file twice however often the table is asked', async () => {
  const world = await begin()
  const table = holdAnswers(world)
  for (let seq = 2; seq < 8; seq++) {
    await world.receive(seq)
    world.downloads.startDue()
  }
  await world.settle()
  // One look at a time.
  expect(table.waiting).toHaveLength(1)
  await table.release()
  await world.clock.advance(1_000)
  expect(world.asked.toSorted()).toEqual([2, 3, 4, 5, 6, 7].map(seq => `/file${seq}`))
  expect(world.most).toBeLessThanOrEqual(4)
  await world.downloads.stop()
})

it('A try that failed while the table answered keeps its wait', async () => {
  const world = await begin()
  const first = Promise.withResolvers<void>()
  world.fetch = () => first.promise
  await world.receive(2)
  await world.settle()
  const table = holdAnswers(world)
  await world.receive(3)
  await table.answer()
  first.reject(unreachable())
  await world.settle()
  await table.release()
  expect(world.asked.filter(path => path === '/file2')).toHaveLength(1)
  world.fetch = async () => {}
  await world.clock.advance(1_000)
  expect(world.asked.filter(path => path === '/file2')).toHaveLength(2)
  expect([...world.kept].toSorted()).toEqual([idOf(2), idOf(3)])
  await world.downloads.stop()
})

it('Nothing is begun, and no timer set, by a look that the end of the process overtakes', async () => {
  const world = await begin()
  const table = holdAnswers(world)
  await world.receive(2, source(2))
  await table.answer()
  let stopped = false
  const stopping = world.downloads.stop().then(() => {
    stopped = true
  })
  await world.settle()
  // The store must not be closed before it has answered.
  expect(stopped).toBe(false)
  await table.release()
  await stopping
  world.downloads.startDue()
  await world.settle()
  expect([world.asked, world.clock.pending()]).toEqual([[], 0])
  expect(world.logs).toEqual([])
})
