import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { oggPage, opusHead } from '../media/convert/voice.ts'
import type { CommandOutput } from './laravel-host.ts'
import { describeWithLaravel } from './php.ts'
import { SNIPPETS } from './readme-snippets.ts'
import { ANA, SHOP, Shop, soon } from './shop.ts'

const README = readFileSync('packages/laravel/README.md', 'utf8')
/** One pixel. */
const CAT = Buffer.from('R0lGODlhAQABAIAAAP8AAP///yH5BAAAAAAALAAAAAABAAEAAAICRAEAOw==', 'base64')
/** A voice note of a second. */
const NOTE = Buffer.concat([
  opusHead(312),
  oggPage({ granule: 0n, body: Buffer.from('OpusTags\0\0\0\0\0\0\0\0') }),
  oggPage({ granule: 48_312n, flags: 4, body: Buffer.alloc(200) }),
])
const blocks = (language: string) =>
  [...README.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, 'g'))].map(([, code]) => code!)

it('has for every PHP block of the package`s README what it needs to run', () => {
  const found = blocks('php').map(code => SNIPPETS.filter(({ of }) => code.includes(of)).map(({ of }) => of))
  expect(found).toEqual(SNIPPETS.map(({ of }) => [of]))
})

describeWithLaravel('the README of the package, as it stands there', () => {
  let shop: Shop
  let linked: CommandOutput
  beforeAll(async () => {
    shop = await Shop.open({
      manager: { MEDIA_ALLOW_PRIVATE: 'true' },
      files: { 'public/cat.jpg': CAT, 'storage/app/note.ogg': NOTE },
    })
    const drawn = Promise.withResolvers<void>()
    const linking = shop.laravel.follow(
      output => /[▀▄█]{5}/.test(output) && drawn.resolve(),
      ...['whatsapp:link', 'shop', '--user=1'],
    )
    await drawn.promise
    await shop.scan('shop', SHOP)
    linked = await linking
    const ana = shop.world.simulator.contact(ANA, { name: 'Ana' })
    const { id } = await ana.say('34600000001', 'hola')
    await shop.message(id)
  }, 120_000)
  afterAll(() => shop?.close({ unsettled: 'its session is deleted in the end' }))

  it('links with whatsapp:link, which draws the QR, and is listed by whatsapp:sessions', async () => {
    expect(linked).toEqual({
      code: 0,
      output: expect.stringMatching(/[▀▄█]{5}[\s\S]*Session shop is linked to \+34600000001/),
    })
    expect((await shop.laravel.artisan('whatsapp:sessions')).output).toMatch(/shop.*open/)
  })

  it('asks every route of the manager by a method of its own', async () => {
    const answers = await shop.laravel.run<Record<string, unknown>>(`
      $m = WhatsApp::manager();
      $chat = WhatsAppManager\\Laravel\\Models\\Message::first()->chat_id;
      return [
        'states' => $m->stats(true)['by_state'],
        'health' => $m->health()['ready'],
        'live' => $m->isLive(),
        'sessions' => $m->sessions(['state' => 'open'])['count'],
        'each' => iterator_count($m->eachSession()),
        'session' => $m->session('shop')['state'],
        'events' => $m->events('shop', 0, 1)['events'][0]['type'],
        'at' => $m->sessionAt('shop', 1)['seq'],
        'chat' => $m->chatMessages('shop', $chat)['messages'][0]['body'],
        'number' => $m->number('shop', '34600000002')['exists'],
        'waiting' => $m->deliveries()['count'],
        'dead' => $m->deadDeliveries()['count'],
        'retry' => $m->retryDeliveries('shop'),
        'replay' => $m->replay('shop', 0),
        'metrics' => strpos($m->metrics(), '# HELP') !== false,
        'presence' => $m->showPresence('shop', 'composing', $chat),
        'restart' => $m->restart('shop')['session_id'],
      ];`)
    expect(answers).toMatchObject({
      ...{
        health: true,
        live: true,
        sessions: 1,
        each: 1,
        session: 'open',
        events: 'session.created',
        at: 1,
      },
      ...{ chat: 'hola', number: true, dead: 0, replay: 1, metrics: true, restart: 'shop' },
      states: { open: 1 },
    })
    await shop.world.waitForState('shop', 'open')
    expect(shop.laravel.rows('SELECT body FROM whatsapp_messages')).toEqual([{ body: 'hola' }])
  })

  it.each(SNIPPETS)('runs: $of', async ({ of, before = '', after = '', inbox = [] }) => {
    const code = blocks('php').find(block => block.includes(of))!
    const here = code.replaceAll('https://shop.test', shop.laravel.url)
    await expect(shop.laravel.run(`${before}\n${here}\n${after}`)).resolves.not.toBe(false)
    const heard = () => shop.world.simulator.contact(ANA).inbox.map(({ text }) => text)
    await soon(() => expect(heard()).toEqual(expect.arrayContaining(inbox)))
  })

  it('shows the component', async () => {
    const [blade] = blocks('blade')
    const page = await shop.laravel.run<string>(`
      $session = WhatsAppManager\\Laravel\\Models\\Session::first();
      file_put_contents(resource_path('views/snippet.blade.php'), base64_decode('${Buffer.from(blade!).toString('base64')}'));
      return view('snippet', compact('session'))->render();`)
    expect(page).toContain('data-url="/whatsapp/sessions/shop/qr"')
  })
})
