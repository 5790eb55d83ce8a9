import { z } from 'zod'
import type { ActiveAnswer } from '../../ports/laravel.ts'
import { type HttpAnswer, type HttpResult, parseJson } from '../exchange.ts'
import { type Finding, finding, findingOf } from './finding.ts'
import { isPage, missingOf } from './not-found.ts'

/** What Laravel says of a session. */
export const activeAnswer = z.object({ estado_qr: z.enum(['active', 'pending', 'connecting', 'inactive']) })

/** So many sessions cannot all have been forgotten: the address is wrong. */
const WRONG_ADDRESS_AFTER = 10

/** An answer as it was read; `finding`: why it is unknown, unless nobody waited for it. */
export interface ReadAnswer {
  said: ActiveAnswer['said']
  finding: Finding | null
}

/**
 * Reads answers to `GET /whatsapp/status/{id}`. It remembers one thing: 404 for ten different sessions with no understood 200
 * between them means that LARAVEL_URL is wrong, and no session is given up for that.
 */
export function createActiveAnswerReader() {
  const notFound = new Set<string>()
  const wrongAddress = () => notFound.size >= WRONG_ADDRESS_AFTER

  /** `hasRoute` asks Laravel whether it has the route at all, which two of its versions do not say in a 404. */
  async function read(
    sessionId: string,
    result: HttpResult,
    hasRoute: () => Promise<boolean>,
  ): Promise<ReadAnswer> {
    if (result.status === 404) return readNotFound(sessionId, result, hasRoute)
    if (result.status !== 200) {
      const strange = result.status === null ? null : finding('refused', result.status)
      return { said: 'unknown', finding: findingOf(result) ?? strange }
    }
    const json = parseJson(result.body)
    if (json === undefined) return { said: 'unknown', finding: notJson(result) }
    const body = activeAnswer.safeParse(json)
    if (!body.success) return { said: 'unknown', finding: finding('unknown_word', 200) }
    notFound.clear()
    return { said: body.data.estado_qr === 'inactive' ? 'inactive' : 'active', finding: null }
  }

  async function readNotFound(
    sessionId: string,
    result: HttpAnswer,
    hasRoute: () => Promise<boolean>,
  ): Promise<ReadAnswer> {
    const missing = missingOf(result)
    const noRoute = missing === 'route' || (missing === 'unclear' && !(await hasRoute()))
    if (!wrongAddress()) notFound.add(sessionId)
    if (noRoute || wrongAddress()) return { said: 'unknown', finding: finding('wrong_address', 404) }
    return { said: 'missing', finding: null }
  }

  return { read, wrongAddress }
}

/** A page has its own mend: where it comes from is no API. */
function notJson(result: HttpAnswer): Finding {
  const { what, ...rest } = finding('not_json', result.status)
  return { ...rest, what: `${what} with ${isPage(result) ? 'a web page' : 'what is no JSON'}` }
}
