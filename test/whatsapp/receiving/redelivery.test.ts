import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createWorld, type Owner, WAIT, type World } from '../world.ts'

const PN = '34600000001'
let world: World
let owner: Owner
afterEach(() => world.close())

async function begin(erasesDone: boolean) {
  world = await createWorld({ inboundIgnore: [] }, {}, { erasesDone })
  owner = await world.linked(PN)
  await owner.opened()
}

/** Every message is gone from the store, as if it were old; its inbox row is not. */
function forgetMessages() {
  const db = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { timeout: 5_000 })
  db.exec('DELETE FROM messages')
  db.close()
}

const stored = () => {
  const db = new DatabaseSync(join(world.dataDir, 'store.sqlite'), { readOnly: true })
  const rows = db.prepare('SELECT plaintext, stanza, done_at FROM inbox').all()
  db.close()
  return rows
}

/** Says something and resolves with its id, in a chat or as a post without encryption. */
function author(kind: 'chat' | 'newsletter') {
  if (kind === 'chat') {
    const ana = world.sim.contact('34611000001')
    return async (text: string) => (await ana.say(PN, text)).id
  }
  const news = world.sim.newsletter('News')
  news.subscribe(PN)
  return async (text: string) => news.post(text).id
}

describe('what WhatsApp delivers again because it never got our acknowledgement', () => {
  it.each([
    ['from a chat', 'where done stanzas stay whole', 'chat', false],
    ['from a chat', 'where only their hashes stay', 'chat', true],
    ['from a newsletter', 'where done stanzas stay whole', 'newsletter', false],
    ['from a newsletter', 'where only their hashes stay', 'newsletter', true],
  ] as const)('%s is not handed over again, even when its message is gone, %s', async (_, _where, kind, erasesDone) => {
    await begin(erasesDone)
    const say = author(kind)
    await world.sim.fault({ kind: 'deaf', account: PN })
    const id = await say('seen, not acknowledged')
    await owner.texts(1)
    await vi.waitFor(async () => expect(await owner.unfinished()).toBe(0), WAIT)
    expect(stored()).toHaveLength(1)
    if (erasesDone) expect(stored()).toMatchObject([{ plaintext: new Uint8Array(0), stanza: '' }])
    forgetMessages()
    const from = owner.facts.length
    await world.sim.fault({ kind: 'reset', account: PN })
    await world.sim.heal()
    await owner.fact('socket.closed', from)
    await owner.opened()
    await say('after it')
    await owner.texts(2)
    expect(world.sim.ledger.redelivered.map(entry => entry.id)).toEqual([id])
    const told = owner.batches.flat().map(({ message }) => message.body)
    expect(told).toEqual(['seen, not acknowledged', 'after it'])
    expect(world.log.filter(line => /could not be decrypted|cannot be read/.test(line))).toEqual([])
  })
})
