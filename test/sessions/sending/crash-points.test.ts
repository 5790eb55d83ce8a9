import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import { picture, text } from '../fakes.ts'
import { opened, World } from '../world.ts'
import { ANA, EVA } from './sending.ts'

const GROUP = '120363000000000001@g.us'

/** What callers send, each with a key of its own, in several chats at once; `about` names an earlier one. */
const STORY: { content: SendContent; about?: number }[] = [
  { content: text(ANA, 'a1') },
  { content: picture(ANA, 'a2') },
  { content: text(EVA, 'e1') },
  { content: { ...text(ANA, 'g1'), to: GROUP } },
  { content: text(ANA, 'a3') },
  { content: { type: 'edit', to: text(ANA).to, body: 'a1, corrected', reply_to: '' }, about: 0 },
  { content: picture(EVA, 'e2') },
  { content: { type: 'reaction', to: text(ANA).to, body: '👍', reply_to: '' }, about: 4 },
  { content: { type: 'delete', to: text(ANA).to, reply_to: '' }, about: 0 },
  { content: { ...picture(ANA, 'g2'), to: GROUP } },
]
const wordsOf = (content: SendContent) =>
  'caption' in content ? content.caption : 'body' in content ? content.body : content.type

/** What the contacts see: each message once, in the order in which it came first. */
class Contacts {
  readonly chats = new Map<string, { id: string; words: unknown }[]>()

  get(id: string, content: SendContent): void {
    const chat = this.chats.get(content.to) ?? []
    this.chats.set(content.to, chat)
    if (!chat.some(one => one.id === id)) chat.push({ id, words: wordsOf(content) })
  }

  get view() {
    return Object.fromEntries([...this.chats].map(([to, seen]) => [to, seen.map(({ words }) => words)]))
  }
}

const WANTED = Object.fromEntries(
  [...new Set(STORY.map(({ content }) => content.to))].map(to => [
    to,
    STORY.filter(({ content }) => content.to === to).map(({ content }) => wordsOf(content)),
  ]),
)

interface Plan {
  /** The process is killed when it hands over this write of the story. */
  at: number
  /** Whether what the socket had in hand then still reaches WhatsApp. */
  leaves: boolean
  /** Whether WhatsApp's acks reach the process before it is killed. */
  acks: boolean
}

/** Tells the story with one crash in it; resolves with what the contacts got and how many writes there were. */
async function tell({ at, leaves, acks }: Plan) {
  const world = await World.start()
  const contacts = new Contacts()
  let lives = 1
  let killed = false
  let writes = 0
  const listen = ({ whatsapp }: World) => {
    const life = lives
    whatsapp.onOpen = socket => {
      socket.onSend = async id => {
        const dead = life < lives || killed
        if (!dead || leaves) contacts.get(id, socket.sent.findLast(one => one.messageId === id)!.content)
        if (dead || (life === 1 && !acks)) return
        queueMicrotask(() => socket.owner.updated({ messageId: id, status: 'sent', at: world.clock.now() }))
      }
    }
  }
  listen(world)
  await world.linked()
  const answers: (string | null)[] = STORY.map(() => null)
  const ask = async (n: number) => {
    const { content, about } = STORY[n]!
    const target = about === undefined ? content : { ...content, reply_to: answers[about]! }
    const sending = world.commands.send('s1', target as SendContent, world.clock.now() + 1, `key ${n}`)
    sending.then(
      ({ messageId }) => {
        answers[n] = messageId
      },
      () => {},
    )
    await world.settle()
    if (!killed) await world.wait(1)
  }
  world.disk.onWrite = () => {
    if (++writes !== at) return
    killed = true
    world.kill()
  }
  for (const n of STORY.keys()) if (!killed) await ask(n)
  await world.settle()
  world.disk.onWrite = () => {}
  const count = writes
  if (!killed) world.kill()
  lives = 2
  killed = false
  await world.boot(listen)
  if (world.state() === 'reconnecting.waiting') await world.waitForRetry()
  world.whatsapp.socketOf('s1').report(opened)
  await world.settle()
  // Whoever got no answer asks again with the same key, as a queue of Laravel's does.
  for (const n of STORY.keys()) if (answers[n] === null) await ask(n)
  await world.wait(1000)
  const waits = world.stored.messages.unsent(world.entry().actor.streamId)
  const statuses = answers.map(
    id => id && world.stored.messages.find(world.entry().actor.streamId, id, 'out')?.status,
  )
  await world.end()
  return { view: contacts.view, count, waits, statuses }
}

describe('A process that is killed at any of its writes', () => {
  it.each([
    { leaves: true, acks: true },
    { leaves: true, acks: false },
    { leaves: false, acks: true },
    { leaves: false, acks: false },
  ])('sends each message once and in order (%o)', { timeout: 120_000 }, async how => {
    const { count } = await tell({ at: Number.POSITIVE_INFINITY, ...how })
    expect(count).toBeGreaterThan(3 * STORY.length)
    for (let at = 1; at <= count; at++) {
      const { view, waits, statuses } = await tell({ at, ...how })
      expect({ at, view, waits }).toEqual({ at, view: WANTED, waits: [] })
      expect(statuses, `${at}`).toEqual(STORY.map(() => 'sent'))
    }
  })
})
