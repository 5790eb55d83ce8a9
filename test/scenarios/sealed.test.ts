import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const MINUTE = 60_000

const world = new World()
beforeAll(async () => {
  await world.start()
  world.simulator.contact(ANA, { name: 'Ana' })
  await world.link('shop', SHOP)
}, 60_000)
afterAll(() => world.end())

const ana = () => world.simulator.contact(ANA)
const delivered = async (id: string) =>
  (await world.laravel.seen(({ path, body }) => path === '/messages' && body.message_id === id)).body

async function posted(to: string, body: string): Promise<string> {
  const sent = await world.send('shop', to, body)
  const id = String(sent.body.message_id)
  await vi.waitFor(() => expect(ana().inbox.map(one => one.id)).toContain(id), { timeout: 20_000 })
  return id
}

describe('what is sealed', () => {
  it('is told when it is about what was posted here, after a restart, too, and no secret is shown', async () => {
    const group = world.simulator.group('News', [SHOP, ANA])
    const id = await posted(group.jid, 'from the shop')
    const direct = await posted(ANA, 'just for you')
    const secrets = [id, direct].map(
      wanted => ana().inbox.find(one => one.id === wanted)!.message.messageContextInfo!.messageSecret!,
    )
    const reaction = await ana().sealed.react(group.jid, id, '👍')
    expect(await delivered(reaction.id)).toMatchObject({ type: 'reaction', body: '👍', reply_to: id })
    await world.stopManager('SIGKILL')
    const comment = await ana().sealed.comment(group.jid, id, 'nice')
    const another = await ana().sealed.react(SHOP, direct, '🙏', { addressing: 'lid' })
    await world.startManager()
    expect(await delivered(comment.id)).toMatchObject({
      type: 'text',
      body: 'nice',
      reply_to: id,
      quoted: { message_id: id, from: SHOP, type: 'text', text: 'from the shop' },
    })
    expect(await delivered(another.id)).toMatchObject({ type: 'reaction', body: '🙏', reply_to: direct })
    const told = world.output + JSON.stringify(world.laravel.received)
    const answer = JSON.stringify((await world.call('GET', `/sessions/shop/messages/${id}`)).body)
    for (const secret of secrets)
      for (const encoding of ['base64', 'hex'] as const)
        expect(`${told}${answer}`).not.toContain(Buffer.from(secret).toString(encoding))
  }, 60_000)

  it('is told an hour and a crash later when it is an edit that was made in time', async () => {
    const at = Date.now() - 75 * MINUTE
    const { id } = await ana().say(SHOP, 'frist', { at })
    await delivered(id)
    await world.stopManager('SIGKILL')
    const edit = await ana().sealed.edit(SHOP, id, 'first', { at: at + 14 * MINUTE })
    const late = await ana().sealed.edit(SHOP, id, 'late', { at: at + 21 * MINUTE })
    await world.startManager()
    expect(await delivered(edit.id)).toMatchObject({ type: 'edit', body: 'first', reply_to: id })
    await delivered((await ana().say(SHOP, 'after')).id)
    const ids = world.laravel.received.map(({ body }) => body.message_id)
    expect(ids).not.toContain(late.id)
  }, 60_000)
})
