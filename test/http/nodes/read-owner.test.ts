import { afterEach, expect, it } from 'vitest'
import { createReadOwner } from '../../../src/http/nodes/ask-owner.ts'
import type { Routing } from '../../../src/ports/cluster/routing.ts'
import { createTestHttp, NOW, view } from '../fakes.ts'

const [TOKEN, PROOF] = ['the-token', 'the-proof']
const routing = { token: TOKEN, proof: PROOF, isHere: () => true, placeForNew: () => null }
const ends: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const end of ends.splice(0)) await end()
})

/** A node with a session whose code must be compared; `over`: what it takes for the token, and shows. */
async function owner(over: Partial<Routing> = {}) {
  const secrets = { options: { challenge: 'AAAA' }, code: 'ABCD-2345', token: 't', expiresAt: NOW + 1000 }
  const { http } = createTestHttp({
    apiKeys: ['k1'],
    routing: { ...routing, placeOf: async () => null, ...over },
    queries: { get: async () => view({ passkey: { state: 'confirm', expiresAt: NOW + 1000 } }) },
    passkeys: { read: () => secrets, sessionNamedIn: () => null, sessionOf: () => null },
  })
  const { port } = await http.listen()
  ends.push(() => http.close())
  return `http://127.0.0.1:${port}`
}
const read = (place: Awaited<ReturnType<Routing['placeOf']>>) =>
  createReadOwner({ ...routing, placeOf: async () => place })('s1', 'passkey')

it('what only the node of a session knows is read there, without a key', async () => {
  const url = await owner()
  expect(await read({ node: 'n', url })).toMatchObject({
    ...{ state: 'confirm', code: 'ABCD-2345', expires_at: new Date(NOW + 1000).toISOString() },
  })
})

it('nothing is read of a session that is here, or nowhere, or on its way, nor of whoever is no node of ours', async () => {
  for (const place of [null, 'nowhere', { why: 'free' }, { why: 'moving' }] as const)
    expect(await read(place)).toBeNull()
  for (const over of [{ proof: 'another' }, { token: 'another' }])
    expect(await read({ node: 'n', url: await owner(over) })).toBeNull()
  await expect(read({ node: 'n', url: 'http://127.0.0.1:1' })).rejects.toThrow()
})
