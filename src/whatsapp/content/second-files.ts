import { proto } from '@whiskeysockets/baileys'
import { type Ignored, ignored } from './parsed-content.ts'

const { AssociationType } = proto.MessageAssociation

/** A picture or video sent again in a better quality, as a message of its own that phones show in the place of the first. */
const BETTER: ReadonlySet<number> = new Set([
  AssociationType.HD_VIDEO_DUAL_UPLOAD,
  AssociationType.HD_IMAGE_DUAL_UPLOAD,
  AssociationType.HEVC_VIDEO_DUAL_UPLOAD,
])

/**
 * The message whose place this one takes, or why it is dropped; null for one of its own. What belongs to another message says so in
 * `messageContextInfo.messageAssociation`; album pictures and others beside their head are messages of their own.
 */
export function placeOf({ messageContextInfo }: proto.IMessage): { replaces: string } | Ignored | null {
  const { associationType, parentMessageKey } = messageContextInfo?.messageAssociation ?? {}
  if (associationType === AssociationType.MOTION_PHOTO) return ignored('the moving part of a photo')
  if (!associationType || !BETTER.has(associationType) || !parentMessageKey?.id) return null
  return { replaces: parentMessageKey.id }
}
