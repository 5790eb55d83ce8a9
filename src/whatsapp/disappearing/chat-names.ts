import type { Store } from '../../ports/store.ts'
import { parseJid } from '../jid.ts'

/** All names of a chat (full jids), a LID first; `lidMapping` is that of `AuthState`. A group has one. */
export function chatNames(
  store: Pick<Store, 'people'>,
  streamId: string,
  lidMapping: (user: string) => string | null,
): (chat: string) => string[] {
  return chat => {
    const { user = '', server } = parseJid(chat) ?? {}
    if (server !== 'lid' && server !== 's.whatsapp.net') return [chat]
    const other = server === 'lid' ? lidMapping(`${user}_reverse`) : lidMapping(user)
    const names = store.people.find(streamId, chat)?.names ?? []
    const mapped = other && `${other}@${server === 'lid' ? 's.whatsapp.net' : 'lid'}`
    const all = [...new Set([chat, ...names, ...(mapped ? [mapped] : [])])]
    return all.sort((one, two) => Number(two.endsWith('@lid')) - Number(one.endsWith('@lid')))
  }
}
