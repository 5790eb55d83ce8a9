import { readFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { type AuthenticationCreds, BufferJSON } from '@whiskeysockets/baileys'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

/** What test/fixtures/data-dir-0.1/README.md says of it. */
const FIXTURE = fileURLToPath(new URL('../fixtures/data-dir-0.1/', import.meta.url))
const LINKED = { one: '34600000001', two: '34600000002' }
const ANA = '34600000011'
const WAIT = { timeout: 20_000, interval: 50 }

interface Recorded {
  [sessionId: string]: { events: { seq: number; type: string }[]; at: object[] }
}

/** The registration that WhatsApp has of a session's device: the public half of its stored credentials. */
function registrationOf(db: DatabaseSync, sessionId: string) {
  const generations = db
    .prepare(`SELECT value FROM keys JOIN sessions USING (stream_id) WHERE type = 'creds' AND session_id = ?`)
    .all(sessionId)
    // 32 bytes of checksum, the number of the generation, a blank, JSON.
    .map(
      ({ value }) =>
        /^(\d+) (.*)$/s.exec(
          Buffer.from(value as Uint8Array)
            .subarray(32)
            .toString(),
        )!,
    )
    .sort((a, b) => Number(b[1]) - Number(a[1]))
  const creds: AuthenticationCreds = JSON.parse(generations[0]![2]!, BufferJSON.reviver)
  const { keyId, keyPair, signature } = creds.signedPreKey
  return {
    noiseKey: Buffer.from(creds.noiseKey.public),
    identity: Buffer.from(creds.signedIdentityKey.public),
    registrationId: creds.registrationId,
    signedPreKey: { id: keyId, public: keyPair.public, signature },
  }
}

describe.each(['stopped', 'killed'])('a DATA_DIR that version 0.1 left, %s', how => {
  const dir = `${FIXTURE}${how}`
  /** Facts that the machine has learnt since. */
  const LATER = ['reachOut.locked', 'sends.slowed', 'passkey.asked', 'passkey.failed']

  const recorded: Recorded = JSON.parse(readFileSync(`${dir}/answers.golden.json`, 'utf8'))
  // The same numbers have the same LIDs for the same seed.
  const world = new World({ MEDIA_KEEP_DAYS: '36500' }, { seed: 'data-dir-0.1' })
  const waiting: unknown[] = []
  beforeAll(async () => {
    const db = new DatabaseSync(`${dir}/store.sqlite`, { readOnly: true })
    waiting.push(
      ...db
        .prepare('SELECT webhook_id FROM deliveries')
        .all()
        .map(row => row.webhook_id),
    )
    for (const [id, pn] of Object.entries(LINKED))
      world.simulator.phone(pn, { name: id }).account.link(registrationOf(db, id), 100)
    db.close()
    for (const id of Object.keys(recorded)) world.laravel.estados.set(id, 'active')
    await world.start(dir)
  })
  afterAll(() => world.end())

  it('opens every linked session, and none asks for a QR', async () => {
    for (const id of Object.keys(LINKED)) await world.waitForState(id, 'open')
    expect(world.simulator.counters).toMatchObject({ qrRefs: 0, registrations: 0, refusedLogins: 0 })
    expect(await world.session('three')).toMatchObject({ state: 'loggedOut', reason: 'unlinked' })
  })

  it('delivers what waited for Laravel under its first webhook ids', async () => {
    expect(waiting).toHaveLength(2)
    const got = () => world.laravel.received.filter(({ headers }) => waiting.includes(headers['webhook-id']))
    await vi.waitFor(() => expect(got()).toHaveLength(2), WAIT)
    expect(got().map(({ body }) => body)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ session_id: 'three', estado_qr: 'inactive' }),
        expect.objectContaining({ session_id: 'one', body: 'Laravel does not hear this' }),
      ]),
    )
  })

  it.runIf(how === 'killed')('delivers what was decrypted and not yet recorded', async () => {
    const said = 'decrypted, and no more than that'
    const got = () => world.laravel.accepted('/messages', 'one').filter(({ body }) => body === said)
    await vi.waitFor(() => expect(got()).toHaveLength(1), WAIT)
  })

  it.each(Object.entries(LINKED))('takes texts both ways for %s', async (id, pn) => {
    const ana = world.simulator.contact(ANA)
    const { id: said } = await ana.say(pn, 'are you still there?')
    await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === said)
    const { status, body } = await world.send(id, ANA, 'as before')
    expect(status).toBe(200)
    await vi.waitFor(() => expect(ana.inbox.map(({ id }) => id)).toContain(body.message_id), WAIT)
    expect(ana.inbox.at(-1)).toMatchObject({ from: pn, text: 'as before' })
  })

  it.each(
    Object.keys(recorded),
  )('answers for the log of %s what the old one answered, at every seq', async id => {
    const { events, at } = recorded[id]!
    const answer = (await world.call('GET', `/sessions/${id}/events?limit=${events.length}`)).body
    expect(answer.events).toEqual(events)
    for (const [i, { seq }] of events.entries()) {
      const { can, ...rest } = (await world.call('GET', `/sessions/${id}/at/${seq}`)).body
      const { can: before, ...old } = at[i] as { can: string[] }
      expect(rest).toEqual(old)
      // What is possible is asked of today's machine, which knows more facts.
      const known = can as unknown as string[]
      expect(known.filter(type => !LATER.includes(type))).toEqual(before)
    }
  })

  it('sends history again, files included', async () => {
    const { events } = recorded.one!
    await world.call('POST', '/sessions/one/replay', { after: 0, until: events.at(-1)!.seq })
    const { body, headers } = await world.laravel.seen(({ body }) => body.caption === 'a dot')
    const [, seq] = String(headers['webhook-id']).split('.')
    expect(events[Number(seq) - 1]).toMatchObject({ type: 'message.received' })
    const { url, size } = body.media as { url: string; size: number }
    const file = await fetch(url)
    expect(file.status).toBe(200)
    expect(Buffer.from(await file.arrayBuffer())).toHaveLength(size)
  })
})
