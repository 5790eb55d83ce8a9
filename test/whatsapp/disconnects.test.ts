import { describe, expect, it } from 'vitest'
import { classify } from '../../src/whatsapp/disconnects.ts'

const NOW = Date.UTC(2026, 0, 1)

/** The table of the reference, section 2, with the sources of section 1. */
const TABLE: [code: number, message: string, reaction: string, reason: string][] = [
  [515, 'Stream Errored (restart required)', 'reconnectNow', 'restart_required'],
  [428, 'Connection Terminated', 'backoff', 'network'],
  [428, 'Connection Terminated by Server', 'backoff', 'network'],
  [428, 'Connection Closed', 'backoff', 'network'],
  [408, 'Connection was lost', 'backoff', 'network'],
  [408, 'Queries Unanswered', 'backoff', 'unanswered'],
  [408, 'Send Unacknowledged', 'backoff', 'unanswered'],
  [408, 'WebSocket Error (connect ECONNREFUSED)', 'backoff', 'network'],
  [408, 'Timed Out', 'backoff', 'network'],
  [500, 'WebSocket Error (socket hang up)', 'backoff', 'network'],
  [401, 'Pairing Refused (hmac-mismatch)', 'reconnectNow', 'pairing_refused'],
  [500, 'Pairing Refused (internal-error)', 'reconnectNow', 'pairing_refused'],
  [408, 'QR refs attempts ended', 'qrExhausted', 'qr_expired'],
  [503, 'Stream Errored (unknown)', 'backoffLong', 'overloaded'],
  [503, 'Connection Failure', 'backoffLong', 'overloaded'],
  [500, 'Stream Errored (unknown)', 'backoffCounted', 'unknown'],
  [500, 'Connection Failure', 'backoffCounted', 'unknown'],
  [501, 'Connection Failure', 'backoffCounted', 'unknown'],
  [499, 'Connection Failure', 'backoffCounted', 'unknown'],
  [416, 'Connection Failure', 'backoffCounted', 'unknown'],
  [0, 'something new', 'backoffCounted', 'unknown'],
  [500, 'Stream Errored (ack)', 'reconnectNow', 'unacknowledged'],
  [503, 'Stream Errored (ack)', 'backoffLong', 'overloaded'],
  [500, 'Stream Errored (ping)', 'backoff', 'ping_unanswered'],
  [500, 'Stream Errored (bad-mac)', 'backoff', 'stream_corrupt'],
  [500, 'Stream Errored (xml-not-well-formed)', 'backoffCounted', 'stanza_refused'],
  [429, 'Stream Errored (unknown)', 'backoffLong', 'rate_limited'],
  [429, 'Connection Failure', 'backoffCounted', 'unknown'],
  [516, 'Stream Errored (unknown)', 'unlinked', 'unlinked'],
  [409, 'Stream Errored (unknown)', 'suspend', 'replaced'],
  [440, 'Stream Errored (conflict)', 'suspend', 'replaced'],
  [405, 'Connection Failure', 'versionRefused', 'client_outdated'],
  [401, 'Stream Errored (conflict)', 'unlinked', 'unlinked'],
  [401, 'Connection Failure', 'unlinked', 'unlinked'],
  [402, 'Connection Failure', 'suspend', 'temporarily_banned'],
  [403, 'Connection Failure', 'banned', 'banned'],
  [406, 'Connection Failure', 'banned', 'banned'],
  [409, 'Connection Failure', 'suspend', 'client_mismatch'],
  [411, 'Multi-device beta not joined', 'suspend', 'client_mismatch'],
  [413, 'Connection Failure', 'suspend', 'client_mismatch'],
  [414, 'Connection Failure', 'suspend', 'client_mismatch'],
  [415, 'Connection Failure', 'suspend', 'client_mismatch'],
  [418, 'Connection Failure', 'suspend', 'client_mismatch'],
  [400, 'noise intermediate certificate signature invalid', 'backoffCounted', 'certificate_invalid'],
  [0, 'Undecryptable Frame', 'backoff', 'undecryptable_frame'],
  [0, 'Handler Failed', 'backoffCounted', 'handler_failed'],
  [0, 'Store Failed', 'backoff', 'store_failed'],
]

/** Numbers that mean something else when WhatsApp did not say them. */
const NOT_WHATSAPP: typeof TABLE = [
  [401, 'WebSocket Error (Unexpected server response: 401)', 'backoff', 'network'],
  [403, 'Upgrade Refused (403)', 'backoff', 'network'],
  [503, 'Upgrade Refused (503)', 'backoff', 'network'],
  [401, 'Cannot proceed: socket is not authenticated yet', 'backoffCounted', 'unknown'],
  [403, 'Cannot read', 'backoffCounted', 'unknown'],
  [440, 'Upgrade Refused (440)', 'backoff', 'network'],
]

describe('the verdict on a disconnect', () => {
  it.each(TABLE)('of %i %s is %s, reason %s', (code, message, reaction, reason) => {
    const verdict = classify({ code, message }, NOW)
    expect(verdict).toMatchObject({ code, reaction, reason })
    expect(verdict.reasonText).toMatch(/^[A-Z].{20,}\.$/)
  })

  it.each(
    NOT_WHATSAPP,
  )('of %i %s, which WhatsApp did not say, is %s, reason %s', (code, message, reaction, reason) => {
    expect(classify({ code, message }, NOW)).toMatchObject({ code, reaction, reason })
  })

  it('of a conflict over a removed device is that it was unlinked, with or without the code 401', () => {
    const removed = { message: 'Stream Errored (conflict)', conflict: 'device_removed' }
    for (const code of [401, 440])
      expect(classify({ ...removed, code }, NOW)).toMatchObject({ reaction: 'unlinked', code: 401 })
    expect(classify({ ...removed, code: 440, conflict: 'replaced' }, NOW).reason).toBe('replaced')
  })

  it('has the end of a temporary ban, and of nothing else', () => {
    const ban = { code: 402, message: 'Connection Failure' }
    expect(classify({ ...ban, expireSeconds: 3600 }, NOW).until).toBe(NOW + 3_600_000)
    expect(classify(ban, NOW)).not.toHaveProperty('until')
    expect(classify({ ...ban, expireSeconds: Number.NaN }, NOW)).not.toHaveProperty('until')
    expect(classify({ code: 503, message: 'Connection Failure', expireSeconds: 5 }, NOW)).not.toHaveProperty(
      'until',
    )
  })
})
