import { GatewayError } from '../base/errors.ts'

const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG'])

/** MEDIA_STORE_FAILED for what the disk refused; `where` is what it is called in the configuration. What others say stays as it is. */
export function diskFailure(error: unknown, where = 'DATA_DIR'): GatewayError {
  if (error instanceof GatewayError) return error
  const code = diskCodeOf(error)
  const message = FULL.has(code)
    ? `There is no room for media in ${where} (${code}): free space on its disk`
    : `Media cannot be kept in ${where} (${code}): check its disk and its permissions`
  return new GatewayError('MEDIA_STORE_FAILED', message, { cause: error })
}

export const isMissing = (error: unknown): boolean =>
  ['ENOENT', 'ENOTDIR', 'ELOOP'].includes(diskCodeOf(error))

function diskCodeOf(error: unknown): string {
  return String((error as { code?: unknown } | null)?.code ?? 'unknown')
}
