import { createCipheriv, createDecipheriv, createHash, createHmac, randomBytes } from 'node:crypto'
import { extractMessageContent, proto } from '@whiskeysockets/baileys'

/** A question with answers to choose from; `selectable` answers at most, 0 for any number. */
export type PollContent = { poll: { name: string; options: string[]; selectable?: number } }

/** Whom a vote is about: both jids must be written as the voter wrote them. */
export type Ballot = { pollId: string; secret: Uint8Array; creator: string; voter: string }

/** The message that opens a poll, with the secret that votes are encrypted under. */
export function pollMessage({ poll: { name, options, selectable = 1 } }: PollContent): proto.IMessage {
  const poll = {
    name,
    options: options.map(optionName => ({ optionName })),
    selectableOptionsCount: selectable,
  }
  const messageContextInfo = { messageSecret: randomBytes(32) }
  return selectable === 1
    ? { messageContextInfo, pollCreationMessageV3: poll }
    : { messageContextInfo, pollCreationMessage: poll }
}

/** The poll in a message, of any of its three generations, and its secret. */
export function pollOf(message: proto.IMessage) {
  const content = extractMessageContent(message)
  const poll =
    content?.pollCreationMessage ?? content?.pollCreationMessageV2 ?? content?.pollCreationMessageV3
  const secret = message.messageContextInfo?.messageSecret
  return poll && secret
    ? { options: (poll.options ?? []).map(({ optionName }) => optionName ?? ''), secret }
    : undefined
}

/** Encrypts the chosen answers, as `decryptPollVote` in Baileys reads them. */
export function sealVote(options: readonly string[], ballot: Ballot): proto.Message.IPollEncValue {
  const encIv = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', keyOf(ballot), encIv).setAAD(aadOf(ballot))
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOf) }).finish()
  return { encPayload: Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]), encIv }
}

/** The answers that were chosen; undefined when the vote is not for this ballot. Answers the poll does not have are left out. */
export function openVote(
  { encPayload, encIv }: proto.Message.IPollEncValue,
  options: readonly string[],
  ballot: Ballot,
): string[] | undefined {
  if (!encPayload || !encIv) return undefined
  const decipher = createDecipheriv('aes-256-gcm', keyOf(ballot), encIv).setAAD(aadOf(ballot))
  decipher.setAuthTag(encPayload.subarray(-16))
  let plain: Buffer
  try {
    plain = Buffer.concat([decipher.update(encPayload.subarray(0, -16)), decipher.final()])
  } catch {
    return undefined
  }
  const { selectedOptions } = proto.Message.PollVoteMessage.decode(plain)
  return options.filter(option => selectedOptions.some(hash => hashOf(option).equals(hash)))
}

const hashOf = (option: string) => createHash('sha256').update(option).digest()
const aadOf = ({ pollId, voter }: Ballot) => Buffer.from(`${pollId}\0${voter}`)

function keyOf({ pollId, secret, creator, voter }: Ballot): Buffer {
  const inner = createHmac('sha256', Buffer.alloc(32)).update(secret).digest()
  return createHmac('sha256', inner).update(`${pollId}${creator}${voter}Poll Vote\x01`).digest()
}
