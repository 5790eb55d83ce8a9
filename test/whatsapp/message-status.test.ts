import { expect, it } from 'vitest'
import { statusInAck, statusInReceipt } from '../../src/whatsapp/message-status.ts'

const ack = (id: string, attrs: Record<string, string> = {}) => ({ tag: 'ack', attrs: { id, ...attrs } })

it("an ack of WhatsApp's server says that a message is sent, at the time that WhatsApp gives", () => {
  expect(statusInAck(ack('A', { t: '1700000000' }), 5)).toEqual({
    messageId: 'A',
    status: 'sent',
    at: 1_700_000_000_000,
  })
  expect(statusInAck(ack('A'), 5)).toMatchObject({ at: 5 })
  expect(statusInAck(ack('A', { error: '503', backoff: '7' }), 5)).toMatchObject({
    code: '503',
    backoff: 7000,
  })
  for (const backoff of ['x', '-1', '0'])
    expect(statusInAck(ack('A', { error: '429', backoff }), 5)).not.toHaveProperty('backoff')
  expect(statusInAck(ack(''), 5)).toBeNull()
})

it('receipts say delivered, read and played; what acks say is not taken from them', () => {
  expect([0, 1, 2, 3, 4, 5, null, undefined].map(statusInReceipt)).toEqual([
    null,
    null,
    null,
    'delivered',
    'read',
    'played',
    null,
    null,
  ])
})
