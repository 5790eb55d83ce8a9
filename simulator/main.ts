import { writeFile } from 'node:fs/promises'
import { command } from '../command-line/command.ts'
import { optionsOf } from '../command-line/command-line.ts'
import { flag, text, wholeNumber } from '../command-line/options.ts'
import { silenceConsole } from '../patches/libsignal-console.ts'
import { listenAdmin } from './admin/server.ts'
import { Simulator } from './simulator.ts'

const port = (help: string) => wholeNumber(help, { default: 0, least: 0, most: 65_535 })

const values = optionsOf(
  command({
    run: 'npm run simulator',
    does: 'A WhatsApp server with its phones and contacts, on 127.0.0.1 and without the internet. It prints WHATSAPP_URL and WHATSAPP_ROOT_KEY for the manager.',
    options: {
      port: port('of WhatsApp; 0 takes a free one'),
      'admin-port': port('of the admin API, which phones and contacts are moved by'),
      'media-port': port('of the media host'),
      'media-ca': text('FILE', 'where the PEM of its authority is written, for NODE_EXTRA_CA_CERTS'),
      'pre-keys': wholeNumber('pre-keys the server says it has for a new device', { default: 100, least: 0 }),
      'qr-refs': wholeNumber('QR references for each registering socket', { default: 6, least: 0 }),
      'receipt-delay': wholeNumber('how long contacts wait before each receipt', {
        ...{ default: 25, least: 0, unit: 'ms' },
      }),
      seed: text('TEXT', 'the same LIDs for the same numbers in every run, and the same choices of faults'),
      json: flag('one line of JSON instead of text'),
      'die-with-parent': flag(
        'ends when the parent disconnects its IPC channel or, without one, when standard input ends',
      ),
    },
    examples: [
      ['--admin-port 3001', 'for a manager that is tried by hand'],
      ['--media-ca ca.pem', 'with files: start the manager with NODE_EXTRA_CA_CERTS=ca.pem'],
    ],
    notes: 'What it answers to, and its faults: simulator/README.md.',
  }),
)
silenceConsole()

const simulator = new Simulator({
  preKeysOnServer: values['pre-keys'],
  qrRefs: values['qr-refs'],
  receiptDelayMs: values['receipt-delay'],
  ...(values.seed !== undefined && { seed: values.seed }),
})
const address = await simulator.listen({ port: values.port, mediaPort: values['media-port'] })
if (values['media-ca']) await writeFile(values['media-ca'], address.mediaCa)
const admin = await listenAdmin(simulator, address, values['admin-port'])

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
const told = values.json ? JSON.stringify({ ...address, admin: admin.url }) : lines.join('\n')
process.stdout.write(`${told}\n`)
