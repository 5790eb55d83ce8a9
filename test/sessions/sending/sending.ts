import { type FakeSocket, picture, text } from '../fakes.ts'
import { closedAs, type World } from '../world.ts'

export const ANA = '34611111111'
export const EVA = '34622222222'

/** The words of what left: bodies, and captions of pictures. */
export const bodies = (socket: FakeSocket) =>
  socket.sent.map(({ content }) =>
    'body' in content ? content.body : 'caption' in content ? content.caption : content.type,
  )

/** What tests of sends do and look at, in the world of the moment; the session is `s1`. */
export const sendingIn = (world: () => World) => ({
  send: (to = ANA, body = 'hello', waitMs = 4000) =>
    world().commands.send('s1', text(to, body), world().clock.now() + waitMs),
  sendPicture: (caption: string, to = ANA) =>
    world().commands.send('s1', picture(to, caption), world().clock.now() + 4000),
  ack: (socket: FakeSocket, messageId: string) =>
    socket.owner.updated({ messageId, status: 'sent', at: world().clock.now() }),
  message: (id: string) => world().stored.messages.find(world().entry().actor.streamId, id, 'out')!,
  /** The steps of a message in the log. */
  facts: (id: string) =>
    world()
      .rows()
      .filter(({ data }) => data.messageId === id)
      .map(({ type }) => type.replace('message.', '')),
  disconnect: async (socket: FakeSocket) => {
    socket.report(closedAs('backoff'))
    await world().settle()
  },
  reconnect: async () => {
    await world().waitForRetry()
    return world().openSocket()
  },
})
