import { describe, expect, it } from 'vitest'
import { statusesInReceipt, statusInAck } from '../../src/whatsapp/message-status.ts'

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

describe('a receipt', () => {
  const receipt = (attrs: Record<string, string>, items: string[] = []) => ({
    tag: 'receipt',
    attrs: { id: 'A', from: '1@lid', ...attrs },
    ...(items.length > 0 && {
      content: [{ tag: 'list', attrs: {}, content: items.map(id => ({ tag: 'item', attrs: { id } })) }],
    }),
  })
  const said = (attrs: Record<string, string>) =>
    statusesInReceipt(receipt(attrs), () => 5).map(({ status }) => status)

  it('says delivered, read or played, of each of its messages', () => {
    expect(said({})).toEqual(['delivered'])
    expect(said({ type: 'read' })).toEqual(['read'])
    expect(said({ type: 'read-self' })).toEqual(['read'])
    expect(said({ type: 'played' })).toEqual(['played'])
    expect(statusesInReceipt(receipt({ t: '7' }, ['B', 'C']), () => 5)).toEqual(
      ['A', 'B', 'C'].map(messageId => ({ messageId, status: 'delivered', at: 7000 })),
    )
    expect(statusesInReceipt(receipt({}), () => 5)).toMatchObject([{ at: 5 }])
  })

  it.each([
    'sender',
    'retry',
    'inactive',
    'peer_msg',
    'server-error',
    'toString',
  ])('of type %s says nothing', type => {
    expect(said({ type })).toEqual([])
  })

  it('of a group is that of one member, and of what another device sent it says nothing', () => {
    expect(said({ from: '1@g.us' })).toEqual([])
    expect(said({ from: '1@g.us', participant: '1@lid' })).toEqual(['delivered'])
    expect(said({ from: 'status@broadcast' })).toEqual([])
    expect(said({ from: 'status@broadcast', participant: '1@lid', type: 'read' })).toEqual(['read'])
    expect(said({ type: 'read', recipient: '2@lid' })).toEqual([])
    expect(said({ id: '' })).toEqual([])
  })
})
