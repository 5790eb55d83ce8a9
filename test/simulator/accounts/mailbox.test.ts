import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { Mailbox, type NewStanza } from '../../../simulator/accounts/mailbox.ts'

const ANA = '34600000002:3@s.whatsapp.net'
type Attributes = BinaryNode['attrs']

/** A stanza that was written to a socket once. */
function kept(box: Mailbox, node: BinaryNode, more: Partial<NewStanza> = {}) {
  const { id = '' } = node.attrs
  const made = box.put({
    kind: node.tag as NewStanza['kind'],
    id,
    from: '34600000002',
    node,
    peer: false,
    ...more,
  })
  made.sends = 1
  return made
}

const stanza = (tag: string, attrs: Attributes = {}, ...content: BinaryNode[]): BinaryNode => ({
  tag,
  attrs: { id: 'a', from: ANA, ...attrs },
  content,
})
const message = (attrs: Attributes = {}) => stanza('message', attrs, stanza('enc'))
const receipt = (attrs: Attributes = {}): BinaryNode => ({
  tag: 'receipt',
  attrs: { id: 'a', to: ANA, ...attrs },
})
const ack = (attrs: Attributes = {}): BinaryNode => ({ tag: 'ack', attrs: { id: 'a', to: ANA, ...attrs } })

describe('the mailbox of a device', () => {
  it('keeps stanzas in order until each is settled', () => {
    const box = new Mailbox()
    for (const id of ['a', 'b', 'c']) kept(box, message({ id }))
    expect(box.settle('message', 'b', receipt())).toMatchObject({ kept: { id: 'b' }, done: true })
    expect([...box.stanzas()].map(({ id }) => id)).toEqual(['a', 'c'])
    expect(box.settle('message', 'b', receipt())).toBeUndefined()
    expect(box.size).toBe(2)
  })

  it('tells apart senders and kinds that share an id', () => {
    const box = new Mailbox()
    kept(box, message())
    kept(box, message({ from: '1@lid' }))
    kept(box, stanza('receipt'))
    expect(box.settle('message', 'a', receipt({ to: '1@lid' }))).toMatchObject({ done: true })
    expect(box.settle('notification', 'a', ack({ class: 'notification' }))).toBeUndefined()
    expect([...box.stanzas()].map(({ kind, node }) => [kind, node.attrs.from])).toEqual([
      ['message', ANA],
      ['receipt', ANA],
    ])
  })

  it('frees one copy of a repeated id at a time, the oldest first', () => {
    const box = new Mailbox()
    const [first, second] = [kept(box, message()), kept(box, message())]
    expect(box.settle('message', 'a', receipt())).toMatchObject({ kept: first })
    expect([...box.stanzas()]).toEqual([second])
    expect(box.settle('message', 'a', receipt())).toMatchObject({ kept: second })
    expect(box.size).toBe(0)
  })

  it('frees nothing that was never written to a socket', () => {
    const box = new Mailbox()
    kept(box, message()).sends = 0
    expect(box.settle('message', 'a', receipt())).toBeUndefined()
    expect(box.size).toBe(1)
  })
})

