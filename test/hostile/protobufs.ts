import { proto } from '@whiskeysockets/baileys'
import { type WireFields, type WireValue, wire } from '../../simulator/content/wire.ts'
import { below, bytes, mutate, pick, type Random, text } from './random.ts'

const encode = (message: proto.IMessage) => proto.Message.encode(message).finish()

/** A message as no client should write it. */
export function message(random: Random, ids: readonly string[]): Uint8Array {
  const kind = random()
  if (kind < 0.4) return encode(known(random, ids))
  if (kind < 0.7) return mutate(random, encode(known(random, ids)))
  if (kind < 0.72) return nested(pick(random, [37, 40, 53, 55, 58]), pick(random, [50, 400, 3000]))
  if (kind < 0.95) return wire(fields(random, 0))
  return bytes(random, below(random, 200))
}

/** Fields by numbers alone: wrong types, nested without sense. */
function fields(random: Random, depth: number): WireFields {
  const all: Record<number, WireValue> = {}
  for (let i = 1 + below(random, 4); i > 0; i--) {
    const kind = random()
    all[1 + below(random, depth === 0 ? 120 : 20)] =
      kind < 0.3
        ? text(random)
        : kind < 0.5
          ? BigInt(below(random, 2 ** 31)) ** BigInt(below(random, 3))
          : kind < 0.6
            ? bytes(random, below(random, 40))
            : depth > 5
              ? 1
              : fields(random, depth + 1)
  }
  return all
}

/** The same wrapper in itself: `FutureProofMessage`s hold their message in field 1. */
function nested(field: number, levels: number): Uint8Array {
  let inner = encode({ conversation: 'deep' })
  for (let i = 0; i < levels; i++) inner = wire({ [field]: wire({ 1: inner }) })
  return inner
}

