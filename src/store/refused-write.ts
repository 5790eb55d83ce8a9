import type { ErrorCode } from '../base/errors.ts'
import type { EncodedWrite } from './encoded-write.ts'
import type { Failure } from './failures.ts'

/** What must be known of a stream to judge a write. */
export interface JudgedStream {
  epoch: number
  lastSeq: number
  erased: boolean
}

const refuse = (code: ErrorCode, message: string): Failure => ({ code, message, retryable: false })

/** Why a write cannot be, or null: a conflict of seq or epoch. `stream` is undefined when there is none; `isLiving` asks for a session id. */
export function refusedWrite(
  { streamId, epoch, create, events = [] }: EncodedWrite,
  stream: JudgedStream | undefined,
  isLiving: (sessionId: string) => boolean,
): Failure | null {
  if (create) {
    if (stream) return refuse('SEQ_CONFLICT', `Stream ${streamId} exists already`)
    if (isLiving(create.sessionId))
      return refuse('SEQ_CONFLICT', `Session ${create.sessionId} exists already`)
    if (!events[0]?.snapshot) return refuse('INTERNAL', `Stream ${streamId} must begin with a lifecycle fact`)
  } else if (!stream) return refuse('SEQ_CONFLICT', `Stream ${streamId} was never created`)
  else if (stream.erased) return refuse('EPOCH_CONFLICT', `Stream ${streamId} was erased`)
  else if (stream.epoch !== epoch)
    return refuse('EPOCH_CONFLICT', `Stream ${streamId} has epoch ${stream.epoch}, not ${epoch}`)
  let expected = (stream?.lastSeq ?? 0) + 1
  for (const { seq } of events) {
    if (seq !== expected)
      return refuse('SEQ_CONFLICT', `Stream ${streamId} expects seq ${expected}, not ${seq}`)
    expected++
  }
  return null
}
