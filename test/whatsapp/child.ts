import { createInterface } from 'node:readline'
import { pino } from 'pino'
import { openStore } from '../../src/store/sqlite.ts'
import { createQrVault } from '../../src/whatsapp/qr-vault.ts'
import { createWhatsApp } from '../../src/whatsapp/whatsapp.ts'
import { Owner, systemClock } from './world.ts'

/** A process with one session on the given store, to be killed. `forgetful` takes messages and never stores them. */
const [dataDir = '', url = '', rootKey = '', sessionId = '', mode = 'forgetful'] = process.argv.slice(2)
const tell = (line: string) => process.stdout.write(`${line}\n`)
const store = await openStore({ dataDir })
const whatsApp = createWhatsApp({
  store,
  vault: createQrVault(systemClock),
  config: { url, rootKey, inboundFromMe: false, inboundIgnore: [] },
  logger: pino({ level: 'silent' }),
  clock: systemClock,
})
const owner = new Owner({ store, whatsApp }, sessionId)
owner.refuse = heard => {
  if ('type' in heard) tell(heard.type)
  else {
    for (const { message } of heard) tell(`received ${message.message_id}`)
    if (mode === 'forgetful') throw new Error('not stored')
  }
}
await owner.received(await whatsApp.recover(owner.streamId)).catch(() => {})
owner.open()
// Nobody may be left behind when the test dies.
createInterface({ input: process.stdin }).on('close', () => process.exit(1))
