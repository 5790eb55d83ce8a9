import type { BinaryNode } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import { contactIn, contactQuery } from '../../../src/whatsapp/identities/contact-query.ts'

const PHONE = '5511987654321'
const LID = '100000000000001@lid'
const NUMBER = '551187654321@s.whatsapp.net'

const node = (tag: string, attrs: BinaryNode['attrs'] = {}, content?: BinaryNode['content']): BinaryNode =>
  content === undefined ? { tag, attrs } : { tag, attrs, content }
const contact = (type: string | null, words?: string | Buffer) =>
  node('contact', type === null ? {} : { type }, words)
const answer = (...users: BinaryNode[]) =>
  node('iq', { type: 'result' }, [node('usync', {}, [node('result'), node('list', {}, users)])])
const said = (...users: BinaryNode[]) => contactIn(answer(...users), PHONE)

describe('the question for a number', () => {
  it('is by LID, with the user name', () => {
    const [usync] = contactQuery(PHONE, '7').content as BinaryNode[]
    expect(usync!.attrs).toMatchObject({ sid: '7', mode: 'query', context: 'interactive' })
    const [query, list] = usync!.content as BinaryNode[]
    expect((query!.content as BinaryNode[]).map(({ tag, attrs }) => [tag, attrs])).toEqual([
      ['contact', { addressing_mode: 'lid' }],
      ['business', {}],
      ['disappearing_mode', {}],
      ['username', {}],
    ])
    expect(JSON.stringify(list)).toContain(`+${PHONE}`)
  })
})

describe('an answer', () => {
  const maria = { exists: true, lid: LID, number: NUMBER, username: null }

  it.each<[string, BinaryNode]>([
    ['as text', node('user', { jid: LID, pn_jid: NUMBER }, [contact('in', `+${PHONE}`)])],
    ['as bytes', node('user', { jid: LID, pn_jid: NUMBER }, [contact('in', Buffer.from(PHONE))])],
    ['with a server', node('user', { jid: LID, pn_jid: NUMBER }, [contact('in', `${PHONE}@c.us`)])],
    [
      'by number with the LID in a child',
      node('user', { jid: NUMBER }, [contact('in', PHONE), node('lid', { val: LID })]),
    ],
    ['alone, without the words of the question', node('user', { jid: LID, pn_jid: NUMBER }, [contact('in')])],
  ])('is found %s', (_, user) => expect(said(user)).toEqual(maria))

  it('is found among others by its words, in whatever order they come', () => {
    const eva = node('user', { jid: '2@lid', pn_jid: '34600@s.whatsapp.net' }, [contact('in', '+34600')])
    const mine = node('user', { jid: LID, pn_jid: NUMBER }, [contact('in', `+${PHONE}`)])
    expect(said(eva, mine)).toEqual(maria)
    expect(said(mine, eva)).toEqual(maria)
    expect(said(eva)).toBeNull()
  })

  it('may have no number, and a user name', () => {
    const user = node('user', { jid: LID }, [
      contact('in', PHONE),
      node('username', {}, Buffer.from('maria')),
    ])
    expect(said(user)).toEqual({ exists: true, lid: LID, number: null, username: 'maria' })
  })

  it.each<[string, BinaryNode]>([
    ['with the number alone', node('user', { pn_jid: `${PHONE}@s.whatsapp.net` }, [contact('out', PHONE)])],
    ['without any', node('user', {}, [contact('out', PHONE)])],
    ['invalid', node('user', {}, [contact('invalid', PHONE)])],
  ])('says that nobody has it %s', (_, user) =>
    expect(said(user)).toMatchObject({ exists: false, lid: null }))

  it('that does not speak of the number is none', () => {
    expect(contactIn(undefined, PHONE)).toBeNull()
    expect(said()).toBeNull()
    expect(said(node('user', { jid: LID }, [contact(null, PHONE)]))).toBeNull()
    expect(
      said(node('user', { jid: LID }, [node('contact', { type: 'out' }, [node('error', { code: '500' })])])),
    ).toBeNull()
  })
})
