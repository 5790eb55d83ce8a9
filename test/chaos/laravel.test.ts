import { afterEach, expect, it } from 'vitest'
import { Laravel, type LaravelHealth } from '../../chaos/laravel.ts'
import { isTaken } from '../../chaos/records.ts'
import { createSeededRandom } from '../../simulator/seeded-random.ts'

const open: Laravel[] = []
afterEach(async () => {
  for (const laravel of open.splice(0)) await laravel.close()
})

async function begin(health: LaravelHealth, seed = 's'): Promise<Laravel> {
  const laravel = new Laravel(createSeededRandom(seed))
  open.push(laravel)
  await laravel.listen()
  laravel.health = health
  return laravel
}

/** Posts each message until Laravel answers 2xx; the statuses by message, 0 for a broken connection. */
async function deliver(laravel: Laravel, count: number): Promise<number[][]> {
  const statuses: number[][] = []
  for (let n = 0; n < count; n++) {
    const seen: number[] = []
    while (seen.at(-1) !== 200 && seen.length < 5) {
      const body = JSON.stringify({ session_id: 's', message_id: `m${n}`, from: '1', body: `text ${n}` })
      const headers = { 'content-type': 'application/json', 'webhook-id': `w${n}` }
      const answer = fetch(`${laravel.url}/messages`, { method: 'POST', headers, body })
      seen.push(
        await answer.then(
          ({ status }) => status,
          () => 0,
        ),
      )
    }
    statuses.push(seen)
  }
  return statuses
}

it('Laravel fails the same way for the same seed, each message at most twice', async () => {
  const [one, other] = [await begin('rough'), await begin('rough')]
  const statuses = await deliver(one, 150)
  expect(await deliver(other, 150)).toEqual(statuses)
  expect(statuses.every(seen => seen.length <= 3 && seen.at(-1) === 200)).toBe(true)
  const failed = new Set(statuses.flatMap(seen => seen.slice(0, -1)))
  expect(failed).toEqual(new Set([0, 500, 503]))
  expect(one.posts).toHaveLength(statuses.flat().length)
  expect(one.taken.size).toBe(150)
})

it('Laravel has stored what it answered with success, and what it took before the answer was lost', async () => {
  const laravel = await begin('rough')
  const statuses = await deliver(laravel, 150)
  const taken = laravel.posts.filter(isTaken)
  const lost = laravel.posts.filter(({ treatment }) => treatment === 'taken, answer lost')
  expect(lost.length).toBeGreaterThan(0)
  expect(taken).toHaveLength(statuses.length + lost.length)
})

it('Laravel takes everything when it is well, and nothing when it is away', async () => {
  const laravel = await begin('well')
  expect(await deliver(laravel, 20)).toEqual(Array.from({ length: 20 }, () => [200]))
  laravel.health = 'away'
  expect(await deliver(laravel, 1)).toEqual([[503, 503, 503, 503, 503]])
  const question = await fetch(`${laravel.url}/whatsapp/status/s`)
  expect(question.status).toBe(503)
})

it('Laravel answers with the status it was told', async () => {
  const laravel = await begin('well')
  const ask = async () => (await fetch(`${laravel.url}/whatsapp/status/s`)).json()
  expect(await ask()).toEqual({ estado_qr: 'pending' })
  const next = laravel.next('/whatsapp/status active', 's')
  const body = JSON.stringify({ session_id: 's', estado_qr: 'active' })
  await fetch(`${laravel.url}/whatsapp/status`, { method: 'POST', body })
  expect(await next).toMatchObject({ session_id: 's' })
  expect(await ask()).toEqual({ estado_qr: 'active' })
})
