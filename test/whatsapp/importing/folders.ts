import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type AuthenticationCreds, BufferJSON, initAuthCreds } from '@whiskeysockets/baileys'

/** Credentials as of a device that a phone has linked; nobody can log in with them. */
export function pairedCreds(me: Partial<NonNullable<AuthenticationCreds['me']>> = {}): AuthenticationCreds {
  return {
    ...initAuthCreds(),
    me: { id: '34600000001:3@s.whatsapp.net', lid: '100000000000001:3@lid', name: 'Shop', ...me },
    account: { details: new Uint8Array([1]) },
  }
}

/** Writes a folder as `useMultiFileAuthState` does; what is text is written as it is. */
export function writeAuthFolder(folder: string, files: Record<string, unknown>): string {
  mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) {
    const text = typeof content === 'string' ? content : JSON.stringify(content, BufferJSON.replacer)
    writeFileSync(join(folder, name), text)
  }
  return folder
}
