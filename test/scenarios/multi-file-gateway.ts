import { useMultiFileAuthState, WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { type Commands, offer } from '../../harness/rpc.ts'
import { silenceConsole } from '../../patches/libsignal-console.ts'
import { Client } from '../simulator/baileys-client.ts'

/** A gateway as many are: the unmodified Baileys over a folder of `useMultiFileAuthState`, in a process that mends no library. */

silenceConsole()

const AGAIN = 515
let client: Client
let saving: Promise<void> = Promise.resolve()

const commands = {
  /** Opens a socket on a folder; resolves with the QR that it offers. */
  async link(folder: string, url: string, rootKey: string): Promise<string> {
    WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(rootKey, 'hex')
    const { state, saveCreds } = await useMultiFileAuthState(folder)
    client = new Client(url, state)
    const connect = () => {
      client.connect()
      client.socket!.ev.on('creds.update', () => {
        saving = saving.then(saveCreds)
      })
    }
    connect()
    void client.closed(60_000).then(code => {
      if (code === AGAIN) connect()
    })
    return client.qr()
  },

  opened: (): Promise<true> => client.open(30_000),

  async heard(text: string): Promise<void> {
    await client.upsert(text, 30_000)
  },

  async say(to: string, text: string): Promise<string> {
    const sent = await client.socket!.sendMessage(to, { text })
    return sent?.key.id ?? ''
  },

  /** Goes away as a process that is stopped does: what it wrote is in its files. */
  async leave(): Promise<void> {
    await client.end()
    await saving
  },
} satisfies Commands

export type MultiFileGateway = typeof commands

offer(commands)
process.on('SIGTERM', () => process.exit(0))
