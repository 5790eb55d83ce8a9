import { Hono } from 'hono'
import { accepts } from 'hono/accepts'
import type { z } from 'zod'
import { GatewayError } from '../../base/errors.ts'
import type { QrVault } from '../../ports/qr-vault.ts'
import type { SessionQueries } from '../../ports/session-queries.ts'
import type { HttpContext, HttpEnv } from '../context.ts'
import { isoDate } from '../iso-date.ts'
import type { qrAnswer } from '../schemas/answers.ts'
import { qrQuery } from '../schemas/requests.ts'
import { pathSession, validateQuery } from '../validation.ts'

type Format = 'png' | 'svg' | 'txt' | 'json'

const FORMAT_OF_TYPE: Record<string, Format> = {
  'image/png': 'png',
  'image/svg+xml': 'svg',
  'text/plain': 'txt',
  'application/json': 'json',
}

/** Black on white whatever the terminal's colours; low correction keeps it small enough for 80 columns. */
const TERMINAL = { type: 'terminal', small: true, errorCorrectionLevel: 'L' } as const

/** `timeOfDay` turns a time of the service into the one on the wall. */
export function qrRoutes(
  queries: SessionQueries,
  vault: QrVault,
  timeOfDay: (at: number) => number,
): Hono<HttpEnv> {
  return new Hono<HttpEnv>().get('/sessions/:id/qr', async c => {
    const format = validateQuery(c, qrQuery).format ?? acceptedFormat(c)
    const { sessionId } = await queries.get(pathSession(c))
    const qr = vault.read(sessionId)
    if (qr === null)
      throw new GatewayError('QR_NOT_AVAILABLE', 'The session shows no QR now; POST /start asks for one.', {
        retryable: true,
      })
    // Most starts draw none.
    const { toBuffer, toString: toText } = await import('qrcode')
    switch (format) {
      case 'png':
        return c.body(new Uint8Array(await toBuffer(qr.text, { type: 'png', scale: 6 })), 200, {
          'Content-Type': 'image/png',
        })
      case 'svg':
        return c.body(await toText(qr.text, { type: 'svg' }), 200, { 'Content-Type': 'image/svg+xml' })
      case 'txt':
        return c.text(await toText(qr.text, TERMINAL))
      case 'json': {
        const answer: z.infer<typeof qrAnswer> = {
          qr: qr.text,
          expires_at: isoDate(timeOfDay(qr.expiresAt)),
        }
        return c.json(answer)
      }
    }
  })
}

function acceptedFormat(c: HttpContext): Format {
  const type = accepts(c, {
    header: 'Accept',
    supports: Object.keys(FORMAT_OF_TYPE),
    default: 'image/png',
  })
  return FORMAT_OF_TYPE[type] ?? 'png'
}
