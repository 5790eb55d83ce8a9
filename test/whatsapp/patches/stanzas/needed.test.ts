import { expect, it, vi } from 'vitest'
import { silenceConsole } from '../../../simulator/silence-console.ts'
import { startSimulator } from '../../../simulator/start-simulator.ts'
import { WAIT } from '../../world.ts'
import { nextId, stanza, unreadable } from './stanzas.ts'

silenceConsole()

const SHOP = '34600000001'
const ANA = '34611000001'

/** Baileys as it is: what of WhatsApp's stanzas it answers wrongly, or not at all. When one of these fails its patch can go. */
async function linked() {
  const { simulator, linked: link } = await startSimulator()
  const { one, device } = await link(SHOP, { shouldIgnoreJid: jid => jid === 'status@broadcast' })
  const wrong = (why: RegExp) =>
    vi.waitFor(() => expect(simulator.ledger.wrong.map(line => line.why).join()).toMatch(why), WAIT)
  return { simulator, one, device, wrong, ana: simulator.contact(ANA) }
}

it('an ignored status is answered with error 500: ignored-chats.ts', async () => {
  const { ana, wrong } = await linked()
  await ana.say(SHOP, 'my day', { status: true })
  await wrong(/message: error="500"/)
})

it('a <status> is not answered: status-acks.ts', async () => {
  const { simulator, one, device, ana } = await linked()
  const id = nextId()
  simulator.push(SHOP, stanza('status', { from: '1@newsletter', id, type: 'text' }))
  await ana.say(SHOP, 'after it')
  await one.upsert('after it')
  expect([...device.mailbox.stanzas()].map(kept => kept.id)).toContain(id)
})

it('a message from an own device gets a receipt without an address: own-messages.ts', async () => {
  const { simulator, wrong } = await linked()
  await simulator.phone(SHOP).contact.say(ANA, 'typed on the phone', { anonymous: true })
  await wrong(/message: to="undefined"/)
})

it('a stub of what may be seen once is answered with a receipt: view-once-acks.ts', async () => {
  const { ana, wrong } = await linked()
  await ana.say(SHOP, 'seen once', { unavailable: 'view_once' })
  await wrong(/message: a receipt, where an ack is due/)
})

it('what cannot be decrypted is asked for again, and refused with error 500: undecryptable-acks.ts', async () => {
  const { simulator, wrong } = await linked()
  simulator.push(SHOP, unreadable(`${ANA}@s.whatsapp.net`))
  await wrong(/message: error="500"/)
})
