import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { KEY } from '../scenarios/world.ts'
import { describeWithLaravel } from './php.ts'
import { ANA, SECRET, SHOP, Shop, soon, TOKEN } from './shop.ts'

const EVA = '34600000003'
const LEO = '34600000004'

/** One after the other: three managers and their workers are more than two cores carry. */
const PLACES = [
  { timezone: 'Europe/Madrid', withKeys: true },
  { timezone: 'America/Bogota', withKeys: false },
  { timezone: 'UTC', withKeys: true },
]

for (const { timezone, withKeys } of PLACES) {
  describeWithLaravel(`an application in ${timezone}, ${withKeys ? 'with' : 'without'} API keys`, () => {
    let shop: Shop
    let asked = ''
    let chat = ''
    beforeAll(async () => {
      shop = await Shop.open({ timezone, withKeys })
    }, 120_000)
    afterAll(() => shop?.close())

    const ana = () => shop.world.simulator.contact(ANA, { name: 'Ana' })
    const inbox = () => ana().inbox.map(({ text }) => text)
    const statuses = (id: string) =>
      shop.laravel
        .rows<{ status: string }>('SELECT status FROM whatsapp_message_statuses WHERE message_id = ?', id)
        .map(({ status }) => status)
        .sort()
    /** PHP that sends something into Ana's chat; gives the message's id. */
    const send = (verb: string) =>
      shop.laravel.run<string>(`return WhatsApp::session('shop')->to('${chat}')->${verb}->id;`)

    it('links: the row is pending, the QR is good for a minute of its own clock, then it is active', async () => {
      const state = await shop.laravel.run(`
        $session = WhatsApp::start(App\\Models\\User::find(1), 'shop');
        return [$session->estado_qr, $session->user->name];`)
      expect(state).toEqual(['pending', 'Marta'])
      await soon(() => expect(shop.laravel.seen('QrReceived')).not.toEqual([]))
      const left = await shop.laravel.run<number>(
        'return now()->diffInSeconds(WhatsAppManager\\Laravel\\Models\\Session::first()->qr_expires_at, false);',
      )
      expect(left).toBeGreaterThan(0)
      expect(left).toBeLessThanOrEqual(60)
      await shop.scan('shop', SHOP)
      await soon(() => shop.estado('shop', 'active'))
      const told = shop.laravel
        .seen('SessionStatusChanged')
        .map(({ data }) => (data.session as { estado_qr: string }).estado_qr)
      expect(told).toEqual(['pending', 'active'])
      expect(shop.laravel.rows('SELECT qr, wa_id, user_id FROM whatsapp_sessions')).toEqual([
        { qr: null, wa_id: SHOP, user_id: '1' },
      ])
    })

    it('answers a message from its queue: taken, job, reply, sent, delivered, read', async () => {
      shop.laravel.work()
      const { id } = await ana().say(SHOP, 'order 7')
      await soon(() => expect(inbox()).toEqual(['On its way: 7']))
      const row = await shop.message(id)
      expect(row).toMatchObject({ session_id: 'shop', from: ANA, body: 'order 7', push_name: 'Ana' })
      expect(Math.abs(Date.parse(`${String(row.sent_at).replace(' ', 'T')}Z`) - Date.now())).toBeLessThan(
        30_000,
      )
      chat = String(row.chat_id)
      asked = id
      const reply = ana().inbox[0]!
      ana().read(reply.id)
      await soon(() => expect(statuses(reply.id)).toEqual(['delivered', 'read', 'sent']))
      await soon(() =>
        expect(
          shop.laravel.rows(
            'SELECT * FROM whatsapp_messages WHERE message_id = ? AND processed_at IS NOT NULL',
            id,
          ),
        ).toHaveLength(1),
      )
    })

    it('gets a file and keeps it, and sends one', async () => {
      const image = randomBytes(50_000)
      const { id } = await ana().say(SHOP, { image, mimetype: 'image/jpeg', caption: 'the sea' })
      expect(await shop.message(id)).toMatchObject({ type: 'image', caption: 'the sea' })
      await soon(() => expect(shop.laravel.run("return count(Storage::files('whatsapp'));")).resolves.toBe(1))
      const kept = await shop.laravel.run<string>(
        "return base64_encode(Storage::get(Storage::files('whatsapp')[0]));",
      )
      expect(Buffer.from(kept, 'base64').equals(image)).toBe(true)
      const sent = await send(
        "document(WhatsAppManager\\Laravel\\Notifications\\MediaFile::fromData('the bill', 'bill.txt'), 'your bill')",
      )
      await soon(() => expect(ana().inbox.map(({ id }) => id)).toContain(sent))
      const file = await ana().download(ana().inbox.find(({ id }) => id === sent)!)
      expect(file.toString()).toBe('the bill')
    })

    it('hears edits, deletions and reactions, and makes them', async () => {
      const { id: edited } = await ana().say(SHOP, 'frist')
      await ana().edit(SHOP, edited, 'first')
      const { id: deleted } = await ana().say(SHOP, 'a secret')
      await ana().revoke(SHOP, deleted)
      await ana().react(SHOP, asked, '👍')
      await soon(() => {
        const heard = shop.laravel.seen().map(({ event }) => event)
        expect(heard).toEqual(expect.arrayContaining(['MessageEdited', 'MessageDeleted', 'ReactionReceived']))
      })
      expect(await shop.message(edited)).toMatchObject({ body: 'first', original_body: 'frist' })
      expect((await shop.message(deleted)).revoked_at).not.toBeNull()
      const sent = await send("text('on friday')")
      await send(`edit('${sent}', 'on monday')`)
      await soon(() => expect(ana().view(SHOP).get(sent)).toMatchObject({ text: 'on monday', edited: true }))
      await send(`react('${asked}', '❤️')`)
      await soon(() => expect(ana().view(SHOP).get(asked)?.reactions).toBeTruthy())
      await send(`delete('${sent}')`)
      await soon(() => expect(ana().view(SHOP).get(sent)).toMatchObject({ deleted: true }))
    })

    it('talks in a group, hears who joins, and of a call', async () => {
      const { simulator } = shop.world
      const group = simulator.group('Team', [ANA, SHOP, EVA])
      const { id } = await ana().say(group.jid, 'to all')
      expect(await shop.message(id)).toMatchObject({ is_group: 1, chat_id: group.jid, from: ANA })
      await shop.laravel.run(`return WhatsApp::send('shop', '${group.jid}', 'hello all')->id;`)
      await soon(() => expect(simulator.contact(EVA).inbox.map(({ text }) => text)).toContain('hello all'))
      simulator.changeGroup(group.jid, [{ add: [LEO] }], { author: ANA })
      const call = ana().call(SHOP)
      call.end('accepted_elsewhere')
      await soon(() => {
        expect(shop.laravel.seen('GroupChanged').at(-1)!.data).toMatchObject({
          data: { action: 'add', jid: group.jid },
        })
        const calls = shop.laravel
          .seen('CallReceived')
          .map(({ data }) => (data.data as { status: string }).status)
        expect(calls).toEqual(['ringing', 'answered_elsewhere'])
      })
    })

    it('notifies a user through the channel whatsapp', async () => {
      await shop.laravel.run(`
        App\\Models\\User::find(1)->notify(new class extends Illuminate\\Notifications\\Notification {
            public function via($notifiable) { return ['whatsapp']; }
            public function toWhatsApp($notifiable) {
                return WhatsAppManager\\Laravel\\Notifications\\WhatsAppMessage::text('Hello '.$notifiable->name)->from('shop');
            }
        });
        return true;`)
      await soon(() => expect(inbox()).toContain('Hello Marta'))
    })

    it('left no job that failed, no delivery that waits, and no secret in its log', async () => {
      await soon(() => expect(shop.laravel.rows('SELECT * FROM jobs')).toEqual([]))
      expect(shop.laravel.rows('SELECT exception FROM failed_jobs')).toEqual([])
      await soon(async () =>
        expect((await shop.world.call('GET', '/deliveries?state=waiting')).body).toMatchObject({ count: 0 }),
      )
      const log = await shop.laravel.read('storage/logs/laravel.log').catch(() => '')
      for (const secret of [TOKEN, SECRET, KEY]) expect(log).not.toContain(secret)
      // A worker of Laravel's that another one came before looks for its next job again.
      const isBeaten = (line: string) =>
        /database is locked \([^)]*SQL: update "jobs" set "reserved_at"/.test(line)
      const errors = log.split('\n').filter(line => /^\[.*ERROR/.test(line) && !isBeaten(line))
      expect(errors).toEqual([])
    })
  })
}
