import { expect, it } from 'vitest'
import { createTestHttp, post } from './fakes.ts'

it('after refuse() new requests get SHUTTING_DOWN, and only the health routes answer', async () => {
  const { app, http, calls, logs } = createTestHttp()
  http.refuse()
  const statuses = async (path: string, init?: RequestInit) => {
    const response = await app.request(path, init)
    const body = (await response.json()) as { error?: string }
    return [response.status, body.error, response.headers.get('retry-after')]
  }
  const refused = [503, 'SHUTTING_DOWN', '5']
  expect(await statuses('/start', post({ user_id: 1 }))).toEqual(refused)
  expect(await statuses('/sessions')).toEqual(refused)
  expect(await statuses('/health')).toEqual(refused)
  expect(await statuses('/nothing')).toEqual(refused)
  expect(await statuses('/health/ready')).toEqual([503, 'NOT_READY', null])
  expect(await statuses('/health/live')).toEqual([200, undefined, null])
  expect(calls).toEqual([])
  expect(logs.filter(line => !line.includes('"debug"'))).toEqual([])
})
