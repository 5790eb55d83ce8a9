import { z } from 'zod'
import type { ActiveAnswer } from '../ports/laravel.ts'
import type { HttpResult } from './exchange.ts'

/** What Laravel says of a session. */
export const activeAnswer = z.object({ estado_qr: z.enum(['active', 'pending', 'connecting', 'inactive']) })

/** So many sessions cannot all have been forgotten: the address is wrong. */
const WRONG_ADDRESS_AFTER = 10

/**
 * Reads answers to `GET /whatsapp/status/{id}`. It remembers one thing: 404 for ten different sessions with no understood 200
 * between them means that LARAVEL_URL is wrong, and no session is given up for that.
 */
export function createActiveAnswerReader() {
  const notFound = new Set<string>()
  const wrongAddress = () => notFound.size >= WRONG_ADDRESS_AFTER

  function read(sessionId: string, result: HttpResult): ActiveAnswer {
    if (result.status === null) return unknown(result.failure)
    if (result.status === 404) {
      if (!wrongAddress()) notFound.add(sessionId)
      return wrongAddress() ? unknown('wrong_address') : { said: 'missing', why: null }
    }
    if (result.status !== 200) return unknown(whyOf(result.status))
    const body = activeAnswer.safeParse(parseJson(result.body))
    if (!body.success) return unknown('bad_body')
    notFound.clear()
    return { said: body.data.estado_qr === 'inactive' ? 'inactive' : 'active', why: null }
  }

  return { read, wrongAddress }
}

function unknown(why: string): ActiveAnswer {
  return { said: 'unknown', why }
}

function whyOf(status: number): string {
  if (status >= 300 && status < 400) return 'redirect'
  if (status === 401 || status === 403) return 'unauthorized'
  if (status === 429) return 'throttled'
  return `http_${status}`
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