function known(random: Random, ids: readonly string[]): proto.IMessage {
  const id = () => pick(random, ids)
  const some = () => text(random)
  const number = () => pick(random, [0, 1, -1, 2 ** 31 - 1, -(2 ** 31), 4_294_967_295])
  const key = () => ({ remoteJid: some(), id: id(), fromMe: random() < 0.5, participant: some() })
  const quoted = (depth: number): proto.IContextInfo => ({
    stanzaId: id(),
    participant: some(),
    remoteJid: some(),
    mentionedJid: [some(), some()],
    expiration: number(),
    quotedMessage:
      depth > 40
        ? { conversation: some() }
        : { extendedTextMessage: { text: some(), contextInfo: quoted(depth + 1 + below(random, 20)) } },
    externalAdReply: { title: some(), sourceUrl: some(), body: some(), thumbnail: bytes(random, 5) },
  })
  const contextInfo = random() < 0.6 ? quoted(0) : undefined
  const file = () => ({
    url: pick(random, [
      some(),
      'file:///etc/passwd',
      'http://169.254.169.254/x',
      'https://mmg.whatsapp.net/x',
    ]),
    directPath: pick(random, [some(), '/v/t62/x', '//evil.example/x', '/../../x']),
    mediaKey: bytes(random, pick(random, [0, 1, 31, 32, 33])),
    fileSha256: bytes(random, pick(random, [0, 31, 32])),
    fileEncSha256: bytes(random, pick(random, [0, 32])),
    fileLength: number() >>> 0,
    mimetype: some(),
    caption: some(),
    contextInfo,
  })
  const makes: (() => proto.IMessage)[] = [
    () => ({ conversation: some() }),
    () => ({
      extendedTextMessage: {
        text: some(),
        matchedText: some(),
        contextInfo,
        jpegThumbnail: bytes(random, 9),
      },
    }),
    () => ({ imageMessage: { ...file(), height: number() >>> 0, width: number() >>> 0 } }),
    () => ({ videoMessage: { ...file(), seconds: number() >>> 0, gifPlayback: true } }),
    () => ({ audioMessage: { ...file(), ptt: true, seconds: number() >>> 0, waveform: bytes(random, 70) } }),
    () => ({ documentMessage: { ...file(), fileName: some(), title: some(), pageCount: number() >>> 0 } }),
    () => ({ documentWithCaptionMessage: { message: { documentMessage: { ...file(), fileName: some() } } } }),
    () => ({ stickerMessage: { ...file(), isAnimated: true } }),
    () => ({
      locationMessage: { degreesLatitude: Number.NaN, degreesLongitude: number() * 1e300, name: some() },
    }),
    () => ({ contactMessage: { displayName: some(), vcard: some() } }),
    () => ({ contactsArrayMessage: { displayName: some(), contacts: [{}, { vcard: some() }] } }),
    () => ({ reactionMessage: { key: key(), text: some(), senderTimestampMs: number() >>> 0 } }),
    () => ({
      encReactionMessage: {
        targetMessageKey: key(),
        encPayload: bytes(random, 30),
        encIv: bytes(random, 12),
      },
    }),
    () => ({
      pollCreationMessageV3: {
        name: some(),
        options: [{ optionName: some() }, {}],
        selectableOptionsCount: number() >>> 0,
      },
    }),
    () => ({
      pollUpdateMessage: {
        pollCreationMessageKey: key(),
        vote: { encPayload: bytes(random, 40), encIv: bytes(random, 12) },
      },
    }),
    () => ({
      protocolMessage: {
        type: below(random, 30),
        key: key(),
        editedMessage: { conversation: some() },
        timestampMs: number() >>> 0,
        ephemeralExpiration: number() >>> 0,
      },
    }),
    () => ({
      editedMessage: {
        message: { protocolMessage: { type: 14, key: key(), editedMessage: { conversation: some() } } },
      },
    }),
    () => ({ viewOnceMessageV2: { message: { imageMessage: file() } } }),
    () => ({ ephemeralMessage: { message: { ephemeralMessage: { message: known(random, ids) } } } }),
    () => ({ buttonsResponseMessage: { selectedButtonId: some(), contextInfo } }),
    () => ({
      listResponseMessage: { title: some(), singleSelectReply: { selectedRowId: some() }, contextInfo },
    }),
    () => ({
      interactiveResponseMessage: {
        body: { text: some() },
        nativeFlowResponseMessage: {
          name: some(),
          paramsJson: pick(random, ['{', '[]', '{"__proto__":1}', some()]),
        },
      },
    }),
    () => ({
      templateMessage: {
        hydratedTemplate: {
          hydratedContentText: some(),
          hydratedButtons: [{}, { urlButton: { displayText: some(), url: some() } }],
        },
      },
    }),
    () => ({
      interactiveMessage: {
        body: { text: some() },
        nativeFlowMessage: { buttons: [{ name: some(), buttonParamsJson: '{"a":' }] },
      },
    }),
    () => ({
      orderMessage: {
        orderId: some(),
        token: some(),
        itemCount: number(),
        totalAmount1000: number() >>> 0,
        totalCurrencyCode: some(),
      },
    }),
    () => ({
      productMessage: { product: { productId: some(), title: some(), priceAmount1000: number() >>> 0 } },
    }),
    () => ({ groupInviteMessage: { groupJid: some(), inviteCode: some(), groupName: some() } }),
    () => ({
      senderKeyDistributionMessage: {
        groupId: some(),
        axolotlSenderKeyDistributionMessage: bytes(random, 40),
      },
    }),
    () => ({ deviceSentMessage: { destinationJid: some(), message: { conversation: some() } } }),
    () => ({
      messageContextInfo: { messageSecret: bytes(random, pick(random, [0, 31, 32])) },
      conversation: some(),
    }),
    () => ({
      secretEncryptedMessage: {
        targetMessageKey: key(),
        encPayload: bytes(random, 40),
        encIv: bytes(random, 12),
        secretEncType: below(random, 5),
      },
    }),
    () => ({ eventMessage: { name: some(), description: some(), startTime: number() >>> 0, location: {} } }),
  ]
  return pick(random, makes)()
}
