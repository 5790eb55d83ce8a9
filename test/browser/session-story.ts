import sharp from 'sharp'
import { vi } from 'vitest'
import type { World } from '../scenarios/world.ts'

export const SHOP = '34600000001'
export const ANA = '34600000002'
export const BEN = '34600000003'
export const ROGUE = '34600000004'

/** A picture as a phone takes it: the sea at dusk, more or less. */
export async function picture(): Promise<Buffer> {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="640" height="420"><defs><linearGradient id="a" x2="0" y2="1"><stop stop-color="#f7b267"/><stop offset=".55" stop-color="#f4845f"/><stop offset=".56" stop-color="#1d5c6b"/><stop offset="1" stop-color="#0b2b33"/></linearGradient></defs><rect width="640" height="420" fill="url(#a)"/><circle cx="430" cy="190" r="52" fill="#ffe8c2"/></svg>`
  return sharp(Buffer.from(svg)).jpeg({ quality: 85 }).toBuffer()
}

/** A linked session with a life: chats both ways, a picture, an answer, a reaction, an edit, a group, a restart. */
export async function story(world: World): Promise<{ group: string }> {
  const { simulator } = world
  const [ana, ben] = [simulator.contact(ANA, { name: 'Ana Torres' }), simulator.contact(BEN, { name: 'Ben' })]
  await world.link('shop', SHOP)
  const delivered = (id: string) =>
    world.laravel.seen(
      ({ path, body, status }) => path === '/messages' && body.message_id === id && status === 200,
    )
  const post = (more: object) => world.call('POST', '/send-message', { session_id: 'shop', ...more })

  const { jid } = simulator.group('Friday market', [SHOP, ANA, BEN])
  await delivered((await ben.say(jid, 'Who brings the tables on Friday?')).id)
  await delivered((await ana.say(jid, 'I have two in the van.')).id)
  await delivered((await ben.say(SHOP, 'Is the blue lamp still there?')).id)
  await delivered((await ana.say(SHOP, 'Hello! Are you open on Saturday?')).id)
  const answer = await post({ wa_id: ANA, type: 'text', body: 'Yes, from ten to two.' })
  const photo = await ana.say(SHOP, {
    image: await picture(),
    mimetype: 'image/jpeg',
    caption: 'Can you print this one?',
  })
  await delivered(photo.id)
  const id = (answer.body as unknown as { message_id: string }).message_id
  await vi.waitFor(() => {
    if (!ana.inbox.some(({ id: one }: { id: string }) => one === id)) throw new Error('not there yet')
  })
  ana.read(id)
  await delivered((await ana.react(SHOP, id, '❤️')).id)
  const quoted = await post({ wa_id: ANA, type: 'text', body: 'Of course. A3 or A4?', reply_to: photo.id })
  await post({
    ...{ wa_id: ANA, type: 'edit', body: 'Of course. A3 or A4? Both are ready on Monday.' },
    reply_to: (quoted.body as unknown as { message_id: string }).message_id,
  })
  await world.call('POST', '/sessions/shop/restart')
  await world.waitForState('shop', 'open')
  await delivered((await ana.say(SHOP, 'A3, please. Thank you!')).id)
  return { group: jid }
}
