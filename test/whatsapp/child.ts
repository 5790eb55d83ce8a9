import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { openSqliteStore } from '../../src/store/sqlite.ts'
import { createPasskeyVault } from '../../src/whatsapp/linking/passkey/passkey-vault.ts'
import { createQrVault } from '../../src/whatsapp/linking/qr-vault.ts'
import { createWhatsApp } from '../../src/whatsapp/whatsapp.ts'
import { Owner, systemClock } from './world.ts'

/** A process with one session on the given store, to be killed. `forgetful` takes messages and never stores them. */
const [dataDir = '', url = '', rootKey = '', sessionId = '', mode = 'forgetful', group = ''] =
  process.argv.slice(2)
const tell = (line: string) => process.stdout.write(`${line}\n`)
const store = await openSqliteStore({ dataDir })
const whatsApp = createWhatsApp({
  store,
  vault: createQrVault(systemClock),
  passkeys: createPasskeyVault(systemClock, randomBytes(32)),
  config: { url, rootKey, inboundFromMe: false, inboundIgnore: [] },
  logger: pino({ level: 'silent' }),
  clock: systemClock,
})
const owner = new Owner({ store, whatsApp }, sessionId)
/** Says something in the group as soon as the last was said, if it lives that long. */
async function talk(): Promise<void> {
  for (let left = 15; left > 0; left--) {
    const id = whatsApp.newMessageId()
    await owner.socket!.send(id, { type: 'text', to: group, body: `own ${id}`, reply_to: null })
    tell(`sent ${id}`)
  }
}
owner.refuse = heard => {
  if ('type' in heard) {
    tell(heard.type)
    if (heard.type === 'socket.opened' && group) void talk()
  } else {
    for (const { message } of heard) tell(`received ${message.message_id}`)
    if (mode === 'forgetful') throw new Error('not stored')
  }
}
await owner.received(await whatsApp.recover(owner.streamId)).catch(() => {})
owner.open()
// Nobody may be left behind when the test dies.
createInterface({ input: process.stdin }).on('close', () => process.exit(1))
