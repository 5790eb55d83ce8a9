import { describe, expect, it } from 'vitest'
import { answerFault, deliveryFault, requestFault } from './conformance.ts'

const json = { contentType: 'application/json' }
const STARTED = { success: true, session_id: 'shop', state: 'starting' }
const start = { method: 'POST', path: '/start', status: 200, ...json }

describe('an answer that is not as the document says is found', () => {
  it.each([
    ['a field too few', { ...start, body: { success: true, state: 'starting' } }, /session_id/],
    ['a field too many', { ...start, body: { ...STARTED, more: 1 } }, /additional/],
    ['another type', { ...start, body: { ...STARTED, state: 'away' } }, /state/],
    ['a status', { ...start, status: 201, body: STARTED }, /201 is no answer of POST \/start/],
    ['a media type', { ...start, contentType: 'text/html', body: undefined }, /text\/html is no type/],
    [
      'a code',
      { ...start, status: 409, body: { success: false, error: 'NOT_FOUND', message: 'x' } },
      /NOT_FOUND is no code of POST \/start/,
    ],
    [
      'an error of another shape',
      { ...start, status: 422, body: { success: false, error: 'VALIDATION_FAILED' } },
      /message/,
    ],
    ['a route', { ...start, path: '/stop', body: STARTED }, /has no POST \/stop/],
    ['an error of no route', { ...start, path: '/stop', status: 404, body: {} }, /Error/],
    [
      'a date',
      { ...json, method: 'GET', path: '/sessions/s/qr', status: 200, body: { qr: '2@', expires_at: 'soon' } },
      /date/,
    ],
  ])('%s', (_, seen, sentence) => {
    expect(answerFault(seen)).toMatch(sentence)
  })

  it('and one that is so is let through', () => {
    expect(answerFault({ ...start, body: STARTED })).toBeNull()
    expect(answerFault({ ...json, method: 'HEAD', path: '/sessions/s', status: 404 })).toBeNull()
    const error = { success: false, error: 'NOT_FOUND', message: 'There is nothing at this path.' }
    expect(answerFault({ ...json, method: 'PUT', path: '/nothing', status: 404, body: error })).toBeNull()
    expect(answerFault({ ...json, method: 'GET', path: '/media/x', status: 404, body: error })).toBeNull()
    expect(answerFault({ method: 'GET', path: '/media/x', status: 200, contentType: 'image/png' })).toBeNull()
    expect(
      answerFault({ method: 'GET', path: '/media/x', status: 304, contentType: null, body: null }),
    ).toBeNull()
  })
})

describe('a request of which manager and document say different things is found', () => {
  const send = { method: 'POST', path: '/send-message' }
  const text = { session_id: 'shop', wa_id: '+34 600 000 002', type: 'text', body: 'hola' }
  it.each([
    ['taken, without a field', { ...text, session_id: undefined }, 200, undefined, /took .*session_id/],
    ['taken, with another type', { ...text, select: 'all' }, 202, undefined, /took .*select/],
    ['refused, as it should be', text, 422, { typing: ['must be a boolean'] }, /refused .*typing must be/],
    [
      'refused, and only one of two for a rule',
      text,
      422,
      { body: ['is required'], ptt: ['is required'] },
      /ptt/,
    ],
  ])('%s', (_, body, status, refusals, sentence) => {
    const seen = { ...send, body: JSON.parse(JSON.stringify(body)), status, ...(refusals && { refusals }) }
    expect(requestFault(seen)).toMatch(sentence)
  })

  it('and one of which they say the same is let through', () => {
    expect(requestFault({ ...send, body: { ...text, more: 1 }, status: 200 })).toBeNull()
    expect(
      requestFault({ ...send, body: { ...text, to: 'x' }, status: 422, refusals: { to: ['x'] } }),
    ).toBeNull()
    expect(requestFault({ ...send, body: text, status: 409 })).toBeNull()
    const other = { wa_id: ['must be the same under all its names: wa_id, waId, to, phone'] }
    expect(
      requestFault({ ...send, body: { ...text, to: '34600000003' }, status: 422, refusals: other }),
    ).toBeNull()
    expect(requestFault({ ...send, path: '/nothing', body: 1, status: 422, refusals: {} })).toBeNull()
  })
})

describe('a delivery that is not as the document says is found', () => {
  const of = { session_id: 'shop', user_id: 7, seq: 17, metadata: null }
  const qr = { ...of, qr: '2@k3', expires_at: '2026-11-29T10:00:00.000Z' }
  it.each([
    ['a field too few', '/qr', { ...of, qr: '2@k3' }, /expires_at/],
    ['a field too many', '/qr', { ...qr, more: 1 }, /additional/],
    ['a route', '/qrs', qr, /no webhook for POST \/qrs/],
    ['an event of no type', '/whatsapp/events', { type: 'party' }, /oneOf|exactly one/],
  ])('%s', (_, path, body, sentence) => {
    expect(deliveryFault(path, body)).toMatch(sentence)
  })

  it('and one that is so is let through', () => {
    expect(deliveryFault('/qr', qr)).toBeNull()
  })
})
