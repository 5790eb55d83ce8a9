import { startChats } from './session-chats.js'
import { startMachine } from './session-machine.js'
import { session } from './session-parts.js'
import { startTimeline } from './session-timeline.js'
import { follow } from './stream.js'

/** The page of one session: what happens to it arrives as facts, and its parts are read anew where they say something about it. */

const machine = startMachine()
const timeline = startTimeline({ show: machine.show })
const chats = startChats()

follow(
  session.lastSeq,
  {
    facts: facts => {
      if (facts.some(({ type }) => type === 'session.deleted')) return location.reload()
      const newest = Math.max(...facts.map(({ seq }) => seq))
      machine.grow(newest)
      void timeline.readNewer()
      if (facts.some(({ type }) => type.startsWith('message.'))) chats.readAnew()
    },
    reset: () => location.reload(),
  },
  `/sessions/${encodeURIComponent(session.sessionId)}/events`,
)
