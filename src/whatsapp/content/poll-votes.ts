import { createHash } from 'node:crypto'
import { decryptPollVote, type proto } from '@whiskeysockets/baileys'

/** What is needed to read votes in a poll: the secret of its message and its options in words. */
export interface Poll {
  secret: Uint8Array
  options: string[]
}

/** The poll in a message that went out; null if it is none. */
export function pollIn(message: proto.IMessage): Poll | null {
  const poll =
    message.pollCreationMessage ??
    message.pollCreationMessageV2 ??
    message.pollCreationMessageV3 ??
    message.pollCreationMessageV5
  const secret = message.messageContextInfo?.messageSecret
  if (!poll || !secret?.length) return null
  return { secret, options: (poll.options ?? []).map(({ optionName }) => optionName ?? '') }
}

/**
 * The options that were chosen, none if the vote was taken back; null if it cannot be read. A vote is sealed under the addresses
 * of both sides as the voter's phone wrote them, number or LID: the bare jids of both are tried.
 */
export function readPollVote(
  { pollCreationMessageKey, vote }: proto.Message.IPollUpdateMessage,
  poll: Poll,
  { creators, voters }: { creators: string[]; voters: string[] },
): string[] | null {
  const pollMsgId = pollCreationMessageKey?.id
  if (!pollMsgId || !vote?.encPayload || !vote.encIv) return null
  for (const pollCreatorJid of creators)
    for (const voterJid of voters) {
      try {
        const sealed = { pollCreatorJid, pollMsgId, pollEncKey: poll.secret, voterJid }
        const chosen = decryptPollVote(vote, sealed).selectedOptions ?? []
        const hashes = new Set(chosen.map(hash => Buffer.from(hash).toString('hex')))
        return poll.options.filter(option => hashes.has(createHash('sha256').update(option).digest('hex')))
      } catch {
        // Sealed under other addresses, or by somebody else.
      }
    }
  return null
}
