import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { ManagerProcess } from '../../demo/manager-process.ts'
import { StandInLaravel } from '../../demo/stand-in-laravel.ts'
import { listenAdmin } from '../../simulator/admin/server.ts'
import { Simulator } from '../../simulator/simulator.ts'
import type { AnswerExample } from '../../src/openapi/examples/read-examples.ts'
import { CURL_MISSING, hasCurl } from '../curl.ts'
import { answerFault } from '../openapi/conformance.ts'
import { watchDeliveries } from '../openapi/watch.ts'
import { answerFile, printed, requestIn, routeOf, type Step, stepsOf, withAnswers } from './curl-page.ts'

const PAGE = new URL('../../docs/curl.md', import.meta.url)
const EXAMPLES = new URL('../../src/openapi/examples/answers.golden.json', import.meta.url)
const SHELL = promisify(execFile)
const PATIENCE = { timeout: 20_000, interval: 50 }

/** What a page or a pipe hands over: bytes of an authenticator, which differ in every run. */
const SUBMISSIONS = new Set(['POST /sessions/{id}/passkey', 'POST /passkey/{token}'])
const ASSERTION = {
  id: 'q3Yx0aWvTn6Zk1mB8sDfGw',
  rawId: 'q3Yx0aWvTn6Zk1mB8sDfGw',
  type: 'public-key',
  response: {
    clientDataJSON: Buffer.from('{"type":"webauthn.get","origin":"https://web.whatsapp.com"}').toString(
      'base64url',
    ),
    authenticatorData: 'SZYN5YgOjGh0NBcPZHZgW4_krrmihjLHmVzzuoMdl2MFAAAAAQ',
    signature: 'MEUCIQDp0yXrN2l7b8f3vR1cT5kQ9wE4uZ6aYhJgM2sVxKdLnAIgTq',
    userHandle: null,
  },
}

const directory = mkdtempSync(join(tmpdir(), 'curl-lines-'))
const simulator = new Simulator({ seed: 'curl' })
const laravel = new StandInLaravel()
const examples: AnswerExample[] = []
/** What is drawn anew in each run, and how the page calls it. */
const names = new Map<string, string>()
let manager: ManagerProcess
let admin: Awaited<ReturnType<typeof listenAdmin>>

beforeAll(async () => {
  const whatsapp = await simulator.listen()
  admin = await listenAdmin(simulator, whatsapp)
  watchDeliveries(laravel)
  simulator.contact('34600000002', { name: 'Ana' })
  simulator.contact('34600000003', { name: 'Eva' })
  const settings = {
    DATA_DIR: join(directory, 'data'),
    LARAVEL_URL: await laravel.listen(),
    QR_THROTTLE_MS: '100',
    WHATSAPP_URL: whatsapp.url,
    WHATSAPP_ROOT_KEY: whatsapp.rootKey,
  }
  manager = new ManagerProcess(settings, join(directory, 'manager.log'))
  await manager.start(0)
}, 60_000)
afterAll(async () => {
  await manager.stop('SIGTERM')
  admin.close()
  await simulator.close()
  await laravel.close()
  rmSync(directory, { recursive: true, force: true })
})

/** It takes deliveries again, and the manager knows it. */
async function laravelIsBack(): Promise<void> {
  laravel.misbehaviour = null
  const headers = { 'content-type': 'application/json' }
  await fetch(`${manager.url}/deliveries/retry`, { method: 'POST', headers, body: '{}' })
  await vi.waitFor(async () => {
    const health = await (await fetch(`${manager.url}/health`)).json()
    expect(health).toMatchObject({ warnings: [], laravel: { ok: true } })
  }, PATIENCE)
}

/** A line as it is pasted, but for where things are in this run. */
async function paste(line: string): Promise<{ status: number; text: string }> {
  let here = line
    .replaceAll('http://127.0.0.1:3000', manager.url)
    .replaceAll('http://127.0.0.1:3001', admin.url)
  for (const [real, shown] of names) here = here.replaceAll(shown, real)
  // What is looked at by its beginning alone has no status behind it.
  const counted = / \| head /.test(here) ? here : `${here} -w '\\n%{http_code}'`
  const { stdout } = await SHELL('sh', ['-c', counted], { cwd: directory }).catch(
    (ended: { code?: number; stdout?: string }) => {
      // A stream is left by who reads it.
      if (ended.code === 28 && line.includes('--max-time')) return { stdout: `${ended.stdout}` }
      throw ended
    },
  )
  const [, text, status] = /^([\s\S]*)\n(\d{3})$/.exec(stdout) ?? [null, stdout, '200']
  return { status: Number(status), text: text! }
}

/** What differs in every run becomes what the page has. */
function settled(text: string): unknown {
  let all = text
  for (const [real, shown] of names) all = all.replaceAll(real, shown)
  return JSON.parse(
    all
      .replaceAll(manager.url, 'http://127.0.0.1:3000')
      .replace(/"\d{4}-\d\d-\d\dT[\d:.]+Z"/g, '"2026-11-29T10:00:00.000Z"')
      .replace(/"qr":"[^"]+"/g, '"qr":"2@k3…,rQ…=,Zb…=,4h…="')
      .replace(/"code":"[A-Z0-9]{8}"/g, '"code":"K7XM2B9Q"')
      .replace(/"code":"[A-Z0-9]{4}-[A-Z0-9]{4}"/g, '"code":"K7XM-2B9Q"')
      .replace(/"challenge":"[^"]+"/g, '"challenge":"q1…"')
      .replace(/\/passkey\/[\w-]{20,}/g, '/passkey/f0…')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\.\d+/g, '0b0c…e4.17')
      .replace(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '0b0c…e4')
      // But for the first fact: of an ack and a receipt that come together only the receipt is told.
      .replace(/"(seq|next)":(?!1\b)\d+/g, '"$1":17')
      .replace(/"id":\d+/g, '"id":7')
      .replace(/"oldestSession":\d+/g, '"oldestSession":90000'),
  )
}

