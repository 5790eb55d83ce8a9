import { GroupCipher } from '@whiskeysockets/baileys/lib/Signal/Group/group_cipher.js'
import { GroupSessionBuilder } from '@whiskeysockets/baileys/lib/Signal/Group/group-session-builder.js'
import { SenderKeyDistributionMessage } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-distribution-message.js'
import { SenderKeyName } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-name.js'
import { SenderKeyRecord } from '@whiskeysockets/baileys/lib/Signal/Group/sender-key-record.js'

const NAME = new SenderKeyName('123@g.us', {
  id: '34611000001',
  deviceId: 0,
  toString: () => '34611000001.0',
})

/** A device in a group with one author, and the author's record as Baileys stores it. */
export class GroupDevice {
  stored: Buffer | undefined

  async loadSenderKey(): Promise<SenderKeyRecord> {
    return this.stored ? SenderKeyRecord.deserialize(this.stored) : new SenderKeyRecord()
  }

  async storeSenderKey(_: unknown, record: SenderKeyRecord): Promise<void> {
    this.stored = Buffer.from(JSON.stringify(record.serialize()))
  }

  /** What others need to read it from now on. */
  async distribution(): Promise<Uint8Array> {
    return (await new GroupSessionBuilder(this).create(NAME)).serialize()
  }

  async learn(distribution: Uint8Array): Promise<void> {
    const message = new SenderKeyDistributionMessage(null, null, null, null, distribution)
    await new GroupSessionBuilder(this).process(NAME, message)
  }

  /** `text 0`, `text 1`, … */
  async say(count: number): Promise<Uint8Array[]> {
    const sealed: Uint8Array[] = []
    for (let n = 0; n < count; n++)
      sealed.push(await new GroupCipher(this, NAME).encrypt(Buffer.from(`text ${n}`)))
    return sealed
  }

  async read(sealed: Uint8Array): Promise<string> {
    return Buffer.from(await new GroupCipher(this, NAME).decrypt(Buffer.from(sealed))).toString()
  }
}
