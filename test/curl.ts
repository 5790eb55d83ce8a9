import { spawnSync } from 'node:child_process'

/** Whether lines that people paste can be pasted here; where not, tests that do so name what is missing. */
export const hasCurl = spawnSync('curl', ['--version']).status === 0

export const CURL_MISSING = 'curl is missing: apt-get install curl'
