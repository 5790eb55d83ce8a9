import { expect, it } from 'vitest'
import { createLogger } from '../../src/base/logger.ts'
import { createDiskWatch } from '../../src/store/disk-watch.ts'
import { createTestClock } from '../base/clock.ts'

const MINUTE = 60_000

it('a disk that fills is told once, and once more when it has room again', async () => {
  const lines: string[] = []
  const logger = createLogger({ level: 'info', format: 'json' }, { write: line => void lines.push(line) })
  const told = () => lines.map(line => JSON.parse(line).msg)
  const clock = createTestClock()
  let free: number | Error = 5e9
  const watch = createDiskWatch({
    clock,
    logger,
    async free() {
      if (free instanceof Error) throw free
      return free
    },
  })
  watch.start()
  await clock.advance(MINUTE)
  expect([told(), watch.warning()]).toEqual([[], null])
  free = 499e6
  await clock.advance(2 * MINUTE)
  expect(told()).toEqual(['the disk of DATA_DIR is nearly full'])
  expect(watch.warning()).toMatchObject({
    code: 'DISK_LOW',
    message: expect.stringContaining('only 499 MB left'),
    said: [{ says: 'nearly_full', values: { mb: 499 } }],
  })
  // About the limit it says nothing new, nor when nobody knows.
  free = 550e6
  await clock.advance(MINUTE)
  free = new Error('no such file')
  await clock.advance(MINUTE)
  expect(watch.warning()).not.toBeNull()
  free = 700e6
  await clock.advance(MINUTE)
  expect(told().slice(1)).toEqual(['the disk of DATA_DIR has room again'])
  expect(watch.warning()).toBeNull()
  watch.stop()
  free = 1
  await clock.advance(10 * MINUTE)
  expect(watch.warning()).toBeNull()
})
