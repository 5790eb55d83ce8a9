/** A WhatsApp address in parts; `server` is normalised (`c.us` and hosted accounts become the ordinary servers). */
export interface Jid {
  user: string
  /** 0 is the phone itself. */
  device: number
  server: string
}

const SERVERS: Record<string, string> = {
  'c.us': 's.whatsapp.net',
  hosted: 's.whatsapp.net',
  'hosted.lid': 'lid',
}

/** `user[_agent][:device]@server` in parts, or null when it is no address. */
export function parseJid(jid: string | null | undefined): Jid | null {
  if (!jid) return null
  const at = jid.indexOf('@')
  if (at < 0 || at === jid.length - 1) return null
  const server = jid.slice(at + 1)
  // Without splitting: most have neither agent nor device, and each message asks for many.
  const colon = jid.indexOf(':')
  const named = colon < 0 || colon > at ? at : colon
  const agent = jid.indexOf('_')
  const user = jid.slice(0, agent < 0 || agent > named ? named : agent)
  const device = named === at ? '0' : jid.slice(named + 1, at).split(':', 1)[0]!
  if (user === '' || !/^\d+$/.test(device)) return null
  return { user, device: Number(device), server: SERVERS[server] ?? server }
}

/** The address of the account rather than of one of its devices, or null when it is no address. */
export function accountJid(jid: string | null | undefined): string | null {
  const parts = parseJid(jid)
  return parts && `${parts.user}@${parts.server}`
}

/** The digits of a phone-number address, or null for every other kind. */
export function digitsOf(jid: string | null | undefined): string | null {
  const parts = parseJid(jid)
  return parts?.server === 's.whatsapp.net' && /^\d+$/.test(parts.user) ? parts.user : null
}

/** The `…@lid` address without device, or null for every other kind. */
export function lidOf(jid: string | null | undefined): string | null {
  const parts = parseJid(jid)
  return parts?.server === 'lid' ? `${parts.user}@lid` : null
}

/** Whether an address, of the account or of one of its devices, is one of our own names; `me` is what the credentials say. */
export function isOwn(
  me: { id: string; lid?: string | undefined } | undefined,
  jid: string | null | undefined,
): boolean {
  const account = accountJid(jid)
  return account !== null && (account === accountJid(me?.id) || account === accountJid(me?.lid))
}

export const isGroup = (jid: string) => jid.endsWith('@g.us')
export const isStatus = (jid: string) => jid === 'status@broadcast'
export const isBroadcast = (jid: string) => jid.endsWith('@broadcast')
export const isNewsletter = (jid: string) => jid.endsWith('@newsletter')
