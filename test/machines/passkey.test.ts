import { describe, expect, it } from 'vitest'
import { estadoQrOf } from '../../machines/session.state.ts'
import {
  asked,
  closed,
  fact,
  MINUTE,
  opened,
  Probe,
  paired,
  passkeyAsked,
  passkeyFailed,
  published,
  qr,
  SECOND,
  said,
  shown,
} from './probe.ts'

const submitted = fact('passkey.submitted')
const codeShown = fact('passkey.codeShown')

describe('A passkey that WhatsApp demands', () => {
  it('leads from the scan over assertion and code to open', () => {
    const s = asked()
    expect([s.state, s.context.qr.current]).toEqual(['awaitingQr.passkey.required', null])
    s.send(submitted)
    expect([s.state, s.socket?.commands]).toEqual(['awaitingQr.passkey.submitting', ['passkey.answer']])
    s.send(codeShown)
    expect([s.state, s.socket?.commands]).toEqual(['awaitingQr.passkey.confirm', ['passkey.answer']])
    s.send(fact('passkey.confirmed'))
    expect([s.state, s.socket?.commands]).toEqual([
      'awaitingQr.passkey.finishing',
      ['passkey.answer', 'passkey.finish'],
    ])
    s.send(paired, closed('reconnectNow'), opened)
    expect(s.state).toBe('open.settling')
    expect('passkey' in JSON.parse(JSON.stringify(s.context))).toBe(false)
  })

  it('needs no comparison of codes when the proof was taken', () => {
    const s = asked().send(submitted, fact('passkey.proved'))
    expect([s.state, s.socket?.commands.at(-1)]).toEqual(['awaitingQr.passkey.finishing', 'passkey.finish'])
  })

  it.each(['verifying', 'publishing', 'shown'])('may come while the QR is %s', where => {
    const facts = { verifying: [], publishing: [said('active')], shown: [said('active'), published('a')] }
    const s = asked(new Probe().send(qr('a'), ...facts[where as 'shown']))
    expect([s.state, s.asking, s.publishing]).toEqual(['awaitingQr.passkey.required', false, undefined])
  })

  it('leaves what Laravel knows at pending, whatever was linked before', () => {
    for (const s of [asked(), asked().send(submitted), asked().send(submitted, codeShown)])
      expect(estadoQrOf(s.state, { linked: true, outage: null })).toBe('pending')
  })

  it('takes another assertion until the code is confirmed, and begins again with each', () => {
    const s = asked().send(submitted, submitted, codeShown, submitted)
    expect([s.state, s.socket?.commands.length]).toEqual(['awaitingQr.passkey.submitting', 3])
    s.send(codeShown, fact('passkey.confirmed'))
    expect(s.can(submitted)).toBe(false)
  })

  it('may be demanded again, with ten more minutes', async () => {
    const s = await asked()
      .send(submitted, codeShown)
      .wait(9 * MINUTE)
    s.send(passkeyAsked(s.clock.now() + 10 * MINUTE))
    expect(s.state).toBe('awaitingQr.passkey.required')
    await s.wait(9 * MINUTE)
    expect(s.state).toBe('awaitingQr.passkey.required')
    await s.wait(MINUTE)
    expect(s.state).toBe('starting.connecting')
  })
})

describe('Nothing comes of a passkey', () => {
  it.each<[string, (s: Probe) => Probe | Promise<Probe>, string]>([
    ['its ten minutes pass', s => s.wait(10 * MINUTE), 'passkey_expired'],
    ['WhatsApp refuses a step', s => s.send(passkeyFailed), 'passkey_refused'],
    ['somebody cancels it', s => s.send(fact('passkey.cancelled')), 'passkey_cancelled'],
  ])('when %s: a new socket offers a new QR, at once', async (_, over, reason) => {
    for (const facts of [[], [submitted], [submitted, codeShown], [submitted, fact('passkey.proved')]]) {
      const s = await over(asked().send(...facts))
      expect([s.state, s.sockets.length, s.context.reason]).toEqual(['starting.connecting', 2, reason])
      expect(s.context.reasonText).toMatch(/\.$/)
      expect(s.context.connectingAt).toBe(s.clock.now())
      s.send(qr('b'), said('active'))
      expect([s.publishing, s.context.reason]).toEqual(['b', reason])
      s.send(published('b'), paired, closed('reconnectNow'), opened)
      expect([s.state, s.context.reason]).toEqual(['open.settling', null])
    }
  })

  it('when its demand cannot be read: it never was one, and the QR is used', () => {
    const s = shown().send(passkeyFailed)
    expect([s.state, s.context.reason]).toEqual(['starting.connecting', 'passkey_refused'])
    s.send(qr('b'), said('active'))
    expect(s.publishing).toBe('b')
  })

  it('and nobody scans the next QR: it expires, and Laravel hears of it', async () => {
    const s = asked().send(passkeyFailed, qr('b'), said('active'), published('b'))
    await s.wait(61 * SECOND)
    expect([s.state, s.context.reason]).toEqual(['awaitingQr.expired', 'qr_expired'])
  })

  it('when the process dies: it begins again with a QR', async () => {
    const s = await asked().send(submitted, codeShown).restart(5_000)
    expect([s.state, s.context.passkey]).toEqual(['starting.connecting', undefined])
  })

  it('when the connection is lost', () => {
    const s = asked().send(submitted, closed('backoff'))
    expect([s.state, s.context.passkey]).toEqual(['reconnecting.verifying', undefined])
  })

  it('but not once the phone has linked the device', () => {
    const s = asked().send(submitted, fact('passkey.proved'), paired)
    expect([s.state, s.context.passkey]).toEqual(['awaitingQr.linking', undefined])
    expect([s.can(passkeyFailed), s.can(fact('passkey.cancelled'))]).toEqual([false, false])
  })
})
