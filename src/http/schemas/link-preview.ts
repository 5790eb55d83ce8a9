import { z } from 'zod'
import type { LinkPreview } from '../../messages/send.ts'
import { base64File } from './base64-file.ts'
import { optional } from './fields.ts'

const THUMBNAIL_MAX_BYTES = 64 * 1024
const URL_MAX = 4096
const TITLE_MAX = 300
const DESCRIPTION_MAX = 1000

/** The first link in a text, as WhatsApp's clients would show it. */
const LINK = /https?:\/\/[^\s<>"]+/i

/** `link_preview` of a text: what is shown of a page, because nothing here fetches it. */
export const linkPreview = z.object({
  url: optional(z.url({ protocol: /^https?$/, error: 'must be an http:// or https:// URL' }).max(URL_MAX)),
  title: z.string().min(1, 'must not be empty').max(TITLE_MAX, `must be at most ${TITLE_MAX} characters`),
  description: optional(z.string().max(DESCRIPTION_MAX, `must be at most ${DESCRIPTION_MAX} characters`)),
  thumbnail_base64: optional(
    base64File
      .refine(
        ({ bytes }) => bytes.length <= THUMBNAIL_MAX_BYTES,
        `must be at most ${THUMBNAIL_MAX_BYTES} bytes`,
      )
      .refine(({ bytes }) => bytes.toString('hex', 0, 3) === 'ffd8ff', 'must be a JPEG'),
  ),
})

/** Whether the text has the link that is to be shown. */
export function isInText(preview: z.output<typeof linkPreview>, body: string): boolean {
  return preview.url === undefined ? LINK.test(body) : body.includes(preview.url)
}

export function previewOf(preview: z.output<typeof linkPreview>, body: string): LinkPreview {
  return {
    url: preview.url ?? LINK.exec(body)?.[0] ?? '',
    title: preview.title,
    description: preview.description ?? null,
    thumbnail: preview.thumbnail_base64?.bytes.toString('base64') ?? null,
  }
}
