import { Agent as HttpsAgent } from 'node:https'
import { downloadMediaMessage, type UserFacingSocketConfig, type WAMessage } from '@whiskeysockets/baileys'
import { Agent, buildConnector, type Dispatcher } from 'undici'
import { onTestFinished } from 'vitest'
import type { Client } from './baileys-client.ts'

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

/** A dispatcher that dials the simulated host whatever name is asked: where a message has no host, Baileys takes mmg.whatsapp.net. */
export function redirecting({ ca, host }: { ca: string; host: string }): Dispatcher {
  const dial = buildConnector({ ca })
  const { hostname, port } = new URL(`https://${host}`)
  const dispatcher = new Agent({
    connect: (asked, done) => dial({ ...asked, hostname, port, servername: asked.hostname }, done),
  })
  onTestFinished(() => dispatcher.destroy())
  return dispatcher
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
