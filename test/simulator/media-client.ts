import { Agent as HttpsAgent } from 'node:https'
import { downloadMediaMessage, type UserFacingSocketConfig, type WAMessage } from '@whiskeysockets/baileys'
import { Agent } from 'undici'
import { onTestFinished } from 'vitest'
import type { Client } from './baileys.ts'

/** What a Baileys client sets to use the simulated media host: an agent for uploads, a dispatcher for downloads. */
export function trusting({ ca }: { ca: string }) {
  const dispatcher = new Agent({ connect: { ca } })
  const fetchAgent = new HttpsAgent({ ca })
  onTestFinished(async () => {
    fetchAgent.destroy()
    await dispatcher.destroy()
  })
  const options = { dispatcher } as NonNullable<UserFacingSocketConfig['options']>
  return { config: { fetchAgent, options }, options }
}

export type Trust = ReturnType<typeof trusting>

/** The upsert with that id. */
export async function messageOf(one: Client, id: string): Promise<WAMessage> {
  const found = await one.until(
    () => one.upserts.find(({ message }) => message.key.id === id && message.message),
    `message ${id}`,
  )
  return found.message
}

/** The file of a message, as Baileys downloads it. */
export function downloaded(message: WAMessage, { options }: Trust): Promise<Buffer> {
  return downloadMediaMessage(message, 'buffer', { options })
}
