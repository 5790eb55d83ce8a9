import { createRequire } from 'node:module'
import type * as undici from 'undici'

/**
 * What is used of undici, file by file: its index also loads fetch, WebSockets, mocks and caches, 80 files that cost every process memory
 * and every start time.
 */

const load = createRequire(import.meta.url)

export const Agent = load('undici/lib/dispatcher/agent.js') as typeof undici.Agent
export const buildConnector = load('undici/lib/core/connect.js') as typeof undici.buildConnector

// As the index does it.
const { prototype } = load('undici/lib/dispatcher/dispatcher.js') as typeof undici.Dispatcher
Object.assign(prototype, load('undici/lib/api/index.js'))
