import { expect, it, onTestFinished } from 'vitest'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import { createTestHttp } from '../http/fakes.ts'
import { takeFaults, watchAnswer, watchDeliveries } from './watch.ts'

/** A number that is none. */
const lookup = async () => ({ exists: 'yes', jid: null, lid: null }) as never
const PATH = '/sessions/s1/numbers/34600000002'

it('what a test asks of the HTTP edge is judged', async () => {
  const { app } = createTestHttp({ sessions: { lookup } })
  await app.request(PATH)
  expect(await takeFaults()).toEqual([expect.stringMatching(/numbers.*exists must be boolean/)])
  expect(await takeFaults()).toEqual([])
})

it('what a test fetches from a manager is judged, and is still there to be read', async () => {
  const { http } = createTestHttp({ sessions: { lookup } })
  onTestFinished(() => http.close())
  const { url } = await http.listen()
  const answer = await fetch(`${url}${PATH}`)
  expect(await answer.json()).toMatchObject({ success: true, exists: 'yes' })
  expect(await takeFaults()).toEqual([expect.stringMatching(/numbers.*exists must be boolean/)])
})

it('what a test asks with is judged, unless it is no JSON', async () => {
  const body = JSON.stringify({ success: true, session_id: 's1', state: 'starting' })
  const headers = { 'x-request-id': 'r1', 'content-type': 'application/json' }
  const taken = () => new Response(body, { headers })
  for (const asked of ['{"user_id":7}', '{"session_id":"s1"}', '{"user_id":', undefined])
    watchAnswer('POST', '/start', taken(), asked)
  expect(await takeFaults()).toEqual([expect.stringMatching(/POST \/start took .*user_id/)])
})

it('what a stand-in Laravel is posted is judged', async () => {
  const laravel = new StandInLaravel()
  onTestFinished(() => laravel.close())
  watchDeliveries(laravel)
  const url = await laravel.listen()
  await fetch(`${url}/qr`, { method: 'POST', body: JSON.stringify({ session_id: 'shop' }) })
  await fetch(`${url}/whatsapp/status/shop`)
  expect(await takeFaults()).toEqual([expect.stringMatching(/webhooks\/qr.*must have required property/)])
})
