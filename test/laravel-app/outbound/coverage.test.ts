import { readdirSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createTestHttp } from '../../http/fakes.ts'

const SRC = 'packages/laravel/src'
const CONCERNS = `${SRC}/Client/Concerns`
const client = readdirSync(CONCERNS)
  .map(name => readFileSync(`${CONCERNS}/${name}`, 'utf8'))
  .join('\n')

/** What the client has no method for, and why. */
const LEFT_OUT: Record<string, string> = {
  'GET /session/:id': 'an alias',
  'DELETE /session/:id': 'an alias',
  'POST /delete-session': 'an alias',
  'GET /events': 'a stream',
  'GET /inspect': 'a stream',
  'GET /health': 'the same as /health/ready',
  'GET /passkey/:token': 'for the browser of an account’s owner',
  'POST /passkey/:token': 'for the browser of an account’s owner',
  'GET /login': 'for browsers',
  'POST /login': 'for browsers',
  'DELETE /login': 'for browsers',
  'GET /': 'for browsers',
  'GET /docs': 'for browsers',
  'GET /openapi.json': 'for tools',
}

it('the client of the Laravel package has a method for each route of the manager', () => {
  const has = new Set(
    [...client.matchAll(/`(GET|POST|DELETE) (\/[^`?]*)/g)].map(
      ([, method, path]) => `${method} ${path!.replace(/\{(\w+)\}/g, ':$1')}`,
    ),
  )
  const routes = createTestHttp()
    .app.routes.filter(({ method, path }) => method !== 'ALL' && !path.startsWith('/dashboard'))
    .map(({ method, path }) => `${method} ${path}`)
  const missing = routes.filter(route => !has.has(route) && LEFT_OUT[route] === undefined)
  expect(
    [...new Set(missing)],
    'add a method to packages/laravel/src/Client/Concerns, or a reason here',
  ).toEqual([])
})

it('every error code has its advice in the Laravel package', () => {
  const errors = readFileSync('src/base/errors.ts', 'utf8')
  const table = /const STATUS = \{(.*?)\n\}/s.exec(errors)![1]!
  const codes = [...table.matchAll(/^ {2}([A-Z_]+):/gm)].map(([, code]) => code!)
  expect(codes.length).toBeGreaterThan(40)
  const advice = readFileSync(`${SRC}/Exceptions/Advice.php`, 'utf8')
  expect(codes.filter(code => !advice.includes(`'${code}' => '`))).toEqual([])
})
