import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

/** A listener that throws for one text, as long as the application has a file, and takes a while for others. */
const SEEN = `<?php

namespace App\\Support;

use Illuminate\\Support\\Facades\\DB;

class Seen
{
    public function event(string $name, array $payload): void
    {
        if (($payload[0]->message->body ?? null) === 'boom' && file_exists(storage_path('broken'))) {
            throw new \\RuntimeException('broken');
        }
        if (str_starts_with($payload[0]->message->body ?? '', 'slow')) {
            usleep(50000);
        }
        DB::table('seen')->insert(['event' => class_basename($name), 'data' => json_encode($payload[0])]);
    }
}
`

describeWithLaravel('a listener that throws', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
      files: { 'app/Support/Seen.php': SEEN, 'storage/broken': '' },
    })
    await host.start()
  })
  afterAll(() => host?.end())

  /** Runs PHP that may say `$work(times)`, the queue without the pauses between tries, `$heard()`, and `$breakIt(bool)`. */
  const run = <T>(php: string) =>
    host.run<T>(`use Illuminate\\Support\\Facades\\{Artisan, DB};
      $breakIt = fn (bool $broken) => $broken ? touch(storage_path('broken')) : unlink(storage_path('broken'));
      $work = function (int $times) {
        for (; $times > 0; $times--) {
          DB::table('jobs')->update(['available_at' => 0]);
          Artisan::call('queue:work', ['--stop-when-empty' => true, '--sleep' => 0]);
        }
      };
      $from = DB::table('seen')->count();
      $heard = fn () => DB::table('seen')->orderBy('id')->pluck('data')->slice($from)
        ->map(fn ($data) => json_decode($data)->message->body)->values()->all();
      ${php}`)
  const say = async (body: string, over: object = {}) =>
    expect((await deliver(host, '/messages', message({ body, ...over }))).status).toBe(200)

  it('holds up its own chat, in order, and no other', async () => {
    await say('boom')
    await say('behind it')
    await say('elsewhere', { chat_id: '999@lid' })
    const [broken, repaired] = await run<string[][]>(
      '$work(2); $broken = $heard(); $breakIt(false); $work(3); return [$broken, $heard()];',
    )
    expect(broken).toEqual(['elsewhere'])
    expect(repaired).toEqual(['elsewhere', 'boom', 'behind it'])
  })

  it('lets its chat go on after five tries, and is heard when somebody retries it', async () => {
    await say('boom')
    await say('behind it')
    const told =
      await run(`$breakIt(true); $work(6); $broken = $heard(); $failed = DB::table('failed_jobs')->count();
      $breakIt(false); Artisan::call('queue:retry', ['id' => ['all']]); $work(1);
      return ['broken' => $broken, 'failed' => $failed, 'retried' => $heard()];`)
    expect(told).toEqual({ broken: ['behind it'], failed: 1, retried: ['behind it', 'boom'] })
  })

  it('does not wait for ever for a message whose job was lost', async () => {
    await say('lost')
    host.write('DELETE FROM jobs')
    await say('behind it')
    expect(await run('$work(22); return $heard();')).toEqual(['lost', 'behind it'])
  })

  it('does a burst of one chat in its order, and at once, with several workers', async () => {
    const words = Array.from({ length: 12 }, (_, n) => `slow ${n}`)
    for (const body of words) await say(body)
    const before = host.seen().length
    for (let worker = 0; worker < 2; worker++) host.work()
    await vi.waitFor(() => expect(host.seen().length - before).toBe(words.length), {
      timeout: 25_000,
      interval: 100,
    })
    const heard = host.seen().slice(before)
    expect(heard.map(({ data }) => (data.message as { body: string }).body)).toEqual(words)
  })

  it('undoes a delivery without a queue of its own, which then comes again', async () => {
    await host.setEnv({ QUEUE_CONNECTION: 'sync' })
    await run('return $breakIt(true);')
    const told = message({ body: 'boom' })
    const again = () => deliver(host, '/messages', told, { webhookId: 'stream.30.messages' })
    expect((await again()).status).toBe(500)
    expect(host.rows('SELECT * FROM whatsapp_messages WHERE message_id = ?', told.message_id)).toEqual([])
    await run('return $breakIt(false);')
    const before = host.seen().length
    expect((await again()).status).toBe(200)
    expect(host.seen().slice(before)).toMatchObject([
      { event: 'MessageReceived', data: { message: { body: 'boom' } } },
    ])
  })
})
