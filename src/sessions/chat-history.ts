import type { Person } from '../messages/person.ts'
import type { ChatNames, History, LaravelWay, PastMessage } from '../ports/dashboard/history.ts'
import { DEAD_KEPT_MS } from '../ports/delivery-table.ts'
import type { LaravelCause } from '../ports/laravel.ts'
import type { MessageRow } from '../ports/message-table.ts'
import type { Store } from '../ports/store.ts'
import { readOfLife } from './known-session.ts'
import { messageWebhookId } from './receiving/message-delivery.ts'
import { type Sender, sentAsMessage } from './sent-as-message.ts'
import { sessionViewOf } from './session-view.ts'

/** What is known of Laravel beside what the store has. */
export interface KnownOfLaravel {
  now(): number
  /** When Laravel took the delivery of a webhook id, in ms; null: not known. */
  takenAt(webhookId: string): number | null
  /** What a stored error of a message's delivery says of Laravel. */
  causeOf(error: string): LaravelCause | null
}

type KnownDelivery = Awaited<ReturnType<Store['chats']['deliveriesOf']>>[number]

/** In so many of a chat's newest messages its name is looked for. */
const NAMED_IN = 8

/** The chats of a session with what is known of whom they are with, and each message with its way. */
export function createChatHistory(
  store: Pick<Store, 'sessions' | 'messages' | 'chats' | 'people'>,
  laravel: KnownOfLaravel,
): Pick<History, 'chats' | 'chat'> {
  const { messages, people, chats } = store

  async function withWay(streamId: string, rows: MessageRow[], sender: Sender): Promise<PastMessage[]> {
    const received = rows.filter(({ direction }) => direction === 'in').map(({ seq }) => seq)
    const waiting = new Map((await chats.deliveriesOf(streamId, received)).map(one => [one.seq, one]))
    return rows.map(row => {
      const { seq, direction, at, content, status, error, attempts, history } = row
      const message = 'to' in content ? sentAsMessage(row, content, sender) : content
      const way = direction === 'in' ? (pendingWay(waiting.get(seq)) ?? pastWay(streamId, row)) : null
      return { seq, direction, at, message, status, error, attempts, history, laravel: way }
    })
  }

  function pendingWay(delivery: KnownDelivery | undefined): LaravelWay | null {
    if (delivery === undefined) return null
    const { attempts, nextAt, error, isDead } = delivery
    const cause = error === null ? null : laravel.causeOf(error)
    return isDead
      ? { state: 'dead', attempts, error, cause }
      : { state: 'waiting', attempts, nextAt, error, cause }
  }

  /** A delivery that is done leaves no row, and one that was given up leaves none after a while: a younger message was taken. */
  function pastWay(streamId: string, { seq, at: storedAt, history }: MessageRow): LaravelWay | null {
    const at = laravel.takenAt(messageWebhookId(streamId, seq))
    const forLaravel = history[0]?.forLaravel
    if (at !== null || (forLaravel && storedAt > laravel.now() - DEAD_KEPT_MS)) return { state: 'taken', at }
    return forLaravel === false ? null : { state: 'settled' }
  }

  const namesIn = (person: Person | null, chatId: string) => person?.names ?? [chatId]

  return {
    chats: (sessionId, { before, limit }) =>
      readOfLife(store, sessionId, async session => {
        const { streamId } = session
        const page = await chats.newest(streamId, before, limit)
        // What came since the first page was read is no part of it.
        const until = before === null && page.chats[0] ? page.chats[0].seq + 1 : null
        const overview = async ({ chatId, seq }: { chatId: string; seq: number }) => {
          const person = await people.stored.find(streamId, chatId)
          const rows = await messages.inChat(streamId, namesIn(person, chatId), until, NAMED_IN)
          // A person's older chat, under another name, is part of the newer one.
          if (rows[0]?.seq !== seq) return []
          const [newest] = await withWay(streamId, rows.slice(0, 1), sessionViewOf(session))
          return [{ ...namesOf(person, chatId, rows), newest: newest! }]
        }
        const found = await Promise.all(page.chats.map(overview))
        return { chats: found.flat(), next: page.next }
      }),

    chat: (sessionId, asked, { before, limit }) =>
      readOfLife(store, sessionId, async session => {
        const { streamId } = session
        const person = await people.stored.find(streamId, asked)
        const rows = await messages.inChat(streamId, namesIn(person, asked), before, limit)
        return {
          chat: namesOf(person, asked, rows),
          messages: await withWay(streamId, rows, sessionViewOf(session)),
          next: rows.length === limit ? (rows.at(-1)?.seq ?? null) : null,
        }
      }),
  }
}

/** How a chat is called, from the newest of what was said in it. */
export async function chatNames(
  { people, messages }: Pick<Store, 'people' | 'messages'>,
  streamId: string,
  chatId: string,
): Promise<ChatNames> {
  const person = await people.stored.find(streamId, chatId)
  return namesOf(person, chatId, await messages.inChat(streamId, person?.names ?? [chatId], null, NAMED_IN))
}

/** `rows` are of the chat, newest first. */
function namesOf(person: Person | null, chatId: string, rows: MessageRow[]): ChatNames {
  const isGroup = chatId.endsWith('@g.us')
  const said = rows.flatMap(({ content }) => {
    if ('to' in content) return []
    const name = isGroup ? content.subject : content.from_me ? null : content.push_name
    return name ? [name] : []
  })
  const number = person?.number ?? chatId
  return {
    chatId: person?.chatId ?? chatId,
    isGroup,
    name: said[0] ?? null,
    phone: /^(\d+)@s\.whatsapp\.net$/.exec(number)?.[1] ?? null,
    username: person?.username ?? null,
  }
}
