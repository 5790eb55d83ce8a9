import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { World } from './world.ts'

const SHOP = '34600000001'
const ANA = '34600000002'
const EVA = '34600000003'

const soon = (check: () => void | Promise<void>) => vi.waitFor(check, { timeout: 20_000, interval: 25 })

const world = new World()
beforeAll(async () => {
  await world.start()
  await world.link('shop', SHOP)
  world.simulator.contact(ANA)
  world.simulator.contact(EVA)
})
afterAll(() => world.end())

const post = (body: object) => world.call('POST', '/send-message', { session_id: 'shop', ...body })
const view = (number: string, chat: string, id: unknown) =>
  world.simulator.contact(number).view(chat).get(String(id))

/** One pixel. */
const GIF = 'R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw=='

describe('what is corrected', () => {
  it('the words under a picture change, and the picture stays', async () => {
    const sent = await post({
      wa_id: ANA,
      type: 'image',
      media_base64: `data:image/gif;base64,${GIF}`,
      caption: 'blu',
    })
    expect(sent).toMatchObject({ status: 200 })
    await soon(() => expect(view(ANA, SHOP, sent.body.message_id)).toMatchObject({ text: 'blu' }))
    const before = view(ANA, SHOP, sent.body.message_id)!.message.imageMessage!
    const edit = await post({ wa_id: ANA, type: 'edit', reply_to: sent.body.message_id, body: 'blue' })
    expect(edit).toMatchObject({ status: 200 })
    await soon(() =>
      expect(view(ANA, SHOP, sent.body.message_id)).toMatchObject({ edited: true, text: 'blue' }),
    )
    const { imageMessage } = view(ANA, SHOP, sent.body.message_id)!.message
    expect(imageMessage).toMatchObject({
      directPath: before.directPath,
      mimetype: 'image/jpeg',
      caption: 'blue',
    })
  })

  it('the words under a document change, given as its caption', async () => {
    const sent = await post({
      wa_id: ANA,
      type: 'document',
      media_base64: 'aGVsbG8',
      filename: 'a.txt',
      caption: 'bil',
    })
    await post({ wa_id: ANA, type: 'edit', reply_to: sent.body.message_id, caption: 'bill' })
    await soon(() => expect(view(ANA, SHOP, sent.body.message_id)).toMatchObject({ text: 'bill' }))
    expect(view(ANA, SHOP, sent.body.message_id)!.message.documentMessage).toMatchObject({
      fileName: 'a.txt',
    })
  })

  it('what has no words of its own cannot be edited', async () => {
    const sent = await post({ wa_id: ANA, type: 'location', latitude: 1, longitude: 2 })
    const edit = await post({ wa_id: ANA, type: 'edit', reply_to: sent.body.message_id, body: 'there' })
    expect(edit).toMatchObject({ status: 422, body: { error: 'VALIDATION_FAILED' } })
    expect(edit.body.errors).toEqual({
      reply_to: ['must name a text, or an image, video or document with words under it'],
    })
  })
})

describe('what a member of a group wrote', () => {
  const heard = async (text: string) => {
    const { body } = await world.laravel.seen(({ path, body }) => path === '/messages' && body.body === text)
    return body
  }

  it.each(['pn', 'lid'] as const)('is deleted by an admin, for everybody (%s)', async addressing => {
    const group = world.simulator.group('ours', [SHOP, ANA, EVA], { addressing })
    const { id } = await world.simulator.contact(ANA).say(group.jid, `rude ${addressing}`)
    await heard(`rude ${addressing}`)
    await soon(() => expect(view(EVA, group.jid, id)).toMatchObject({ deleted: false }))
    const gone = await post({ wa_id: group.jid, type: 'delete', reply_to: id })
    expect(gone).toMatchObject({ status: 200 })
    await soon(() => expect(view(EVA, group.jid, id)).toMatchObject({ deleted: true }))
  })

  it('is not deleted by anybody else, who is told why', async () => {
    const group = world.simulator.group('theirs', [EVA, ANA, SHOP])
    const { id } = await world.simulator.contact(ANA).say(group.jid, 'stays')
    await heard('stays')
    const refused = await post({ wa_id: group.jid, type: 'delete', reply_to: id })
    expect(refused).toMatchObject({ status: 422, body: { error: 'NOT_GROUP_ADMIN' } })
    const { body } = await world.call('GET', `/sessions/shop/messages/${refused.body.message_id ?? id}`)
    expect(body.status).toBe('received')
    expect(view(EVA, group.jid, id)).toMatchObject({ deleted: false })
  })

  it('in a chat of two stays with who wrote it', async () => {
    const { id } = await world.simulator.contact(ANA).say(SHOP, 'mine')
    await heard('mine')
    const refused = await post({ wa_id: ANA, type: 'delete', reply_to: id })
    expect(refused.body.errors).toEqual({ reply_to: ['must name a message of your own'] })
  })
})

describe('a link in a text', () => {
  const preview = { title: 'The shop', description: 'Open till eight', thumbnail_base64: '_9j_4AAQ' }

  it('shows what the caller says of it', async () => {
    const body = 'look: https://shop.test/a?b=1 !'
    const { body: sent } = await post({ wa_id: ANA, type: 'text', body, link_preview: preview })
    await soon(() => expect(view(ANA, SHOP, sent.message_id)).toMatchObject({ text: body }))
    const { extendedTextMessage } = view(ANA, SHOP, sent.message_id)!.message
    expect(extendedTextMessage).toMatchObject({
      matchedText: 'https://shop.test/a?b=1',
      title: 'The shop',
      description: 'Open till eight',
    })
    expect(Buffer.from(extendedTextMessage!.jpegThumbnail!).toString('hex')).toBe('ffd8ffe00010')
  })

  it.each([
    [{ body: 'no link', link_preview: preview }],
    [{ body: 'https://a.test', link_preview: { ...preview, url: 'https://b.test' } }],
    [{ body: 'https://a.test', link_preview: { ...preview, url: 'javascript:1' } }],
    [{ body: 'https://a.test', link_preview: { description: 'x' } }],
    [{ body: 'https://a.test', link_preview: { ...preview, thumbnail_base64: 'R0lG' } }],
  ])('is refused with %j', async fields => {
    const { status, body } = await post({ wa_id: ANA, type: 'text', ...fields })
    expect(status).toBe(422)
    expect(Object.keys({ ...(body.errors as unknown as object) })).toEqual(['link_preview'])
  })
})
