import { describe, expect, it } from 'vitest'
import { withTodaysNames } from '../../../src/whatsapp/importing/todays-names.ts'

const NUMBER = '34600000001'
const LID = '100000000000001'
const GROUP = '120363000000000001@g.us'

describe('Keys of Baileys 6', () => {
  it('are found by 7 under the name that is right, whichever it is', () => {
    const keys = withTodaysNames({
      session: { [`${NUMBER}.0`]: 'a', [`${LID}.3`]: 'b' },
      'sender-key': { [`${GROUP}::${LID}::0`]: 'c' },
      'pre-key': { 1: 'd' },
    })
    expect(keys.session).toMatchObject({ [`${NUMBER}.0`]: 'a', [`${LID}_1.3`]: 'b' })
    expect(keys['sender-key']).toMatchObject({ [`${GROUP}::${LID}_1::0`]: 'c', [`${GROUP}::${LID}::0`]: 'c' })
    expect(keys['pre-key']).toEqual({ 1: 'd' })
  })

  it('have one name where the folder says who is who', () => {
    const keys = withTodaysNames({
      session: { [`${NUMBER}.0`]: 'a', [`${LID}.3`]: 'b' },
      'lid-mapping': { [NUMBER]: LID, [`${LID}_reverse`]: NUMBER },
    })
    expect(keys.session).toEqual({ [`${NUMBER}.0`]: 'a', [`${LID}_1.3`]: 'b' })
  })

  it('come with the devices whose sessions move to a LID once it is known', () => {
    const { 'device-list': lists } = withTodaysNames({
      session: { [`${NUMBER}.0`]: 'a', [`${NUMBER}.7`]: 'b', '34600000002.0': 'c' },
      'device-list': { 34600000002: ['0', '1'] },
    })
    expect(lists).toMatchObject({ [NUMBER]: ['0', '7'], 34600000002: ['0', '1'] })
  })
})

describe('Keys of Baileys 7', () => {
  it('stay as they are', () => {
    const keys = {
      session: { [`${LID}_1.0`]: 'a', '34600000002.0': 'b' },
      'sender-key': { [`${GROUP}::${LID}_1::0`]: 'c' },
      'device-list': { 34600000002: ['0'] },
    }
    expect(withTodaysNames(keys)).toEqual(keys)
  })
})
