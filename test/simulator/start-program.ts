import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { UserFacingSocketConfig } from '@whiskeysockets/baileys'
import { type AuthenticationCreds, BufferJSON, WA_CERT_DETAILS } from '@whiskeysockets/baileys'
import { afterEach } from 'vitest'
import { Client, memoryAuth } from './baileys-client.ts'

const PROGRAM = new URL('../../simulator/main.ts', import.meta.url).pathname

/** Processes and clients that end with the test. */
export const children: ChildProcess[] = []
const clients: Client[] = []
afterEach(async () => {
  for (const one of clients.splice(0)) await one.end()
  for (const child of children.splice(0)) if (child.exitCode === null) child.kill('SIGKILL')
})

type Started = { url: string; rootKey: string; admin: string; mediaHost: string; mediaCa: string }

/** The simulator as a process of its own, with its admin API. */
export async function program(...flags: string[]) {
  const child = spawn(process.execPath, [PROGRAM, '--json', ...flags], { stdio: ['pipe', 'pipe', 'inherit'] })
  children.push(child)
  const [line] = await once(createInterface(child.stdout), 'line')
  const started = JSON.parse(String(line)) as Started
  WA_CERT_DETAILS.PUBLIC_KEY = Buffer.from(started.rootKey, 'hex')
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${started.admin}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return { status: response.status, json: text ? JSON.parse(text, BufferJSON.reviver) : undefined }
  }
  const client = (creds?: AuthenticationCreds, config?: Partial<UserFacingSocketConfig>) => {
    const one = new Client(started.url, memoryAuth(creds), config)
    clients.push(one)
    return one
  }
  return { child, started, call, client }
}