/** What is only read may not be so yet. */
function isPrinted(line: string, text: string, answer: Step['answer']): boolean {
  const { request } = requestIn(line)
  if (process.env.UPDATE_DOCS || answer === null || !request.startsWith('GET ')) return true
  learn(request, JSON.parse(text))
  return printed(settled(text)) === answer.text
}

/** What later lines name. */
function learn(request: string, body: Record<string, unknown>): void {
  if (request === 'POST /send-message') names.set(String(body.message_id), '3EB0FFFFFFFFFFFFFFFF')
  const [delivery] = (request === 'GET /deliveries' && (body.deliveries as { id: number }[])) || []
  if (delivery) names.set(`/deliveries/${delivery.id}`, '/deliveries/17')
}

function record(title: string, request: string, status: number, text: string, body?: unknown): unknown {
  const given = JSON.parse(text) as Record<string, unknown>
  learn(request, given)
  const answer = settled(text)
  const sent = SUBMISSIONS.has(request) ? { assertion: ASSERTION } : body
  const example = { title, request, status, ...(sent !== undefined && { body: sent }), answer }
  if (status < 400) examples.push(example)
  const [method, path] = request.split(' ') as [string, string]
  const seen = { method, path: path.replace(/\{\w+\}/g, 'x'), status, contentType: 'application/json' }
  expect(answerFault({ ...seen, body: given })).toBeNull()
  return answer
}

it('docs/curl.md: every line answers what is printed below it', { timeout: 240_000 }, async ({ skip }) => {
  skip(!hasCurl, CURL_MISSING)
  const page = await readFile(PAGE, 'utf8')
  const answers: string[] = []
  for (const { title, lines, answer } of stepsOf(page)) {
    if (title === 'A message that Laravel does not take') laravel.misbehaviour = { status: 503 }
    if (title === 'Health') await laravelIsBack()
    for (const line of lines) {
      const isLast = line === lines.at(-1)
      const wanted = isLast && answer !== null ? answer.status : null
      const { status, text } = await vi.waitFor(async () => {
        const got = await paste(line)
        if (wanted === null ? got.status >= 300 : got.status !== wanted || !isPrinted(line, got.text, answer))
          throw new Error(`${line} answers ${got.status}: ${got.text}`)
        return got
      }, PATIENCE)
      if (wanted === null) expect(text, line).not.toContain('"error"')
      else {
        const { request, body } = requestIn(line)
        answers.push(printed(record(title, request, status, text, body)))
      }
    }
    await meanwhile(title)
  }
  const written = withAnswers(page, answers)
  if (process.env.UPDATE_DOCS) await writeFile(PAGE, written)
  expect(await readFile(PAGE, 'utf8')).toBe(written)
})

it('and the OpenAPI document has these answers as its examples', async ({ skip }) => {
  skip(!hasCurl, CURL_MISSING)
  const text = answerFile(examples)
  if (process.env.UPDATE_DOCS) await writeFile(EXAMPLES, text)
  expect(await readFile(EXAMPLES, 'utf8')).toBe(text)
})

/** What a person sees happen before pasting the next line, and what no line can do. */
async function meanwhile(title: string): Promise<void> {
  if (title === 'A phone scans it') await until('/sessions/shop', /"state":"open","detail":"settling"/)
  if (title === 'Somebody answers') await until('/sessions/shop/messages/3EB00000000000000001', /received/)
  if (title === 'A message that Laravel does not take')
    await until('/deliveries?session_id=shop', /"attempts":[1-9]/)
  if (title === 'Log out') await until('/sessions/shop', /"state":"loggedOut"/)
  if (title === "The owner's assertion") await finishPasskey()
}

/** The page of the account's owner, on which there is no curl, and the comparison of the codes. */
async function finishPasskey(): Promise<void> {
  const phone = simulator.phone('34600000008')
  await vi.waitFor(() => expect(phone.passkey.progress.stage).toBe('prologue'), PATIENCE)
  phone.account.passkey!.continues = true
  const { page_url } = JSON.parse((await ask('GET', '/sessions/safe/passkey')).text) as { page_url: string }
  const { pathname } = new URL(page_url)
  const { text } = await note("The owner's page", 'GET', pathname)
  const { options } = JSON.parse(text) as { options: { challenge: string } }
  await note("The assertion of the owner's page", 'POST', pathname, {
    assertion: phone.assertPasskey(options),
  })
  await until('/sessions/safe', /passkey\.confirm/)
  await note('Phone and session show the same code', 'POST', '/sessions/safe/passkey/confirm')
  phone.passkey.answerCode(true)
  await until('/sessions/safe', /"state":"open"/)
}

async function ask(method: string, path: string, body?: object): Promise<{ status: number; text: string }> {
  const response = await fetch(`${manager.url}${path}`, {
    method,
    ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  })
  return { status: response.status, text: await response.text() }
}

const until = (path: string, looks: RegExp) =>
  vi.waitFor(async () => expect((await ask('GET', path)).text).toMatch(looks), PATIENCE)

/** An example that the page has no line for. */
async function note(title: string, method: string, path: string, body?: object) {
  const answer = await ask(method, path, body)
  expect(answer.status, answer.text).toBeLessThan(300)
  record(title, routeOf(method, path), answer.status, answer.text, body)
  return answer
}
