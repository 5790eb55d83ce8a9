import type { Disconnect } from '../disconnects.ts'

/** Why we end a Baileys socket, for a reason that disconnects.ts knows by its text; Baileys hands it on as `lastDisconnect.error`. */
export class DisconnectError extends Error {
  readonly output: { statusCode: number }

  constructor(message: string, statusCode = 0) {
    super(message)
    this.output = { statusCode }
  }
}

/** What Baileys adds to its Boom: the attributes of a `<failure>`, or the child of a `<stream:error>`. */
interface Said {
  expire?: unknown
  tag?: string
  attrs?: Record<string, string>
}

/** Takes `lastDisconnect.error` apart: a Boom of Baileys', a DisconnectError, or nothing when we ended the socket without a reason. */
export function toDisconnect(error: Error | undefined): Disconnect {
  if (!error) return { code: 0, message: '' }
  const { output, data } = error as Error & { output?: { statusCode?: number }; data?: Said }
  const { tag, attrs } = data ?? {}
  return {
    code: output?.statusCode ?? 0,
    message: error.message,
    expireSeconds: Number(data?.expire ?? Number.NaN),
    ...(tag === 'conflict' && { conflict: attrs?.type }),
    ...(tag === 'ack' && { unacked: { class: attrs?.class ?? '', id: attrs?.id ?? '' } }),
  }
}
