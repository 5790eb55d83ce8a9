import { writeFile } from 'node:fs/promises'
import { parseArgs } from 'node:util'
import { silenceConsole } from '../patches/libsignal-console.ts'
import { listenAdmin } from './admin/server.ts'
import { Simulator } from './simulator.ts'

silenceConsole()

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '0' },
    'admin-port': { type: 'string', default: '0' },
    'media-port': { type: 'string', default: '0' },
    /** Write the PEM of the media host's authority to this file, for NODE_EXTRA_CA_CERTS. */
    'media-ca': { type: 'string' },
    'pre-keys': { type: 'string', default: '100' },
    'qr-refs': { type: 'string', default: '6' },
    'receipt-delay': { type: 'string', default: '25' },
    seed: { type: 'string' },
    /** Print one line of JSON instead of text. */
    json: { type: 'boolean', default: false },
    /** End when the parent disconnects its IPC channel or, without one, when standard input ends. */
    'die-with-parent': { type: 'boolean', default: false },
  },
})

function number(
  name: 'port' | 'admin-port' | 'media-port' | 'pre-keys' | 'qr-refs' | 'receipt-delay',
): number {
  const value = Number(values[name])
  if (Number.isInteger(value) && value >= 0) return value
  process.stderr.write(`--${name} is not a number: ${values[name]}\n`)
  process.exit(2)
}

const simulator = new Simulator({
  preKeysOnServer: number('pre-keys'),
  qrRefs: number('qr-refs'),
  receiptDelayMs: number('receipt-delay'),
  ...(values.seed !== undefined && { seed: values.seed }),
})
const address = await simulator.listen({ port: number('port'), mediaPort: number('media-port') })
if (values['media-ca']) await writeFile(values['media-ca'], address.mediaCa)
const admin = await listenAdmin(simulator, address, number('admin-port'))

const stop = async () => {
  admin.close()
  await simulator.close()
  process.exit(0)
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
if (values['die-with-parent']) {
  if (process.connected) process.once('disconnect', stop)
  else process.stdin.resume().once('end', stop)
}

const lines = [
  `WHATSAPP_URL=${address.url}`,
  `WHATSAPP_ROOT_KEY=${address.rootKey}`,
  `admin API         ${admin.url}`,
  `media host        https://${address.mediaHost}`,
]
const text = values.json ? JSON.stringify({ ...address, admin: admin.url }) : lines.join('\n')
process.stdout.write(`${text}\n`)
