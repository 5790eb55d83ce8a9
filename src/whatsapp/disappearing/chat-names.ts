import type { Store } from '../../ports/store.ts'

/** All names of a chat (full jids), a LID first. A group has one. */
export function chatNames(
  store: Pick<Store, 'people'>,
  streamId: string,
): (chat: string) => Promise<string[]> {
  return async chat => {
    const all = [...new Set([chat, ...((await store.people.find(streamId, chat))?.names ?? [])])]
    return all.sort((one, two) => Number(two.endsWith('@lid')) - Number(one.endsWith('@lid')))
  }
}
