import { GatewayError } from '../../src/base/errors.ts'
import type { History } from '../../src/ports/dashboard/history.ts'
import { NOW } from '../http/fakes.ts'

const fact = {
  ...{ seq: 1, at: NOW, type: 'session.created', data: { sessionId: 's1', userId: 7 } },
  ...{ from: null, state: 'starting.connecting' },
}

function known(sessionId: string): void {
  if (sessionId !== 's1') throw new GatewayError('SESSION_NOT_FOUND', 'There is no such session.')
}

/** One session, `s1`, of which one fact is known. */
export const fakeHistory: History = {
  async facts(sessionId) {
    known(sessionId)
    return { facts: [fact], names: new Map(), next: null, lastSeq: 1 }
  },
  async since(sessionId) {
    known(sessionId)
    return { facts: [], names: new Map(), next: null }
  },
  async moment(sessionId) {
    known(sessionId)
    const neighbours = { previous: null, next: null }
    return { asked: 1, lastSeq: 1, fact, context: {}, contextBefore: null, can: [], ...neighbours }
  },
  async chats(sessionId) {
    known(sessionId)
    return { chats: [], next: null }
  },
  async chat(sessionId, chatId) {
    known(sessionId)
    const chat = { chatId, isGroup: false, name: null, phone: null, username: null }
    return { chat, messages: [], next: null }
  },
}
