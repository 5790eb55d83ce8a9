import { afterAll, beforeAll, expect, it } from 'vitest'
import { LaravelHost } from '../laravel-host.ts'
import { describeWithLaravel } from '../php.ts'
import { refusal, ScriptedManager, SENT } from './scripted-manager.ts'

interface Failure {
  class: string
  code: string
  status: number
  message: string
  retryAfter: number | null
  errors: Record<string, string[]>
}

/** PHP that gives what an expression throws. */
const thrownBy = (expression: string) => `
  try {
      ${expression};
  } catch (WhatsAppManager\\Laravel\\Exceptions\\WhatsAppException $e) {
      return ['class' => class_basename($e), 'code' => $e->errorCode(), 'status' => $e->status(), 'message' => $e->getMessage(),
          'retryAfter' => $e->retryAfter(), 'errors' => (object) $e->errors()];
  }
  return null;`

describeWithLaravel('the client of the manager', () => {
  let host: LaravelHost
  const manager = new ScriptedManager()
  beforeAll(async () => {
    await manager.listen()
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_URL: manager.url, WHATSAPP_MANAGER_KEY: 'a-secret-key' },
    })
  }, 60_000)
  afterAll(async () => {
    await host?.end()
    await manager.close()
  })

  const send = "WhatsApp::session('shop')->to('+34 600 000 002')->text('a private word')"
  const fails = (expression: string) => host.run<Failure | null>(thrownBy(expression))

  it('says who it is, and what it sends', async () => {
    manager.will(SENT)
    const sent = await host.run(
      `$sent = ${send}; return [$sent->id, $sent->status, $sent->chatId, $sent->replayed];`,
    )
    expect(sent).toEqual(['3EB0A1', 'sent', '34600000002@s.whatsapp.net', false])
    expect(manager.asked).toMatchObject([
      {
        method: 'POST',
        path: '/send-message',
        headers: {
          authorization: 'Bearer a-secret-key',
          accept: 'application/json',
          'content-type': 'application/json',
        },
        body: { session_id: 'shop', wa_id: '+34 600 000 002', type: 'text', body: 'a private word' },
      },
    ])
  })

  it.each([
    ['an answer that was lost', 'lost' as const],
    ['a manager that restarts', refusal(503, 'SHUTTING_DOWN')],
    ['a session between two nodes', refusal(503, 'NOT_READY', {}, { 'retry-after': '1' })],
    ['a proxy without a manager', { status: 502, body: '<html>Bad Gateway</html>' }],
    [
      'the same send, on its way elsewhere',
      refusal(409, 'IDEMPOTENCY_IN_FLIGHT', {}, { 'retry-after': '0' }),
    ],
  ])('sends again under the same key after %s', async (_, reply) => {
    manager.will(reply, SENT)
    expect(await host.run(`return ${send}->id;`)).toBe('3EB0A1')
    expect(manager.asked).toHaveLength(2)
    expect(new Set(manager.keys()).size).toBe(1)
  })

  it('does not ask again after a refusal, and has a class for each kind', async () => {
    const refusals: [string, number, string][] = [
      ['SESSION_NOT_CONNECTED', 409, 'SessionNotConnected'],
      ['CONFLICT', 409, 'Conflict'],
      ['IDEMPOTENCY_MISMATCH', 422, 'InvalidRequest'],
      ['WHATSAPP_REJECTED', 422, 'SendRefused'],
      ['MEDIA_UNREACHABLE', 422, 'MediaRefused'],
      ['MEDIA_TOO_LARGE', 413, 'MediaRefused'],
      ['UNAUTHENTICATED', 401, 'AccessRefused'],
      ['SESSION_NOT_FOUND', 404, 'NotFound'],
      ['INTERNAL', 500, 'ManagerFailed'],
      ['NOT_READY', 503, 'ManagerFailed'],
    ]
    manager.will(...refusals.map(([code, status]) => refusal(status, code)))
    const failures = await host.run<Failure[]>(
      `return array_map(function () { ${thrownBy(send)} }, range(1, ${refusals.length}));`,
    )
    expect(failures.map(({ code, status, class: type }) => [code, status, type])).toEqual(refusals)
    expect(manager.asked).toHaveLength(refusals.length)
  })

  it('gives the messages by field, as Laravel has them', async () => {
    manager.will(refusal(422, 'VALIDATION_FAILED', { errors: { wa_id: ['must be 5 to 20 digits'] } }))
    expect(await fails(send)).toMatchObject({
      class: 'InvalidRequest',
      errors: { wa_id: ['must be 5 to 20 digits'] },
    })
  })

  it('does not wait for minutes, but says how long', async () => {
    manager.will(refusal(429, 'NEW_CHATS_PAUSED', {}, { 'retry-after': '3600' }))
    expect(await fails(send)).toMatchObject({ class: 'TooManyRequests', retryAfter: 3600 })
    expect(manager.asked).toHaveLength(1)
  })

  it('asks again for what changes nothing, and never for what may have been done', async () => {
    manager.will('lost', { status: 200, body: { sessions: {}, qr: {} } })
    await host.run('return WhatsApp::manager()->stats();')
    expect(manager.asked).toHaveLength(2)
    manager.will('lost')
    expect(await fails("WhatsApp::session('shop')->restart()")).toMatchObject({
      code: 'MANAGER_UNREACHABLE',
      status: 0,
    })
    expect(manager.asked).toHaveLength(1)
  })

  it('gives up after the fourth time', async () => {
    manager.will(refusal(503, 'STORE_FAILED'))
    expect(await fails(send)).toMatchObject({ class: 'ManagerFailed', status: 503 })
    expect(manager.asked).toHaveLength(4)
  })

  it('does not take a web page for a manager, and follows no redirect', async () => {
    manager.will({ status: 200, body: '<html>Welcome</html>' })
    expect(await fails("WhatsApp::session('shop')->get()")).toMatchObject({
      class: 'UnexpectedAnswer',
      code: 'NOT_THE_MANAGER',
    })
    manager.will({ status: 301, headers: { location: 'https://wa.shop.test/login?token=s3cret' }, body: '' })
    const failure = await fails(send)
    expect(failure).toMatchObject({ class: 'UnexpectedAnswer', code: 'REDIRECTED' })
    expect(failure!.message).toContain('https://wa.shop.test.')
    expect(failure!.message).not.toContain('s3cret')
    expect(manager.asked).toHaveLength(1)
  })

  it.each([
    ['http://127.0.0.1:1', 'nothing takes connections there'],
    ['http://no-such-host.invalid', 'its host name is not known'],
    ['https', 'TLS could not be agreed on'],
  ])('says what is wrong with %s', async (url, why) => {
    const wrong = url === 'https' ? manager.url.replace('http:', 'https:') : url
    const failure = await host.run<Failure>(`config(['whatsapp.url' => '${wrong}']); ${thrownBy(send)}`)
    expect(failure).toMatchObject({ class: 'ManagerUnreachable', code: 'MANAGER_UNREACHABLE', status: 0 })
    expect(failure.message).toContain(why)
    expect(failure.message).toContain('WHATSAPP_MANAGER_URL')
  })

  it('says nothing of words, numbers and keys in what it throws', async () => {
    for (const reply of ['lost' as const, refusal(500, 'INTERNAL'), { status: 200, body: 'a page' }]) {
      manager.will(reply)
      const { message } = (await fails(send))!
      expect(message).not.toMatch(/private|600|a-secret-key/)
      expect(message.length).toBeGreaterThan(40)
    }
  })

  it('shows neither words nor numbers in the trace of what it throws, as logs and error trackers have it', async () => {
    manager.will(refusal(409, 'SESSION_NOT_CONNECTED'))
    const trace = await host.run<string>(`ini_set('zend.exception_ignore_args', '0');
      try { ${send}; } catch (Throwable $e) { return $e->getTraceAsString(); }`)
    expect(trace).toContain('Chat->text(Object(SensitiveParameterValue))')
    expect(trace).not.toMatch(/private|600/)
  })

  it('refuses text that is no UTF-8 before it leaves', async () => {
    manager.will(SENT)
    expect(await fails(`WhatsApp::session('shop')->to('34600000002')->text("\\xff")`)).toMatchObject({
      code: 'MALFORMED_JSON',
    })
    expect(manager.asked).toEqual([])
  })

  it('can be faked with Http::fake()', async () => {
    manager.will(SENT)
    const seen = await host.run(`
      Http::fake(['*/send-message' => Http::response(['success' => true, 'message_id' => '3EB0F', 'status' => 'queued', 'response' => ['key' => []]], 202)]);
      $sent = ${send};
      $matching = Http::recorded(fn ($request) => $request['body'] === 'a private word' && $request->hasHeader('Idempotency-Key'));
      return [$sent->id, $sent->status, $sent->isSent(), $matching->count()];`)
    expect(seen).toEqual(['3EB0F', 'queued', false, 1])
    expect(manager.asked).toEqual([])
  })
})
