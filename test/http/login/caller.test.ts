import { expect, it } from 'vitest'
import { callerOf } from '../../../src/http/login/caller.ts'

it('who has a whole network of IPv6 is one caller', () => {
  const [one, same, next] = ['2001:db8::1', '2001:db8:0:0:ffff::1', '2001:db8:0:1::1'].map(callerOf)
  expect(same).toBe(one)
  expect(next).not.toBe(one)
  expect(callerOf('fe80::1%eth0')).toBe('fe80:0:0:0')
})

it('an address of IPv4 is one, also as IPv6 writes it', () => {
  const addresses = ['10.0.0.1', '10.0.0.2', '::ffff:10.0.0.1', '::ffff:10.0.0.2']
  expect(new Set(addresses.map(callerOf)).size).toBe(4)
})
