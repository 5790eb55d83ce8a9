import { follow } from './stream.js'

export const start = follow
