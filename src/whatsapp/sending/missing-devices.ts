import { createHash } from 'node:crypto'
import { type FullJid, jidDecode, type WASocket } from '@whiskeysockets/baileys'
import { lidOf } from '../jid.ts'

/** Chats for which a hash that is not ours was looked into in vain, at most. */
const MAX_CHECKED = 1000

export type DeviceSocket = Pick<WASocket, 'getUSyncDevices' | 'authState'>
export interface DeviceCache {
  get(user: string): unknown
  del(user: string): unknown
}

/** The devices, ours among them, for which a message was encrypted; null if that is not known. */
export type SentTo = FullJid[] | null

/** Finds the devices that a direct message did not reach, because our list of them is old. */
export class MissingDevices {
  readonly #socket: DeviceSocket
  readonly #cache: DeviceCache
  /** By chat, what WhatsApp said when none was missing. */
  readonly #checked = new Map<string, string>()

  constructor(socket: DeviceSocket, cache: DeviceCache) {
    this.#socket = socket
    this.#cache = cache
  }

  /** For whom Baileys encrypted what it has just written to `to`, a jid without a device. */
  async sentTo(to: string): Promise<SentTo> {
    const lists = await Promise.all(this.#usersOf(to).map(user => this.#cache.get(user)))
    return lists.every(Array.isArray) ? (lists as FullJid[][]).flat().filter(one => !this.#isThis(one)) : null
  }

  /**
   * The jids of devices that WhatsApp knows and that are not in `sentTo`; `phash` is what the ack says. None if the hash is that of
   * `sentTo`; else the lists are asked for anew, and later messages go by them.
   */
  async find(to: string, phash: string, sentTo: SentTo): Promise<string[]> {
    if ((sentTo && phash === hashOf(sentTo)) || this.#checked.get(to) === phash) return []
    const [own] = this.#usersOf(to)
    for (const user of this.#usersOf(to)) await this.#cache.del(user)
    const ownJid = `${own}@${to.split('@')[1]}`
    const known = await this.#socket.getUSyncDevices([ownJid, to], false, false)
    if (sentTo === null) return []
    const reached = new Set(sentTo.map(nameOf))
    const missing = known.filter(one => !reached.has(nameOf(one)) && !this.#isThis(one)).map(({ jid }) => jid)
    if (missing.length === 0) this.#note(to, phash)
    return missing
  }

  #usersOf(to: string): string[] {
    const { me } = this.#socket.authState.creds
    const users = [lidOf(to) ? me?.lid : me?.id, to].map(jid => jidDecode(jid ?? undefined)?.user ?? '')
    return [...new Set(users)]
  }

  #isThis({ user, device }: Pick<FullJid, 'user' | 'device'>): boolean {
    const { me } = this.#socket.authState.creds
    const own = jidDecode(me?.id)
    return (user === own?.user || user === jidDecode(me?.lid)?.user) && (device ?? 0) === (own?.device ?? 0)
  }

  #note(to: string, phash: string): void {
    this.#checked.set(to, phash)
    if (this.#checked.size > MAX_CHECKED) this.#checked.delete(this.#checked.keys().next().value!)
  }
}

const nameOf = ({ user, device }: Pick<FullJid, 'user' | 'device'>) => `${user}:${device ?? 0}`

/** WhatsApp's hash of a list of devices (whatsmeow, `participantListHashV2`). */
function hashOf(devices: FullJid[]): string {
  const names = devices.map(({ user, device, server }) => `${user}.0:${device ?? 0}@${server}`).sort()
  const hash = createHash('sha256').update(names.join('')).digest()
  return `2:${hash.subarray(0, 6).toString('base64')}`
}
