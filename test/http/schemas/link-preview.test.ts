import { expect, it } from 'vitest'
import { sendRequest } from '../../../src/http/schemas/send-request.ts'

const withThumbnail = (thumbnail_base64: string) =>
  sendRequest.safeParse({
    ...{ session_id: 's1', wa_id: '34600000002', type: 'text', body: 'see https://shop.test/a' },
    link_preview: { title: 'Shop', thumbnail_base64 },
  })

it.each([
  '',
  ' ',
  'data:image/jpeg;base64,',
  'AA',
  '/9g',
  'iVBORw0KGgo=',
])('%j is no JPEG for a preview', given => {
  const { error } = withThumbnail(given)
  expect(error?.issues).toMatchObject([
    { path: ['link_preview', 'thumbnail_base64'], message: 'must be a JPEG' },
  ])
})

it('A JPEG for a preview goes along with the link that stands in the text', () => {
  const { data } = withThumbnail('/9j/')
  expect(data?.content).toMatchObject({ preview: { url: 'https://shop.test/a', thumbnail: '/9j/' } })
})
