import { proto } from '@whiskeysockets/baileys'

const { AssociationType } = proto.MessageAssociation
const { PairedMediaType } = proto.ContextInfo

/** A second file of a message: `association` and `paired` are WhatsApp's numbers for it and for its first. */
const KINDS = {
  'hd-image': { association: AssociationType.HD_IMAGE_DUAL_UPLOAD, paired: PairedMediaType.SD_IMAGE_PARENT },
  'hd-video': { association: AssociationType.HD_VIDEO_DUAL_UPLOAD, paired: PairedMediaType.SD_VIDEO_PARENT },
  'hevc-video': {
    association: AssociationType.HEVC_VIDEO_DUAL_UPLOAD,
    paired: PairedMediaType.HEVC_VIDEO_PARENT,
  },
  'motion-photo': { association: AssociationType.MOTION_PHOTO, paired: PairedMediaType.MOTION_PHOTO_PARENT },
} as const

export const DUAL_MEDIA = Object.keys(KINDS) as DualMedia[]
export type DualMedia = keyof typeof KINDS

/** The context of a message that is followed by its second file. */
export const parentContext = (kind: DualMedia): proto.IContextInfo => ({
  pairedMediaType: KINDS[kind].paired,
})
/** The context of that second file; its number follows that of its parent. */
export const childContext = (kind: DualMedia): proto.IContextInfo => ({
  pairedMediaType: KINDS[kind].paired + 1,
})

/** The message that brings a second file: `parent` is the key of the first, as its sender has it. */
export function childOf(
  parent: proto.IMessageKey,
  kind: DualMedia | 'album',
  message: proto.IMessage,
): proto.IMessage {
  const associationType = kind === 'album' ? AssociationType.MEDIA_ALBUM : KINDS[kind].association
  const messageAssociation = { associationType, parentMessageKey: parent }
  return { associatedChildMessage: { message }, messageContextInfo: { messageAssociation } }
}
