import type { BinaryNode } from '@whiskeysockets/baileys'

/** The event of Baileys' WebSocket for what a newsletter announces, posts among it. */
export const NEWSLETTER_NOTIFICATION = 'CB:notification,type:newsletter'

/**
 * The posts that a newsletter's notification tells of, each as the stanza of a message, with the names that Baileys gives it
 * (`handleNewsletterNotification` in messages-recv.js).
 */
export function postsIn({ attrs: { from, offline }, content }: BinaryNode): BinaryNode[] {
  if (!Array.isArray(content)) return []
  return content
    .filter(({ tag }) => tag === 'message')
    .map(({ attrs: { message_id, server_id, t }, content: parts }) => {
      const names = { from, id: message_id || server_id, server_id, t, offline }
      const given = Object.entries(names).filter((one): one is [string, string] => one[1] !== undefined)
      return { tag: 'message', attrs: Object.fromEntries(given), content: parts }
    })
}
