import { createCipheriv, hkdfSync, randomBytes } from 'node:crypto'
import { type BinaryNode, proto } from '@whiskeysockets/baileys'
import type { Account, Device } from '../accounts/account.ts'
import { mediaOf } from '../content/media.ts'
import { deliver } from '../delivery.ts'
import { child, seconds, stanza } from '../protocol/stanza.ts'
import type { World } from '../world.ts'

const { ResultType } = proto.MediaRetryNotification

/**
 * Answers a `server-error` receipt, by which a device says that the media host has a file no more: the phone puts the file there
 * under a new direct path and tells it in a `mediaretry` notification, encrypted under the media key (`decryptMediaRetryData` in
 * Baileys). A message the phone does not know is answered with an error code instead.
 */
export async function answerMediaRetry(world: World, device: Device, receipt: BinaryNode): Promise<void> {
  const { account } = device
  const id = receipt.attrs.id ?? ''
  const asked = child(receipt, 'rmr')?.attrs ?? {}
  if (account.reuploads === 'ignored') return
  const part = mediaOf(messageOf(world, account, id, asked))
  const content = part
    ? encryptedAnswer(
        id,
        part.media.mediaKey!,
        await reupload(world, account, id, part.media.directPath ?? ''),
      )
    : stanza('error', { code: ResultType.NOT_FOUND })
  const rmr = stanza('rmr', { jid: asked.jid, from_me: asked.from_me, participant: asked.participant })
  const attributes = { from: account.jid, type: 'mediaretry', id, t: seconds() }
  const node = stanza('notification', attributes, [content, rmr])
  deliver(world, device, { kind: 'notification', id, from: account.pn, node, peer: false })
}

async function reupload(
  world: World,
  account: Account,
  id: string,
  directPath: string,
): Promise<proto.IMediaRetryNotification> {
  const { files } = world.media
  const stored = files.findEvenExpired(directPath)
  if (!stored || account.reuploads === 'not-found') return { stanzaId: id, result: ResultType.NOT_FOUND }
  return { stanzaId: id, result: ResultType.SUCCESS, directPath: await files.publish(stored) }
}

function encryptedAnswer(
  id: string,
  mediaKey: Uint8Array,
  answer: proto.IMediaRetryNotification,
): BinaryNode {
  const info = 'WhatsApp Media Retry Notification'
  const key = Buffer.from(hkdfSync('sha256', mediaKey, Buffer.alloc(0), info, 32))
  const iv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', key, iv).setAAD(Buffer.from(id))
  const plain = proto.MediaRetryNotification.encode(answer).finish()
  const sealed = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()])
  return stanza('encrypt', {}, [stanza('enc_p', {}, sealed), stanza('enc_iv', {}, iv)])
}

/** The message in the account's own chats: said by the other one, or by one of its own devices. */
function messageOf(
  world: World,
  account: Account,
  id: string,
  { jid, from_me, participant }: BinaryNode['attrs'],
) {
  const own = world.contacts.get(account)
  if (from_me === 'true')
    return own?.copies.findLast(copy => copy.id === id)?.message ?? own?.sent.get(id)?.message
  const author = world.accounts.resolve(participant ?? jid)?.account
  return author && world.contacts.get(author)?.sent.get(id)?.message
}
