import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

/** Runs PHP that may say `$answer(id, jid)`, the manager's to the sends that follow, and `$chats()`, the list of chats in words. */
const run = <T>(host: LaravelHost, php: string) =>
  host.run<T>(`use Illuminate\\Support\\Facades\\Http;
    use WhatsAppManager\\Laravel\\Facades\\WhatsApp;
    use WhatsAppManager\\Laravel\\Models\\Message;
    $answer = fn ($id, $jid) => Http::fake(['*' => Http::response(['success' => true, 'message_id' => $id, 'status' => 'sent',
      'response' => ['key' => ['id' => $id, 'remoteJid' => $jid, 'fromMe' => true]]])]);
    $chats = fn () => Message::query()->latestOfEachChat('shop')->get()
      ->map(fn ($message) => $message->chat_id . ' ' . $message->text())->all();
    ${php}`)

describeWithLaravel('an inbox', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET, WHATSAPP_KEEP_SENDS: 'true' },
    })
    await host.start()
  })
  afterAll(() => host?.end())

  const take = async (told: object) => expect((await deliver(host, '/messages', told)).status).toBe(200)

  it('lists chats by their newest message, whatever way it went', async () => {
    const [one, two] = [
      { chat_id: '1@lid', from: '34600000011', from_lid: '1@lid' },
      { chat_id: '2@lid', from: '34600000012', from_lid: '2@lid' },
    ]
    await take(message({ ...one, body: 'one' }))
    await take(message({ ...two, body: 'two', timestamp: '2026-01-02T23:31:00.000Z' }))
    const told = await run(
      host,
      `$before = $chats();
      $answer('SENT1', '34600000011@s.whatsapp.net');
      WhatsApp::session('shop')->to('34600000011')->text('answer');
      $after = $chats();
      $words = Message::query()->inChat('shop', '1@lid')->shown()->newestFirst()->get()->map->text()->all();
      Message::query()->where('message_id', 'SENT1')->first()->delete();
      return ['before' => $before, 'after' => $after, 'words' => $words, 'deleted' => $chats()];`,
    )
    expect(told).toEqual({
      before: ['2@lid two', '1@lid one'],
      after: ['1@lid answer', '2@lid two'],
      words: ['answer', 'one'],
      deleted: ['2@lid two', '1@lid one'],
    })
  })

  it('has no reaction for a newest message, and counts what nobody has read', async () => {
    const ana = { chat_id: '3@lid', from: '34600000013', from_lid: '3@lid' }
    const told = message({ ...ana, body: 'three', timestamp: '2026-01-02T23:32:00.000Z' })
    await take(told)
    await take(message({ ...ana, type: 'reaction', body: '👍', reply_to: told.message_id }))
    const found = await run(
      host,
      `$unread = fn () => Message::query()->where('session_id', 'shop')->shown()->unread()
        ->selectRaw('chat_id, count(*) as n')->groupBy('chat_id')->pluck('n', 'chat_id')->get('3@lid', 0);
      $before = $unread();
      Message::query()->inChat('shop', '3@lid')->unread()->update(['read_at' => now('UTC')]);
      $three = Message::query()->where('message_id', '${told.message_id}')->first();
      return ['first' => $chats()[0], 'unread' => [$before, $unread()], 'reactions' => $three->reactions()->pluck('body')];`,
    )
    expect(found).toEqual({ first: '3@lid three', unread: [1, 0], reactions: ['👍'] })
  })

  it('knows how far a send is, also when that was told before its answer', async () => {
    const status = {
      session_id: 'shop',
      status: 'delivered',
      error: null,
      timestamp: '2026-01-02T23:33:00.000Z',
    }
    await deliver(host, '/messages/status', { ...status, message_id: 'SENT2' })
    await run(
      host,
      `$answer('SENT2', '2@lid');
      return WhatsApp::session('shop')->to('2@lid')->text('early')->id;`,
    )
    await run(
      host,
      `$answer('SENT3', '2@lid');
      return WhatsApp::session('shop')->to('2@lid')->ref('order-7')->location(40.4, -3.7, 'Home')->id;`,
    )
    await deliver(host, '/messages/status', { ...status, message_id: 'SENT3', status: 'read' })
    const kept = host.rows(
      "SELECT message_id, type, body, caption, status, from_me, client_ref FROM whatsapp_messages WHERE message_id LIKE 'SENT%' ORDER BY id",
    )
    expect(kept).toMatchObject([
      { message_id: 'SENT2', body: 'early', status: 'delivered', from_me: 1 },
      {
        message_id: 'SENT3',
        type: 'location',
        body: '40.4,-3.7',
        caption: 'Home',
        status: 'read',
        client_ref: 'order-7',
      },
    ])
  })

  it('changes an own message that was edited and taken back', async () => {
    await run(
      host,
      `$answer('SENT4', '2@lid');
      return WhatsApp::session('shop')->to('2@lid')->text('frist')->id;`,
    )
    await run(
      host,
      `$answer('SENT5', '2@lid');
      return WhatsApp::session('shop')->to('2@lid')->edit('SENT4', 'first')->id;`,
    )
    await run(
      host,
      `$answer('SENT6', '2@lid');
      return WhatsApp::session('shop')->to('2@lid')->delete('SENT4')->id;`,
    )
    const [row] = host.rows(
      'SELECT body, original_body, revoked_at FROM whatsapp_messages WHERE message_id = ?',
      'SENT4',
    )
    expect(row).toMatchObject({ body: 'first', original_body: 'frist' })
    expect(row!.revoked_at).not.toBeNull()
  })

  it('does not take a send for failed because it could not be kept', async () => {
    host.write('ALTER TABLE whatsapp_messages RENAME TO away')
    try {
      const id = await run(
        host,
        `$answer('SENT7', '2@lid');
        return WhatsApp::session('shop')->to('2@lid')->text('kept nowhere')->id;`,
      )
      expect(id).toBe('SENT7')
    } finally {
      host.write('ALTER TABLE away RENAME TO whatsapp_messages')
    }
  })

  it('answers each of its questions by an index', async () => {
    const questions = {
      whatsapp_messages_chats: "Message::query()->latestOfEachChat('shop')",
      whatsapp_messages_chat: "Message::query()->inChat('shop', '2@lid')->shown()->newestFirst()",
      whatsapp_messages_unread:
        "Message::query()->where('session_id', 'shop')->unread()->groupBy('chat_id')->selectRaw('chat_id, count(*)')",
      whatsapp_messages_once: "Message::query()->named('shop', 'X')",
    }
    const plans = await run<Record<string, string>>(
      host,
      // Servers read a table of a few rows as a whole, so what counts is which index they could take.
      `[$explain, $column] = ['mysql' => ['EXPLAIN', 'possible_keys'], 'pgsql' => ['EXPLAIN', 'QUERY PLAN'], 'sqlite' => ['EXPLAIN QUERY PLAN', 'detail']]
        [config('database.default')];
      config('database.default') === 'pgsql' && Illuminate\\Support\\Facades\\DB::statement('SET enable_seqscan = off');
      $plan = fn ($query) => implode('; ', array_column(Illuminate\\Support\\Facades\\DB::select(
        $explain . ' ' . $query->toSql(), $query->getBindings()), $column));
      return [${Object.entries(questions)
        .map(([index, query]) => `'${index}' => $plan(${query})`)
        .join(', ')}];`,
    )
    // PostgreSQL takes any that is as good for a few rows.
    const isPostgres = process.env.LARAVEL_APP_DATABASE?.startsWith('postgres')
    for (const [index, plan] of Object.entries(plans))
      expect(plan).toMatch(isPostgres ? /Index(?: Only)? Scan/ : new RegExp(`\\b${index}\\b`))
  })
})
