import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request as ask, createServer as createPlain, type Server } from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { makeTlsIdentity } from '../../simulator/media/tls-certificate.ts'
import { LaravelHost } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SECRET, TOKEN } from './shop.ts'

const RIGHT = { LARAVEL_TOKEN: TOKEN, LARAVEL_WEBHOOK_SECRET: SECRET }

async function listen(server: Server | ReturnType<typeof createTls>): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** `npm run laravel:check`, as somebody types it on the first day. */
async function check(env: Record<string, string>): Promise<{ code: number; table: string; errors: string }> {
  const child = spawn('npm', ['run', '--silent', 'laravel:check'], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let [table, errors] = ['', '']
  child.stdout.on('data', chunk => (table += chunk))
  child.stderr.on('data', chunk => (errors += chunk))
  const [code] = await once(child, 'close')
  if (process.env.SHOW_TABLES) process.stderr.write(`${JSON.stringify(env)} -> ${code}\n${table}${errors}\n`)
  return { code: code as number, table, errors }
}

describeWithLaravel('npm run laravel:check against a real Laravel', () => {
  let host: LaravelHost
  const closing: (() => void)[] = []
  beforeAll(async () => {
    host = await LaravelHost.create({
      env: { WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET },
    })
    await host.start()
  }, 60_000)
  afterAll(async () => {
    for (const close of closing) close()
    await host?.end()
  })

  /** Laravel behind https, under a certificate that nobody here knows. */
  async function behindTls(): Promise<string> {
    const { key, cert } = makeTlsIdentity(['127.0.0.1'])
    const server = createTls({ key, cert }, (request, response) => {
      const { method, url, headers } = request
      const onwards = ask(`${host.url}${url}`, { method, headers }, answer => {
        response.writeHead(answer.statusCode!, answer.headers)
        answer.pipe(response)
      })
      request.pipe(onwards)
    })
    closing.push(() => server.close())
    return `https://127.0.0.1:${await listen(server)}/whatsapp`
  }

  async function website(): Promise<string> {
    const server = createPlain((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Welcome</title>'),
    )
    closing.push(() => server.close())
    return `http://127.0.0.1:${await listen(server)}/api`
  }

  it('has a line for each thing that is right, and ends with 0', async () => {
    const { code, table, errors } = await check({ LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT })
    expect(code).toBe(0)
    // Node names a file that is not there.
    expect(errors).toMatch(/^(?:\.env not found[^\n]*\n)?$/)
    expect(table).toContain(`Laravel at ${host.url}/whatsapp\n`)
    for (const subject of [
      'address',
      'token',
      'signature',
      'POST /qr',
      'POST /messages',
      'POST /pairing-code',
    ])
      expect(table).toMatch(new RegExp(`^ {2}✔ ${subject} `, 'm'))
    expect(table).toContain('Laravel is ready for deliveries.')
    expect(table).not.toContain(TOKEN)
  })

  it('does not mind a slash at the end', async () => {
    expect((await check({ LARAVEL_URL: `${host.url}/whatsapp/`, ...RIGHT })).code).toBe(0)
  })

  it.each<[string, () => Record<string, string> | Promise<Record<string, string>>, RegExp]>([
    [
      'nothing is set',
      () => ({}),
      /✖ address +LARAVEL_URL is empty[\s\S]*→ .*\.env .*\/whatsapp with the package/,
    ],
    [
      'the token is another',
      () => ({ LARAVEL_TOKEN: 'other' }),
      /✖ token .*[\s\S]*→ LARAVEL_TOKEN here .*WHATSAPP_MANAGER_TOKEN/,
    ],
    [
      'the secret is another',
      () => ({ LARAVEL_WEBHOOK_SECRET: 'other' }),
      /✖ signature .*[\s\S]*→ LARAVEL_WEBHOOK_SECRET here .*WHATSAPP_WEBHOOK_SECRET/,
    ],
    [
      'nothing is to be shown to Laravel',
      () => ({ LARAVEL_TOKEN: '', LARAVEL_WEBHOOK_SECRET: '' }),
      /✖ token .*[\s\S]*→ LARAVEL_TOKEN here/,
    ],
    [
      'the path is another',
      () => ({ LARAVEL_URL: `${host.url}/api` }),
      /✖ address +Laravel has answered 404[\s\S]*→ .*\/whatsapp/,
    ],
    [
      'the path is missing',
      () => ({ LARAVEL_URL: host.url }),
      /✖ address +Laravel has answered 404[\s\S]*→ .*\/whatsapp/,
    ],
    [
      'the host redirects',
      () => ({ LARAVEL_URL: `${host.url}/api/moved/whatsapp` }),
      /✖ address +Laravel has answered 301[\s\S]*→ LARAVEL_URL must be the final address: it leads to http:\/\/127/,
    ],
    [
      'nothing listens there',
      () => ({ LARAVEL_URL: 'http://127.0.0.1:1/whatsapp' }),
      /✖ address +Laravel has not answered \(ECONNREFUSED\)[\s\S]*→ check that it runs/,
    ],
    [
      'the host name is misspelled',
      () => ({ LARAVEL_URL: 'http://no-such-host.invalid/whatsapp' }),
      /✖ address [\s\S]*→ .*spelled/,
    ],
    [
      'its certificate signs itself',
      async () => ({ LARAVEL_URL: await behindTls() }),
      /✖ address [\s\S]*→ .*NODE_EXTRA_CA_CERTS/,
    ],
    [
      'https is asked of a port without it',
      () => ({ LARAVEL_URL: `${host.url.replace('http:', 'https:')}/whatsapp` }),
      /✖ address [\s\S]*→ .*LARAVEL_URL must begin with http:\/\//,
    ],
    [
      'http is asked of a port with TLS',
      async () => ({ LARAVEL_URL: (await behindTls()).replace('https:', 'http:') }),
      /✖ address [\s\S]*→ .*LARAVEL_URL must begin with https:\/\//,
    ],
    [
      'it is a website',
      async () => ({ LARAVEL_URL: await website() }),
      /✖ address .*200 with a web page[\s\S]*→ .*\/whatsapp/,
    ],
  ])('says what to do where %s', async (_, wrong, said) => {
    const given = await wrong()
    const base = Object.keys(given).length === 0 ? {} : { LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT }
    const { code, table } = await check({ ...base, ...given })
    expect(table).toMatch(said)
    expect(table).toMatch(/One thing to mend, then ask again\.\n/)
    expect(code).toBe(1)
  })

  it('says what to do where Laravel has neither token nor secret', async () => {
    await host.setEnv({ WHATSAPP_MANAGER_TOKEN: null, WHATSAPP_WEBHOOK_SECRET: null })
    const unset = await check({ LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT })
    await host.setEnv({ WHATSAPP_MANAGER_TOKEN: TOKEN, WHATSAPP_WEBHOOK_SECRET: SECRET })
    expect(unset.table).toMatch(/✖ token .*neither[\s\S]*→ php artisan whatsapp:install/)
  })

  it('says what to do where Laravel is in maintenance, and that nothing is lost by it', async () => {
    await host.artisan('down')
    const { code, table } = await check({ LARAVEL_URL: `${host.url}/whatsapp`, ...RIGHT })
    await host.artisan('up')
    expect(code).toBe(1)
    expect(table).toMatch(/✖ address +Laravel has answered 503[\s\S]*→ .*nothing is lost.*php artisan up/)
  })

  it('says in one line which variable cannot be read', async () => {
    const { code, table, errors } = await check({ LARAVEL_URL: 'app.test/whatsapp', ...RIGHT })
    expect([code, table]).toEqual([1, ''])
    expect(errors).toMatch(/^(?:\.env not found[^\n]*\n)?LARAVEL_URL=[^\n]*http[^\n]*\n$/)
  })
})
