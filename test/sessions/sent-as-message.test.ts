import { expect, it } from 'vitest'
import type { MediaType, SendContent } from '../../src/messages/send.ts'
import { sentAsMessage } from '../../src/sessions/sent-as-message.ts'

const to = '120363000000000000@g.us'
const sender = { waId: '34600000001', lid: '1@lid', pushName: 'Shop' }

const shown = (content: SendContent) =>
  sentAsMessage(
    {
      ...{
        messageId: 'A',
        chatId: to,
        direction: 'out',
        content,
        status: 'sent',
        attempts: 1,
        seq: 2,
        at: 0,
      },
      ...{ error: null, history: [] },
    },
    content,
    sender,
  )

const file = (type: MediaType): SendContent => ({
  ...{ type, to, reply_to: null, caption: null, ptt: false },
  media: {
    ...{
      url: null,
      id: 'a'.repeat(64),
      ready: true,
      mimetype: 'video/mp4',
      filename: null,
      size: 3,
      seconds: null,
    },
    ...{ width: null, height: null, waveform: null, thumbnail: null },
  },
})

it('What was sent has the types of what arrives', () => {
  expect(shown(file('gif'))).toMatchObject({ type: 'video', media: { mimetype: 'video/mp4', size: 3 } })
  expect(shown(file('image')).type).toBe('image')
})

it('Audio that was sent says whether it is a voice note', () => {
  expect(shown(file('audio'))).toMatchObject({ media: { ptt: false } })
  expect(shown({ ...file('audio'), ptt: true } as SendContent)).toMatchObject({ media: { ptt: true } })
  expect(shown(file('video')).media).not.toHaveProperty('ptt')
})

it('What was sent says whom it mentions', () => {
  const mentions = ['34600000002@s.whatsapp.net', '2@lid']
  expect(shown({ type: 'text', to, reply_to: null, body: '@34600000002 @2', mentions }).mentions).toEqual([
    { jid: '34600000002@s.whatsapp.net', phone: '34600000002' },
    { jid: '2@lid', phone: null },
  ])
  expect('mentions' in shown({ type: 'text', to, reply_to: null, body: 'hello' })).toBe(false)
})
