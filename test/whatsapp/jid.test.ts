import { describe, expect, it } from 'vitest'
import {
  accountJid,
  digitsOf,
  isBroadcast,
  isGroup,
  isNewsletter,
  isOwn,
  isStatus,
  lidOf,
  parseJid,
} from '../../src/whatsapp/jid.ts'

describe('a jid', () => {
  it.each([
    ['34600@s.whatsapp.net', { user: '34600', device: 0, server: 's.whatsapp.net' }],
    ['34600:12@s.whatsapp.net', { user: '34600', device: 12, server: 's.whatsapp.net' }],
    ['34600_1:3@lid', { user: '34600', device: 3, server: 'lid' }],
    ['34600@c.us', { user: '34600', device: 0, server: 's.whatsapp.net' }],
    ['34600:99@hosted', { user: '34600', device: 99, server: 's.whatsapp.net' }],
    ['34600:99@hosted.lid', { user: '34600', device: 99, server: 'lid' }],
    ['120363-1@g.us', { user: '120363-1', device: 0, server: 'g.us' }],
    ['status@broadcast', { user: 'status', device: 0, server: 'broadcast' }],
  ])('like %s is parsed into its parts', (jid, parts) => {
    expect(parseJid(jid)).toEqual(parts)
  })

  it.each([
    null,
    undefined,
    '',
    '34600',
    '@lid',
    '34600@',
    ':1@lid',
    '34600:x@lid',
  ])('like %s is no address', jid => {
    expect(parseJid(jid)).toBeNull()
    expect(accountJid(jid)).toBeNull()
    expect(digitsOf(jid)).toBeNull()
    expect(lidOf(jid)).toBeNull()
  })

  it('of a device has the address of its account', () => {
    expect(accountJid('34600:7@s.whatsapp.net')).toBe('34600@s.whatsapp.net')
    expect(lidOf('998:7@lid')).toBe('998@lid')
    expect(lidOf('34600@s.whatsapp.net')).toBeNull()
    expect(digitsOf('34600:7@s.whatsapp.net')).toBe('34600')
    expect(digitsOf('998@lid')).toBeNull()
  })

  it('tells what kind of chat it is', () => {
    expect([isGroup('1@g.us'), isGroup('1@lid')]).toEqual([true, false])
    expect([isStatus('status@broadcast'), isStatus('1@broadcast')]).toEqual([true, false])
    expect([isBroadcast('1@broadcast'), isBroadcast('1@lid')]).toEqual([true, false])
    expect([isNewsletter('1@newsletter'), isNewsletter('1@lid')]).toEqual([true, false])
  })
})

describe('an own name', () => {
  const me = { id: '34600:7@s.whatsapp.net', lid: '9:7@lid' }

  it.each(['34600@s.whatsapp.net', '34600:3@c.us', '9@lid', '9:99@hosted.lid'])('is %s', jid =>
    expect(isOwn(me, jid)).toBe(true))

  it.each([
    '34601@s.whatsapp.net',
    '34600@lid',
    '9@s.whatsapp.net',
    '34600',
    '',
    null,
    undefined,
  ])('is not %s', jid => expect(isOwn(me, jid)).toBe(false))

  it('is nothing where nobody is linked, and no LID where none is known', () => {
    expect(isOwn(undefined, '34600@s.whatsapp.net')).toBe(false)
    expect(isOwn(undefined, undefined)).toBe(false)
    expect(isOwn({ id: me.id }, '9@lid')).toBe(false)
    expect(isOwn({ id: me.id }, undefined)).toBe(false)
  })
})
