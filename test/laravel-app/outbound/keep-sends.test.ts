import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { LaravelHost } from '../laravel-host.ts'
import { describeWithLaravel } from '../php.ts'

describeWithLaravel('an application that keeps its sends', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({ env: { WHATSAPP_KEEP_SENDS: 'true' }, timezone: 'America/Bogota' })
    host.write(
      "INSERT INTO whatsapp_sessions (session_id, user_id, estado_qr) VALUES ('shop', '1', 'active')",
    )
  }, 60_000)
  afterAll(() => host?.end())
  beforeEach(() => host.write('DELETE FROM whatsapp_messages'))

  const rows = () => host.rows('SELECT * FROM whatsapp_messages ORDER BY id')
  const chat = "WhatsApp::session('shop')->to('34600000002')"

  it('has both sides of a chat, whichever name of a person it writes to', async () => {
    host.write(`INSERT INTO whatsapp_messages (session_id, message_id, chat_id, "from", type, body, sent_at)
      VALUES ('shop', 'IN', '1@lid', '34600000002', 'text', 'hi', '2026-01-01 00:00:00.000')`)
    await host.run(`WhatsApp::fake(); ${chat}->ref('o-7')->text('Hello'); return 1;`)
    expect(rows().at(-1)).toMatchObject({
      ...{ session_id: 'shop', user_id: '1', chat_id: '1@lid', from_me: 1, type: 'text', body: 'Hello' },
      ...{ status: 'sent', client_ref: 'o-7', is_latest: 1, handling: null },
    })
    const sentAt = Date.parse(`${String(rows().at(-1)!.sent_at).replace(' ', 'T')}Z`)
    expect(Math.abs(sentAt - Date.now())).toBeLessThan(30_000)
  })

  it('has one row for a message that is asked for twice, and its words as they were changed', async () => {
    await host.run(`WhatsApp::fake();
      $sent = ${chat}->once('k')->text('Hello'); ${chat}->once('k')->text('Hello');
      ${chat}->edit($sent->id, 'Good morning'); return 1;`)
    expect(rows()).toMatchObject([
      { type: 'text', body: 'Good morning', original_body: 'Hello', chat_id: '34600000002@s.whatsapp.net' },
      { type: 'edit', body: 'Good morning' },
    ])
  })

  it('says of each type what it would say if it had come', async () => {
    await host.run(`WhatsApp::fake();
      ${chat}->poll('When?', ['Today', 'Tomorrow']);
      ${chat}->location(40.5, -3, 'Madrid');
      ${chat}->document(WhatsAppManager\\Laravel\\Notifications\\MediaFile::fromData('x', 'bill.pdf'), 'Your bill');
      return 1;`)
    expect(rows()).toMatchObject([
      { type: 'poll', body: 'When?', caption: 'Today\nTomorrow' },
      { type: 'location', body: '40.5,-3', caption: 'Madrid' },
      { type: 'document', body: null, caption: 'Your bill', media: expect.stringContaining('bill.pdf') },
    ])
  })

  it('takes up a status that came before the answer', async () => {
    const status = await host.run(`
      $fake = WhatsApp::fake();
      $fake->answerWith('POST', '/send-message', ['success' => true, 'message_id' => '3EB0', 'status' => 'queued', 'response' => ['key' => ['remoteJid' => '34600000002@s.whatsapp.net']]]);
      WhatsAppManager\\Laravel\\Models\\MessageStatus::forceCreate(['session_id' => 'shop', 'message_id' => '3EB0', 'status' => 'delivered', 'at' => now()]);
      ${chat}->text('Hello');
      return WhatsAppManager\\Laravel\\Models\\Message::first()->status;`)
    expect(status).toBe('delivered')
  })

  it('loses no send to a table that is not there', async () => {
    host.write('ALTER TABLE whatsapp_messages RENAME TO elsewhere')
    expect(await host.run(`WhatsApp::fake(); return ${chat}->text('a private word')->status;`)).toBe('sent')
    host.write('ALTER TABLE elsewhere RENAME TO whatsapp_messages')
    expect(await host.read('storage/logs/laravel.log')).toMatch(
      /no such table: whatsapp_messages|whatsapp_messages(?:' doesn't|" does not) exist/,
    )
  })

  it('reports a row that was refused without its words and its number', async () => {
    await host.refusing('whatsapp_messages', 'a private reason', async () =>
      expect(await host.run(`WhatsApp::fake(); return ${chat}->text('a private word')->status;`)).toBe(
        'sent',
      ),
    )
    const log = await host.read('storage/logs/laravel.log')
    expect(log).toMatch(
      /ERROR: Send \w+ went out, but is not kept: whatsapp_messages did not take it, SQLSTATE/,
    )
    expect(log).not.toMatch(/private|34600000002/)
  })
})
