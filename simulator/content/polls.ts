import { createHash, randomBytes } from 'node:crypto'
import { extractMessageContent, proto } from '@whiskeysockets/baileys'
import { type Spoilt, seal, unseal } from './sealing.ts'

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
export function sealVote(
  options: readonly string[],
  ballot: Ballot,
  spoilt: Spoilt = {},
): proto.Message.IPollEncValue {
  const plain = proto.Message.PollVoteMessage.encode({ selectedOptions: options.map(hashOf) }).finish()
  return seal(plain, sealOf(ballot), spoilt)
}

/** The answers that were chosen; undefined when the vote is not for this ballot. Answers the poll does not have are left out. */
export function openVote(
  vote: proto.Message.IPollEncValue,
  options: readonly string[],
  ballot: Ballot,
): string[] | undefined {
  const plain = unseal(vote, sealOf(ballot))
  if (!plain) return undefined
  const { selectedOptions } = proto.Message.PollVoteMessage.decode(plain)
  return options.filter(option => selectedOptions.some(hash => hashOf(option).equals(hash)))
}

const hashOf = (option: string) => createHash('sha256').update(option).digest()
const sealOf = ({ pollId: id, secret, creator: author, voter: by }: Ballot) =>
  ({ label: 'Poll Vote', id, secret, author, by }) as const
