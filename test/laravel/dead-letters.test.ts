import { describe, expect, it } from 'vitest'
import { createDeadLetters } from '../../src/laravel/dead-letters.ts'
import { createTestClock } from '../base/clock.ts'
import { createMemoryDeliveries } from './memory-deliveries.ts'

async function given() {
  const clock = createTestClock()
  const table = createMemoryDeliveries()
  const woken: string[] = []
  const letters = createDeadLetters(table.store, { wake: lane => void woken.push(lane) }, clock)
  for (const lane of ['a', 'a', 'b']) table.add(lane, clock.now())
  for (const id of [1, 3]) await table.store.settle(id, { dead: true, at: clock.now(), error: 'HTTP 422' })
  return { clock, table, woken, letters }
}

describe('dead letters', () => {
  it('are listed and counted', async () => {
    const { letters } = await given()
    const { count, rows } = letters.list(10)
    expect(count).toBe(2)
    expect(rows.map(({ id }) => id)).toEqual([3, 1])
  })

  it('become pending again with a new lifetime, and their lane is woken', async () => {
    const { clock, table, woken, letters } = await given()
    await clock.advance(80 * 3_600_000)
    await letters.redrive(1)
    expect(woken).toEqual(['a'])
    expect(table.store.head('a')).toMatchObject({ id: 1, at: clock.now(), tries: 0, deadAt: null })
    expect(letters.list(10).count).toBe(1)
  })

  it('answer DELIVERY_NOT_FOUND if unknown or delivered, and a pending delivery stays as it is', async () => {
    const { table, letters } = await given()
    await expect(letters.redrive(99)).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND', status: 404 })
    await letters.redrive(2)
    expect(table.rows.get(2)).toMatchObject({ deadAt: null })
    await table.store.settle(2, { done: true })
    await expect(letters.redrive(2)).rejects.toMatchObject({ code: 'DELIVERY_NOT_FOUND' })
  })
})
