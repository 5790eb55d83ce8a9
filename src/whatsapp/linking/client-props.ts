import {
  type AuthenticationCreds,
  type BinaryNode,
  getBinaryNodeChild,
  proto,
  type WASocket,
} from '@whiskeysockets/baileys'

/**
 * Keeps with the credentials what `pair-success` says of the account, which Baileys does not read: whether its direct chats are kept by
 * LID (`<client-props>`, WhatsApp Web). They are saved with the credentials that the pairing makes; `chatsByLid` reads it.
 */
export function keepClientProps({ ws }: Pick<WASocket, 'ws'>, creds: AuthenticationCreds): void {
  ws.prependListener('CB:iq,,pair-success', (stanza: BinaryNode) => {
    const props = getBinaryNodeChild(getBinaryNodeChild(stanza, 'pair-success'), 'client-props')?.content
    if (!(props instanceof Uint8Array)) return
    try {
      const chatsByLid = proto.ClientPairingProps.decode(props).isChatDbLidMigrated === true
      creds.additionalData = { ...creds.additionalData, chatsByLid }
    } catch {
      // What cannot be read says nothing.
    }
  })
}
