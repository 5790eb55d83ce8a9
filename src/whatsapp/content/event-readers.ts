import type { WholeMessage } from '../protobuf/newer-fields.ts'
import type { ContentReader } from './content-readers.ts'
import { lines } from './parsed-content.ts'

/** Name and description of an event; when and where it is, and its link, one a line. */
export const event: ContentReader = ({ eventMessage: event }) => ({
  type: 'event',
  body: lines([event?.name, event?.description]),
  caption: lines([
    event?.isCanceled ? CANCELED : null,
    time(event?.startTime),
    time(event?.endTime),
    event?.location?.name,
    event?.location?.address,
    event?.joinLink,
  ]),
})

export const eventInvite: ContentReader = ({ eventInviteMessage: invite }) => ({
  type: 'event',
  body: lines([invite?.title, invite?.caption]),
  caption: lines([
    invite?.isCanceled ? CANCELED : null,
    time(invite?.startTime),
    time(invite?.endTime),
    invite?.callLink,
  ]),
})

export const scheduledCall: ContentReader = ({ scheduledCallCreationMessage: call }) => ({
  type: 'event',
  body: call?.title || null,
  caption: time(Number(call?.scheduledTimestampMs ?? 0) / 1000),
})

const CANCELED = 'canceled'
/** The latest time that a Date can be, in seconds. */
const MAX_SECONDS = 8.64e12

/** Seconds, as a number or as a Long; null for what is no time. */
function time(seconds: unknown): string | null {
  const number = Number(seconds ?? 0)
  return number > 0 && number < MAX_SECONDS ? new Date(number * 1000).toISOString() : null
}

/** Words of a result of a poll: the question and how many chose each option. */
export const pollResults =
  (field: 'pollResultSnapshotMessage' | 'pollResultSnapshotMessageV3'): ContentReader =>
  (message: WholeMessage) => ({
    type: 'text',
    body: lines([
      message[field]?.name,
      ...(message[field]?.pollVotes ?? []).map(
        ({ optionName, optionVoteCount }) => `${optionName ?? ''}: ${Number(optionVoteCount ?? 0)}`,
      ),
    ]),
  })
