import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'
import { deliver, message } from './signed-post.ts'

/**
 * SQLite refuses a transaction that has read and writes once another connection has written in between, at once and whatever its timeout
 * (SQLITE_BUSY_SNAPSHOT). Laravel's database queue reads before it writes whenever it releases or deletes a job: here another connection
 * writes in between, once for each row of `jobs`, while the application has a file.
 */
const PROVIDER = `<?php

namespace App\\Providers;

use Illuminate\\Support\\Facades\\DB;
use Illuminate\\Support\\Facades\\Event;
use Illuminate\\Support\\ServiceProvider;

class AppServiceProvider extends ServiceProvider
{
    public function boot(): void
    {
        Event::listen('WhatsAppManager\\\\Laravel\\\\Events\\\\*', [\\App\\Support\\Seen::class, 'event']);
        DB::listen(function ($query): void {
            $interfered = storage_path('interfered');
            $looksAtJob = str_starts_with($query->sql, 'select * from "jobs" where "id" =');
            if (!$looksAtJob || !is_file($interfered) || in_array((string) $query->bindings[0], file($interfered, FILE_IGNORE_NEW_LINES), true)) {
                return;
            }
            file_put_contents($interfered, $query->bindings[0] . "\\n", FILE_APPEND);
            (new \\PDO('sqlite:' . database_path('database.sqlite')))->exec('update users set phone = random()');
        });
    }
}
`

/** A listener that takes a while. */
const SEEN = `<?php

namespace App\\Support;

use Illuminate\\Support\\Facades\\DB;

class Seen
{
    public function event(string $name, array $payload): void
    {
        usleep(20000);
        DB::table('seen')->insert(['event' => class_basename($name), 'data' => json_encode($payload[0])]);
    }
}
`

describeWithLaravel('a queue in SQLite, as Laravel sets it up', () => {
  let host: LaravelHost
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: {
        ...{ WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
        DB_TRANSACTION_MODE: 'DEFERRED',
      },
      files: { 'app/Support/Seen.php': SEEN, 'app/Providers/AppServiceProvider.php': PROVIDER },
    })
    await host.start()
  }, 60_000)
  afterAll(() => host?.end())

  const say = async (body: string, over: object = {}) =>
    expect((await deliver(host, '/messages', message({ body, ...over }))).status).toBe(200)
  const heard = () =>
    host.seen('MessageReceived').map(({ data }) => data.message as { body: string; chat_id: string })
  /** Runs all that is queued, as if the time that anything waits for had passed. */
  const work = (rounds: number) =>
    host.run(`for ($n = 0; $n < ${rounds}; $n++) {
      Illuminate\\Support\\Facades\\DB::table('jobs')->update(['available_at' => 0, 'reserved_at' => null]);
      Illuminate\\Support\\Facades\\Artisan::call('queue:work', ['--stop-when-empty' => true, '--sleep' => 0]);
    } return 1;`)

  it('loses no message that waits for its turn when SQLite refuses to put its job back', async () => {
    await host.run("return touch(storage_path('interfered'));")
    await say('first')
    // Another worker has it.
    const since = new Date().toISOString().replace('T', ' ').replace('Z', '')
    host.write(`DELETE FROM jobs;
      UPDATE whatsapp_messages SET handling = 'running', handler = 'elsewhere', handling_since = '${since}'`)
    await say('second')
    await work(1)
    expect(host.rows('SELECT attempts, reserved_at FROM jobs')).toEqual([{ attempts: 1, reserved_at: null }])
    // More often than a listener may throw: who waits has not failed.
    await work(8)
    expect(host.rows('SELECT exception FROM failed_jobs')).toEqual([])
    // MySQL has a byte for the attempts: a job that waits for hours is made anew before they are used up.
    host.write('UPDATE jobs SET attempts = 220')
    await work(1)
    expect(host.rows('SELECT attempts, reserved_at FROM jobs')).toEqual([{ attempts: 0, reserved_at: null }])
    host.write("UPDATE whatsapp_messages SET handling = NULL WHERE handler = 'elsewhere'")
    await work(1)
    expect(heard().map(({ body }) => body)).toEqual(['second'])
    expect(host.rows('SELECT attempts, reserved_at FROM jobs')).toEqual([])
    expect(await host.read('storage/logs/laravel.log').catch(() => '')).not.toContain('locked')
    await host.run("return unlink(storage_path('interfered'));")
  })

  it('loses no message whose job could not be reserved, which Laravel 13 calls a failed job', async () => {
    await say('beaten')
    const tried = await host.run<string>(`
      [$job] = Illuminate\\Support\\Facades\\DB::select('select * from jobs');
      $command = unserialize(json_decode($job->payload)->data->command);
      Illuminate\\Support\\Facades\\DB::table('jobs')->delete();
      $other = new PDO('sqlite:' . database_path('database.sqlite'));
      $other->exec('begin immediate');
      Illuminate\\Support\\Facades\\DB::statement('pragma busy_timeout = 0');
      try {
          Illuminate\\Support\\Facades\\DB::table('jobs')->where('id', $job->id)->update(['reserved_at' => 1, 'attempts' => 1]);
      } catch (Illuminate\\Database\\QueryException $error) {
          $other->exec('rollback');
          $command->failed($error);
          return $error->getMessage();
      }`)
    expect(tried).toContain('database is locked')
    await work(1)
    expect(heard().map(({ body }) => body)).toContain('beaten')
  })

  it('hears bursts of several chats with four workers, each in its order and without a pause', async () => {
    const before = heard().length
    for (let worker = 0; worker < 4; worker++) host.work()
    const chats = ['1@lid', '2@lid', '3@lid']
    const words = Array.from({ length: 15 }, (_, n) => `n${n}`)
    await Promise.all(
      chats.map(async chat_id => {
        for (const body of words) await say(body, { chat_id })
      }),
    )
    // Whoever waits looks again after a minute, and a job that SQLite kept after 90 s: this is less than either.
    await vi.waitFor(() => expect(heard().length - before).toBe(words.length * chats.length), {
      timeout: 30_000,
      interval: 100,
    })
    for (const chat of chats) {
      const bodies = heard().filter(({ chat_id }) => chat_id === chat)
      expect(bodies.map(({ body }) => body)).toEqual(words)
    }
    const failed = host
      .rows<{ exception: string }>('SELECT exception FROM failed_jobs')
      .map(({ exception }) => exception.split('\n', 1)[0]!)
    // Laravel 13 says it of jobs that it could not reserve.
    expect(failed.filter(why => !why.includes('database is locked'))).toEqual([])
  })
})
