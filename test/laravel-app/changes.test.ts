import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

const GROUP = '120363000000000001@g.us'

describeWithLaravel('what deliveries change in what a Laravel has', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
    })
    await host.start()
  })
  afterAll(() => host?.end())

  const take = async (told: object, webhookId?: string) => {
    const { status, body } = await deliver(
      host,
      '/messages',
      told,
      webhookId === undefined ? {} : { webhookId },
    )
    expect(status).toBe(200)
    return body
  }
  const stored = (id: string) =>
    host.rows('SELECT * FROM whatsapp_messages WHERE message_id = ? ORDER BY id', id)
  const about = (told: { message_id: string }, over: object) =>
    message({ reply_to: told.message_id, ...over })

  it('an edit: the words, the first words and when', async () => {
    const told = message({ body: 'Do you open on Sundays?' })
    await take(told)
    await take(about(told, { type: 'edit', body: 'on Saturdays?', timestamp: '2026-01-02T23:31:00.000Z' }))
    await take(about(told, { type: 'edit', body: 'on Mondays?', timestamp: '2026-01-02T23:32:00.000Z' }))
    expect(stored(told.message_id)).toMatchObject([
      {
        body: 'on Mondays?',
        original_body: 'Do you open on Sundays?',
        edited_at: '2026-01-02 23:32:00.000',
        revoked_at: null,
      },
    ])
  })

  it('an edit of a file`s words', async () => {
    const media = {
      id: 'a'.repeat(64),
      url: 'http://127.0.0.1/a',
      mimetype: 'image/jpeg',
      filename: null,
      size: 3,
    }
    const told = message({ type: 'image', body: null, caption: 'This one?', media })
    await take(told)
    await take(about(told, { type: 'edit', body: 'That one?' }))
    expect(stored(told.message_id)).toMatchObject([
      { body: null, caption: 'That one?', original_body: 'This one?' },
    ])
  })

  it('an edit and a deletion that come before their message', async () => {
    const told = message({ body: 'first' })
    await take(about(told, { type: 'edit', body: 'second' }))
    await take(about(told, { type: 'delete', body: null }))
    await take(told)
    expect(stored(told.message_id)).toMatchObject([{ body: 'second', original_body: 'first' }])
    expect(stored(told.message_id)[0]!.revoked_at).not.toBeNull()
  })

  it('nothing by who did not write it, nor from another chat', async () => {
    const ana = { chat_id: GROUP, is_group: true, participant: '123456789012345@lid' }
    const told = message({ ...ana, body: 'mine' })
    await take(told)
    const ben = { ...ana, participant: '999@lid', from: '34600000003', from_lid: '999@lid' }
    await take(about(told, { ...ben, type: 'edit', body: 'yours' }))
    await take(about(told, { type: 'delete', body: null }))
    expect(stored(told.message_id)).toMatchObject([{ body: 'mine', edited_at: null, revoked_at: null }])
    await take(about(told, { ...ben, type: 'delete', body: null }))
    expect(stored(told.message_id)[0]!.revoked_at).not.toBeNull()
  })

  it('nothing once a message was deleted here: its next delivery does not bring it back', async () => {
    const told = message()
    await take(told, 'stream.20.messages')
    host.write(`DELETE FROM whatsapp_messages WHERE message_id = '${told.message_id}'`)
    expect(await take(told, 'stream.20.messages')).toMatchObject({ duplicate: true })
    expect(stored(told.message_id)).toEqual([])
  })

  it('what can be read at last, under its first id', async () => {
    const told = message({ type: 'unsupported', body: 'field 998' })
    await take(told, 'stream.21.messages')
    await take({ ...told, type: 'text', body: 'from the future' }, 'stream.21.messages')
    await take({ ...told, type: 'text', body: 'once more' }, 'stream.21.messages')
    expect(stored(told.message_id)).toMatchObject([{ type: 'text', body: 'from the future' }])
  })

  it('what takes the place of its notice, and what of its preview', async () => {
    const notice = message({ type: 'unsupported', body: 'viewOnceMessage', view_once: true })
    await take(notice)
    await take({ ...notice, type: 'image', body: null, replaces: notice.message_id })
    expect(stored(notice.message_id)).toMatchObject([{ type: 'image', body: null }])
    const preview = message({ type: 'image', body: null })
    const hd = message({ type: 'image', body: null, replaces: preview.message_id })
    await take(preview)
    await take(hd)
    expect(stored(preview.message_id)).toMatchObject([{ replaced_by: hd.message_id }])
  })

  it('keeps two strangers apart who chose one id', async () => {
    const told = message({ body: 'ana' })
    await take(told)
    await take({ ...told, body: 'ben', chat_id: '999@lid', from: '34600000003', from_lid: '999@lid' })
    await take({ ...told, body: 'again' })
    expect(stored(told.message_id).map(({ body }) => body)).toEqual(['ana', 'ben'])
  })

  it('makes one chat of a person`s number and LID', async () => {
    const early = message({ chat_id: '34600000009@s.whatsapp.net', from: '34600000009', from_lid: null })
    const late = message({ chat_id: '900@lid', from: '34600000009', from_lid: '900@lid' })
    await take(early)
    await take(late)
    expect(stored(early.message_id)).toMatchObject([{ chat_id: '900@lid' }])
  })

  it('stores what no database takes, and identifiers that are none', async () => {
    const told = message({ reply_to: 'x'.repeat(500), push_name: '\ud83d\udc4b'.repeat(300) })
    const raw = JSON.stringify({ ...told, body: 'PLACE' }).replace(
      'PLACE',
      'nul \\u0000, half \\ud83d, \\\\u0000, \\ud83d\\udc4b',
    )
    expect((await deliver(host, '/messages', {}, { raw })).status).toBe(200)
    expect(stored(told.message_id)).toMatchObject([
      { body: 'nul \ufffd, half \ufffd, \\u0000, \u{1f44b}', reply_to: null, push_name: told.push_name },
    ])
  })

  it('what a session says that was deleted and made again, though its `seq` begins anew', async () => {
    host.write(
      "INSERT INTO whatsapp_sessions (session_id, user_id, estado_qr) VALUES ('again', '1', 'pending')",
    )
    const status = (estado_qr: string, seq: number, webhookId: string) =>
      deliver(
        host,
        '/whatsapp/status',
        {
          session_id: 'again',
          estado_qr,
          reason: null,
          reason_text: null,
          wa_id: null,
          session_data: {},
          seq,
        },
        { webhookId },
      )
    const text = (body: string, seq: number) => message({ session_id: 'again', body, seq })
    await status('active', 40, 'one.40.status')
    await take(text('in its first life', 41), 'one.41.messages')
    await status('inactive', 42, 'one.42.status')
    await status('active', 5, 'two.5.status')
    await take(text('in its second life', 41), 'two.41.messages')
    expect(host.rows("SELECT estado_qr, seq FROM whatsapp_sessions WHERE session_id = 'again'")).toEqual([
      { estado_qr: 'active', seq: 5 },
    ])
    expect(host.rows("SELECT body FROM whatsapp_messages WHERE session_id = 'again' ORDER BY id")).toEqual([
      { body: 'in its first life' },
      { body: 'in its second life' },
    ])
  })

  it('tells a send how far it is, forward only, also one that is not stored', async () => {
    const told = message({ from_me: true })
    await take(told)
    const status = (status: string, id = told.message_id) =>
      deliver(host, '/messages/status', {
        session_id: 'shop',
        message_id: id,
        status,
        error: null,
        client_ref: 'order-7',
        timestamp: '2026-01-02T23:30:06.000Z',
      })
    for (const one of ['delivered', 'sent', 'read', 'delivered']) expect((await status(one)).status).toBe(200)
    expect(stored(told.message_id)).toMatchObject([{ status: 'read' }])
    expect((await status('sent', 'UNKNOWN')).status).toBe(200)
    const rows = host.rows(
      'SELECT message_id, status, client_ref, at FROM whatsapp_message_statuses ORDER BY id',
    )
    expect(rows.map(row => row.status)).toEqual(['delivered', 'sent', 'read', 'sent'])
    expect(rows.at(-1)).toMatchObject({
      message_id: 'UNKNOWN',
      client_ref: 'order-7',
      at: '2026-01-02 23:30:06.000',
    })
    expect(host.seen('MessageStatusChanged')).toHaveLength(4)
  })

  it('takes what is told of a session that it does not have, and makes none', async () => {
    const session_data = { state: 'open', detail: null, push_name: null, lid: null }
    const told = {
      session_id: 'gone',
      estado_qr: 'active',
      reason: null,
      reason_text: null,
      wa_id: null,
      session_data,
    }
    expect((await deliver(host, '/whatsapp/status', told)).status).toBe(200)
    const expires_at = new Date(Date.now() + 20_000).toISOString()
    expect((await deliver(host, '/qr', { session_id: 'gone', qr: '2@gone', expires_at })).status).toBe(404)
    expect(host.rows("SELECT * FROM whatsapp_sessions WHERE session_id = 'gone'")).toEqual([])
  })

  it('fires what happens beside messages once, and takes kinds that it does not know', async () => {
    const call = {
      session_id: 'shop',
      event_id: 's.1.events',
      type: 'call',
      at: '2026-01-02T23:30:06.000Z',
      status: 'ringing',
    }
    await deliver(host, '/whatsapp/events', call, { webhookId: 's.1.events' })
    await deliver(host, '/whatsapp/events', call, { webhookId: 's.1.events' })
    expect((await deliver(host, '/whatsapp/events', { ...call, type: 'newer' })).status).toBe(200)
    expect(host.seen('CallReceived').map(({ data }) => data)).toMatchObject([
      { sessionId: 'shop', eventId: 's.1.events', data: { status: 'ringing' } },
    ])
  })
})
