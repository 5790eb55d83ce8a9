import { createHmac } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { GatewayError } from '../../src/base/errors.ts'
import { createSign } from '../../src/laravel/signature.ts'

// The vector that the reference libraries of Standard Webhooks test themselves with.
const VECTOR = {
  secret: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
  id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
  timestamp: 1_614_265_330,
  body: '{"test": 2432232314}',
  signature: 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
}

describe('the signature', () => {
  it('equals that of the Standard Webhooks reference vector', () => {
    expect(createSign([VECTOR.secret])(VECTOR.id, VECTOR.timestamp, VECTOR.body)).toBe(VECTOR.signature)
  })

  it('takes a secret without the prefix as UTF-8 text', () => {
    const expected = createHmac('sha256', Buffer.from('schlüssel', 'utf8')).update('a.7.{}').digest('base64')
    expect(createSign(['schlüssel'])('a', 7, '{}')).toBe(`v1,${expected}`)
  })

  it('has one signature per secret while rotating, in their order', () => {
    const both = createSign(['new', VECTOR.secret])(VECTOR.id, VECTOR.timestamp, VECTOR.body).split(' ')
    expect(both).toEqual([createSign(['new'])(VECTOR.id, VECTOR.timestamp, VECTOR.body), VECTOR.signature])
  })

  it('changes with the id, the timestamp and the body', () => {
    const sign = createSign(['s'])
    const values = [sign('a', 1, 'x'), sign('b', 1, 'x'), sign('a', 2, 'x'), sign('a', 1, 'y')]
    expect(new Set(values).size).toBe(4)
  })

  it.each(['', 'whsec_'])('refuses the empty secret %j', secret => {
    expect(() => createSign([secret])).toThrow(GatewayError)
  })
})
