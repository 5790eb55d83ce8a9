import { S_WHATSAPP_NET, type WASocket } from '@whiskeysockets/baileys'
import type { Clock } from '../../base/clock.ts'

const ANSWER_MS = 2000

/**
 * Asks WhatsApp to unlink this device. Resolves with true after any answer, and after 2 s without one: the bytes were written
 * then. Resolves with false when the connection was gone before.
 */
export async function unlinkDevice(
  socket: Pick<WASocket, 'sendNode' | 'waitForMessage' | 'generateMessageTag' | 'user'>,
  clock: Clock,
): Promise<boolean> {
  const jid = socket.user?.id
  if (!jid) return true
  const id = socket.generateMessageTag()
  const answered = socket.waitForMessage(id).then(
    () => true,
    () => false,
  )
  try {
    await socket.sendNode({
      tag: 'iq',
      attrs: { to: S_WHATSAPP_NET, type: 'set', id, xmlns: 'md' },
      content: [{ tag: 'remove-companion-device', attrs: { jid, reason: 'user_initiated' } }],
    })
  } catch {
    return false
  }
  const timeout = Promise.withResolvers<boolean>()
  const timer = clock.setTimeout(() => timeout.resolve(true), ANSWER_MS)
  const confirmed = await Promise.race([answered, timeout.promise])
  clock.clearTimeout(timer)
  return confirmed
}
