import {
  makeWASocket,
  type SignalKeyStore,
  type UserFacingSocketConfig,
  type WASocket,
} from '@whiskeysockets/baileys'
import { nameCallAcks } from '../patches/call-acks.ts'
import { flushBufferAtEnd } from '../patches/dropped-buffer.ts'
import { ignoreEarlySuccess } from '../patches/early-success.ts'
import { captureListenerRejections, type RejectionHandlers } from '../patches/listener-rejections.ts'
import { mendPrivacyTokens } from '../patches/privacy-tokens.ts'
import { answerRefusedPairing } from '../patches/refused-pairing.ts'
import { watchRefusedUpgrade } from '../patches/refused-upgrade.ts'
import { limitClosing } from '../patches/unanswered-close.ts'
import { ackWhileUnlinked } from '../patches/unlinked-acks.ts'
import { rawWebSocket } from '../raw-websocket.ts'
import { WriteGate } from '../write-gate.ts'

export interface SocketProblems extends RejectionHandlers {
  /** The upgrade to a WebSocket was answered with an HTTP status. */
  upgradeRefused(status: number): void
  /** What the phone said at the end of pairing cannot be accepted; the server was told so. */
  pairingRefused(code: number, text: string): void
}

/** Opens a socket of Baileys whose defects are mended; `stored` is the key store under its transactions. */
export function openBaileysSocket(
  config: UserFacingSocketConfig,
  stored: SignalKeyStore,
  problems: SocketProblems,
): { baileys: WASocket; writes: WriteGate } {
  const baileys = captureListenerRejections(() => makeWASocket(config), problems)
  const websocket = rawWebSocket(baileys)
  watchRefusedUpgrade(baileys, problems.upgradeRefused)
  limitClosing(websocket)
  mendPrivacyTokens(baileys, stored)
  nameCallAcks(baileys)
  ackWhileUnlinked(baileys)
  answerRefusedPairing(baileys, problems.pairingRefused)
  ignoreEarlySuccess(baileys)
  flushBufferAtEnd(baileys)
  return { baileys, writes: new WriteGate(websocket) }
}
