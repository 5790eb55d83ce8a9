import { ask } from './page.js'
import { startChats } from './session-chats.js'
import { startMachine } from './session-machine.js'
import { session } from './session-parts.js'
import { startStanding } from './session-standing.js'
import { startTimeline } from './session-timeline.js'
import { follow } from './stream.js'

/** The page of one session: what happens to it arrives as facts, and its parts are read anew where they say something about it. */

const standing = startStanding()
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
      void standing.read()
      if (facts.some(({ type }) => type.startsWith('message.'))) chats.readAnew()
    },
    reset: () => location.reload(),
    resumed: () => void reloadIfAnother().catch(() => {}),
  },
  `/sessions/${encodeURIComponent(session.sessionId)}/events`,
)

/** While the stream was cut, the session may have been deleted, and made again under its name. */
async function reloadIfAnother() {
  const { sessions } = await ask(`/dashboard/sessions?id=${encodeURIComponent(session.sessionId)}`)
  if (sessions[0]?.created_at !== session.createdAt) location.reload()
}