describe('a stanza', () => {
  const group = { from: '1@g.us', participant: '2:3@lid' }
  const own = { recipient: '34600000009@s.whatsapp.net' }
  const offer = stanza('call', {}, stanza('offer', { 'call-id': 'c' }))
  const unavailable = stanza('message', {}, stanza('unavailable', { type: 'view_once' }))
  const rightly: [string, BinaryNode, BinaryNode[]][] = [
    ['message', message(), [receipt()]],
    ['message', message(), [receipt({ type: 'inactive' })]],
    ['message', message(group), [receipt({ to: '1@g.us', participant: '2:3@lid' })]],
    ['message', message(), [ack({ class: 'message', error: '487' })]],
    ['placeholder', unavailable, [ack({ class: 'message' })]],
    ['newsletter’s post', message({ from: '1@newsletter' }), [ack({ class: 'message', to: '1@newsletter' })]],
    ['own message', message(own), [receipt({ type: 'sender', recipient: own.recipient })]],
    ['message of the own phone', message({ category: 'peer' }), [receipt({ type: 'peer_msg' })]],
    [
      'notification',
      stanza('notification', { type: 'devices' }),
      [ack({ class: 'notification', type: 'devices' })],
    ],
    ['receipt', stanza('receipt', { type: 'read' }), [ack({ class: 'receipt', type: 'read' })]],
    ['status', stanza('status', { participant: '2@lid' }), [ack({ class: 'status', participant: '2@lid' })]],
    [
      'offer of a call',
      offer,
      [ack({ class: 'call', type: 'offer' }), { ...receipt(), content: [stanza('offer')] }],
    ],
  ]
  it.each(rightly)('(%s) is done with once it has what is due', (_, node, answers) => {
    const box = new Mailbox()
    kept(box, node)
    const results = answers.map(answer => box.settle(node.tag as NewStanza['kind'], 'a', answer))
    expect(results.map(result => result && 'done' in result && result.done)).toEqual(
      answers.map((_, at) => at === answers.length - 1),
    )
    expect(box.size).toBe(0)
  })

  const wrongly: [string, BinaryNode, BinaryNode, RegExp][] = [
    ['message', message(), ack({ class: 'message' }), /receipt is due/],
    ['message', message(), ack({ class: 'message', error: '500' }), /error="500"/],
    ['message', message(), receipt({ to: '34600000002@s.whatsapp.net' }), /to=/],
    ['message', message(group), receipt({ to: '1@g.us', participant: '2@lid' }), /without its device/],
    ['message', message(group), receipt({ to: '1@g.us' }), /participant/],
    ['message', message(), receipt({ type: 'sender' }), /type "sender"/],
    ['own message', message(own), ack({ class: 'message', recipient: own.recipient }), /receipt is due/],
    ['own message', message(own), receipt({ type: 'sender' }), /recipient=/],
    ['own message', message(own), receipt({ type: 'sender', recipient: own.recipient, to: '' }), /to=/],
    ['message of the own phone', message({ category: 'peer' }), receipt(), /type/],
    ['notification', stanza('notification', { type: 'devices' }), ack({ class: 'notification' }), /type=/],
    ['notification', stanza('notification'), ack({ class: 'message' }), /class=/],
    ['call', stanza('call', {}, stanza('terminate')), ack({ class: 'call' }), /type=/],
  ]
  it.each(wrongly)('(%s) stays when it is answered wrongly, and it is said why', (_, node, answer, why) => {
    const box = new Mailbox()
    kept(box, node)
    expect(box.settle(node.tag as NewStanza['kind'], 'a', answer)).toMatchObject({
      why: expect.stringMatching(why),
    })
    expect(box.size).toBe(1)
  })

  it('that could not be read is done with by a plain ack, after it was asked for again', () => {
    const box = new Mailbox()
    kept(box, message())
    expect(box.settle('message', 'a', ack({ class: 'message' }))).toHaveProperty('why')
    box.noteRetry('a')
    expect(box.settle('message', 'a', ack({ class: 'message' }))).toMatchObject({ done: true })
  })

  it('of history needs two receipts of a device, in their order', () => {
    const box = new Mailbox()
    kept(box, message({ category: 'peer' }), { owed: ['peer_msg', 'hist_sync'] })
    const settle = (type: string, to = ANA) => box.settle('message', 'a', receipt({ type, to }))
    expect(settle('hist_sync')).toHaveProperty('why')
    expect(settle('peer_msg')).toMatchObject({ done: false })
    expect(settle('hist_sync', '34600000002@s.whatsapp.net')).toMatchObject({ done: true })
  })

  it('takes both receipts of a history again, when the second was missing and it is given again', () => {
    const box = new Mailbox()
    const history = kept(box, message({ category: 'peer' }), { owed: ['peer_msg', 'hist_sync'] })
    const settle = (type: string) => box.settle('message', 'a', receipt({ type }))
    expect(settle('peer_msg')).toMatchObject({ done: false })
    expect(settle('peer_msg')).toHaveProperty('why')
    history.sends++
    expect(settle('peer_msg')).toMatchObject({ done: false })
    expect(settle('hist_sync')).toMatchObject({ done: true })
  })
})
