import { toString as toText } from 'qrcode'
import type { DemoEnvironment } from './environment.ts'
import { check, type Step } from './step-runner.ts'
import type { Terminal } from './terminal.ts'

export const SHOP = { session: 'shop', number: '34600000001', name: 'The bakery' }
export const ANA = { number: '34600000002', name: 'Ana' }

type Event = { seq: number; type: string; data: Record<string, unknown> }
type Session = { session: { state: string; estado_qr: string; wa_id: string | null } }
type Message = { status: string; history: { status: string }[] }
type Sent = { message_id: string; status: string }

/** The steps of the demo: a shop links its number, talks, loses its connection and its process, and goes on. Every line is checked. */
export function demoSteps(environment: DemoEnvironment, { say, block, coloured }: Terminal): Step[] {
  const { simulator, laravel, manager, call } = environment
  const phone = simulator.phone(SHOP.number, { name: SHOP.name })
  const ana = simulator.contact(ANA.number, { name: ANA.name })
  const path = `/sessions/${SHOP.session}`
  let answerId = ''

  const stateOf = async () => (await call<Session>('GET', path)).body.session
  const openOrNot = async () => ((await stateOf()).state === 'open' ? true : undefined)
  const eventsAfter = async (seq: number) =>
    (await call<{ events: Event[] }>('GET', `${path}/events?limit=1000&after=${seq}`)).body.events
  const posted = (messageId: string) =>
    laravel.received.find(({ path: at, body }) => at === '/messages' && body.message_id === messageId)
  const told = () => laravel.accepted('/whatsapp/status').map(({ estado_qr }) => String(estado_qr))
  const send = async (text: string) => {
    const request = { session_id: SHOP.session, wa_id: ANA.number, type: 'text', body: text }
    const { status, body, ms } = await call<Sent>('POST', '/send-message', request)
    check(status === 200 && body.status === 'sent', `POST /send-message gave ${status} ${body.status}`)
    return { id: body.message_id, ms }
  }
  const decrypted = (id: string) => ana.inbox.find(message => message.id === id)
  const noNewQr = () => {
    const { registrations } = simulator.counters
    check(registrations === 1, `${registrations} sockets asked for a QR, not 1`)
    check(laravel.accepted('/qr').length === 1, `Laravel got ${laravel.accepted('/qr').length} QRs, not 1`)
  }

  return [
    {
      title: 'A shop wants WhatsApp',
      async run({ until }) {
        const health = await call('GET', '/health/ready')
        check(health.status === 200, `GET /health/ready gave ${health.status}`)
        const request = { user_id: 7, session_id: SHOP.session }
        const { status, body, ms } = await call<{ state: string }>('POST', '/start', request)
        check(status === 200, `POST /start gave ${status}`)
        say('Laravel', `POST /start ${JSON.stringify(request)} -> 200 in ${ms} ms, ${body.state}`)
        const { body: qr } = await until('Laravel got a QR', () =>
          laravel.received.find(({ path: at }) => at === '/qr'),
        )
        const shown = await call<{ qr: string }>('GET', `${path}/qr?format=json`)
        check(shown.body.qr === qr.qr, 'Laravel and the API have different QRs')
        say('manager', `POST /qr -> Laravel. GET ${path}/qr?format=txt draws it:`)
        const drawn = await call<string>('GET', `${path}/qr?format=txt`)
        check(drawn.status === 200, `GET ${path}/qr?format=txt gave ${drawn.status}`)
        block(
          coloured ? drawn.body : await toText(shown.body.qr, { type: 'utf8', errorCorrectionLevel: 'L' }),
        )
      },
    },
    {
      title: 'The phone scans it',
      async run({ until }) {
        const scanned = performance.now()
        const { jid } = await phone.scan(String(laravel.accepted('/qr')[0]?.qr))
        say('phone', `${SHOP.number} (${SHOP.name}) scans and links ${jid}`)
        await until('the session is open', openOrNot)
        const { wa_id } = await stateOf()
        check(wa_id === SHOP.number, `the session is linked to ${wa_id}`)
        say('manager', `open, ${Math.round(performance.now() - scanned)} ms after the scan`)
        await until('Laravel is told active', () => told().find(estado => estado === 'active'))
        check(told().join() === 'pending,active', `Laravel was told ${told()}`)
        say('Laravel', `was told: ${told().join(', then ')}`)
      },
    },
    {
      title: 'A contact writes, Laravel answers',
      async run({ until }) {
        const { id } = await ana.say(SHOP.number, 'Do you have sourdough today?')
        say('contact', `Ana, end-to-end encrypted: "Do you have sourdough today?"`)
        const { body, headers } = await until('Laravel got the message', () => posted(id))
        check(body.body === 'Do you have sourdough today?', 'the text changed on its way')
        check(body.from === ANA.number, `it came from ${body.from}`)
        say(
          'Laravel',
          `got POST /messages from ${body.from}, webhook-id …${String(headers['webhook-id']).slice(-18)}`,
        )
        const sent = await send('Fresh at nine. Shall we keep one?')
        answerId = sent.id
        say('Laravel', `POST /send-message "Fresh at nine. Shall we keep one?" -> 200, sent in ${sent.ms} ms`)
        const { text } = await until('Ana decrypted the answer', () => decrypted(answerId))
        check(text === 'Fresh at nine. Shall we keep one?', `Ana read "${text}"`)
        say('contact', `Ana decrypted it under the very id of that answer, ${answerId}`)
      },
    },
    {
      title: 'Delivered, read',
      async run({ until }) {
        const reached = (wanted: string) => async () => {
          const { body } = await call<Message>('GET', `${path}/messages/${answerId}`)
          return body.status === wanted ? body.history.map(({ status }) => status) : undefined
        }
        await until('the message is delivered', reached('delivered'))
        ana.read(answerId)
        const history = await until('the message is read', reached('read'))
        check(history.includes('sent'), `its history is ${history}`)
        say('manager', `GET ${path}/messages/${answerId}: ${history.join(', ')}`)
      },
    },
    {
      title: 'The connection is cut',
      async run({ until }) {
        const seq = (await eventsAfter(0)).at(-1)?.seq ?? 0
        const cut = performance.now()
        await simulator.fault({ kind: 'reset' })
        say('WhatsApp', 'drops the connection (TCP reset)')
        const find = (type: string) => async () => (await eventsAfter(seq)).find(event => event.type === type)
        const { data } = await until('the manager noticed', find('socket.closed'))
        say('manager', `noted ${data.code}, ${data.reaction}: "${data.reason_text}"`)
        await until('the session is open again', find('socket.opened'))
        await until('the session is open again', openOrNot)
        noNewQr()
        check(told().length === 2, `Laravel was told ${told()}`)
        say(
          'manager',
          `open again after ${Math.round(performance.now() - cut)} ms; no QR, nothing for Laravel to do`,
        )
      },
    },
    {
      title: 'The manager is killed and started again',
      async run({ until }) {
        const { pid } = manager
        await manager.stop('SIGKILL')
        say('demo', `kill -9 ${pid}`)
        const { id } = await ana.say(SHOP.number, 'Yes please, one loaf!')
        say('contact', 'Ana, while nobody is there: "Yes please, one loaf!"')
        const begun = performance.now()
        await manager.start(Number(new URL(manager.url).port))
        await until('the session is open again', openOrNot)
        noNewQr()
        say(
          'manager',
          `(pid ${manager.pid}) started and open again in ${Math.round(performance.now() - begun)} ms; no QR was needed`,
        )
        const { body } = await until('Laravel got what was said meanwhile', () => posted(id))
        check(body.offline === true, 'the message is not marked as an offline one')
        say('Laravel', `got POST /messages "${body.body}", offline: ${body.offline}`)
        const { id: thanks } = await send('It is yours.')
        await until('Ana decrypted the answer', () => decrypted(thanks))
        const last = await ana.say(SHOP.number, 'See you!')
        await until('Laravel got the last message', () => posted(last.id))
        const ids = laravel.accepted('/messages').map(({ message_id }) => message_id)
        check(ids.length === 3 && new Set(ids).size === 3, `Laravel got ${ids.length} messages, not 3`)
        const { undecryptable } = simulator.ledger
        check(undecryptable.length === 0, `${undecryptable.length} messages could not be decrypted`)
        say('Laravel', 'answered, Ana decrypted it; her 3 messages arrived once each')
      },
    },
    {
      title: 'What the log remembers',
      async run() {
        const events = await eventsAfter(0)
        check(
          events.every(({ seq }, i) => seq === i + 1),
          'the log has a gap',
        )
        const scan = events.find(({ type }) => type === 'socket.paired')
        check(scan !== undefined, 'the log knows of no scan')
        const { body } = await call<{ state: string }>('GET', `${path}/at/${scan.seq - 1}`)
        check(body.state.startsWith('awaitingQr.'), `before the scan it was ${body.state}`)
        say(
          'manager',
          `${events.length} facts, none missing; just before the scan (fact ${scan.seq - 1}) it was ${body.state}`,
        )
        const { body: stats } = await call<{ sessions: Record<string, number> }>('GET', '/stats')
        check(
          stats.sessions.activeSessions === 1,
          `${stats.sessions.activeSessions} sessions are active, not 1`,
        )
        say('manager', `GET /stats ${JSON.stringify(stats.sessions)}`)
        const { unanswered, errors } = simulator.ledger
        check(unanswered.length === 0, `WhatsApp had no answer for ${JSON.stringify(unanswered[0])}`)
        check(errors.length === 0, `WhatsApp stumbled: ${errors[0]?.reason}`)
      },
    },
  ]
}
