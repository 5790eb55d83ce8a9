import type { GroupMetadata } from '@whiskeysockets/baileys'
import { describe, expect, it } from 'vitest'
import type { SendContent } from '../../../src/messages/send.ts'
import { withNames } from '../../../src/whatsapp/sending/mentions.ts'

const ANA = { lid: '998@lid', pn: '34600@s.whatsapp.net' }
const BEN = { lid: '997@lid', pn: '34601@s.whatsapp.net' }
const byLid = {
  addressingMode: 'lid',
  participants: [{ id: ANA.lid, phoneNumber: ANA.pn }],
} as GroupMetadata
const byNumber = { addressingMode: 'pn', participants: [{ id: ANA.pn, lid: ANA.lid }] } as GroupMetadata
const namesOf = async (jid: string) => ([BEN.lid, BEN.pn].includes(jid) ? [BEN.lid, BEN.pn] : [jid])
const said = (body: string, mentions: string[]): SendContent => ({
  type: 'text',
  to: '1@g.us',
  reply_to: null,
  body,
  mentions,
})

describe('mentions in a group', () => {
  it('are by LID where members are named so, in the words too, whether they are members or not', async () => {
    const content = await withNames(said('@34600 @+34601 @346001 hello', [ANA.pn, BEN.pn]), byLid, namesOf)
    expect(content).toMatchObject({ mentions: [ANA.lid, BEN.lid], body: '@998 @997 @346001 hello' })
  })

  it('are by number where members are named so', async () => {
    const content = await withNames(said('@998 and @997', [ANA.lid, BEN.lid]), byNumber, namesOf)
    expect(content).toMatchObject({ mentions: [ANA.pn, BEN.pn], body: '@34600 and @34601' })
  })

  it('stay as they are when no other name is known, and outside of groups', async () => {
    const unknown = said('@1', ['1@s.whatsapp.net'])
    expect(await withNames(unknown, byLid, namesOf)).toEqual(unknown)
    expect(await withNames(unknown, undefined, namesOf)).toBe(unknown)
  })

  it('are renamed in captions', async () => {
    const picture = { type: 'image', caption: 'with @34600', mentions: [ANA.pn] } as unknown as SendContent
    expect(await withNames(picture, byLid, namesOf)).toMatchObject({
      caption: 'with @998',
      mentions: [ANA.lid],
    })
  })
})
