import { ANA, SHOP } from './demo-steps.ts'
import type { DemoEnvironment } from './environment.ts'
import type { Terminal } from './terminal.ts'

const CAFE = { session: 'cafe', number: '34600000003' }

/** Prints how to go on by hand, every line as it can be pasted, and from now on what happens. */
export function continueByHand(
  { simulator, laravel, manager, urls }: DemoEnvironment,
  { title, say, block }: Terminal,
): void {
  const [api, admin] = [manager.url, urls.admin]
  const post = (url: string, body: object) =>
    `curl -s ${url} -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
  const message = { session_id: CAFE.session, wa_id: ANA.number, type: 'text', body: 'On their way' }
  const lines: [string, string][] = [
    ['start another session', post(`${api}/start`, { user_id: 8, session_id: CAFE.session })],
    ['see its QR', `curl -s '${api}/sessions/${CAFE.session}/qr?format=txt'`],
    [
      'let a phone scan it',
      `curl -s '${api}/sessions/${CAFE.session}/qr?format=json' | curl -s ${admin}/phones/${CAFE.number}/scan -d @-`,
    ],
    [
      'a contact writes',
      post(`${admin}/contacts/${ANA.number}/say`, { to: CAFE.number, text: 'Two coffees?' }),
    ],
    ['answer', post(`${api}/send-message`, message)],
    ['what the contact decrypted', `curl -s ${admin}/contacts/${ANA.number}/inbox`],
    ['cut every connection', post(`${admin}/faults`, { kind: 'reset' })],
    ['all sessions', `curl -s ${api}/sessions`],
    ['the log of one', `curl -s '${api}/sessions/${SHOP.session}/events?limit=20'`],
    ['the session as it was', `curl -s ${api}/sessions/${SHOP.session}/at/3`],
    ['figures', `curl -s '${api}/stats?by_state=1'`],
  ]
  title('Everything is still running: play with it. Ctrl-C ends it.')
  for (const [what, line] of lines) block(`# ${what}\n${line}`)
  title('What happens from now on')

  laravel.on('request', ({ method, path, body, status }) => {
    const detail = body.body ?? body.estado_qr
    say('Laravel', `got ${method} ${path}${detail ? ` "${detail}"` : ''} -> ${status}`)
  })
  simulator.on('device', ({ device, state }) => say('WhatsApp', `${device} is ${state}`))
  simulator.on('message', ({ contact, message }) => say('contact', `${contact} decrypted "${message.text}"`))
}
