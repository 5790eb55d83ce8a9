import type { World } from '../world.ts'
import type { ContactState, InboxMessage } from './contact-state.ts'

/** Resolves with the next inbox message that no earlier call returned; rejects after `timeoutMs`. */
export function nextMessage(
  { events }: World,
  contact: ContactState,
  timeoutMs: number,
): Promise<InboxMessage> {
  const { account, inbox } = contact
  const wanted = contact.returned++
  const there = inbox[wanted]
  if (there) return Promise.resolve(there)
  return new Promise((resolve, reject) => {
    const look = () => {
      const message = inbox[wanted]
      if (!message) return
      clearTimeout(timer)
      events.off('message', look)
      resolve(message)
    }
    const timer = setTimeout(() => {
      events.off('message', look)
      reject(new Error(`${account.pn} got no message within ${timeoutMs} ms`))
    }, timeoutMs)
    events.on('message', look)
  })
}
