import { spawnSync } from 'node:child_process'
import { describe, it } from 'vitest'

const INSTALL =
  'apt-get install -y --no-install-recommends php-cli php-sqlite3 php-curl php-laravel-framework php-guzzlehttp-guzzle'

/** What the host application cannot do without, each as PHP that says whether it is there. */
const NEEDED = `exit(extension_loaded('pdo_sqlite') && extension_loaded('curl')
  && stream_resolve_include_path('Illuminate/autoload.php') && stream_resolve_include_path('GuzzleHttp/autoload.php') ? 0 : 1);`

const missing =
  spawnSync('php', ['-r', NEEDED]).status === 0 ? null : `NOT TESTED against a real Laravel: ${INSTALL}`

/** Tests that need PHP and Debian's Laravel: skipped with the line that installs them, with REQUIRE_LARAVEL=1 a failure. */
export function describeWithLaravel(name: string, suite: () => void): void {
  if (missing === null) describe(name, { timeout: 60_000 }, suite)
  else if (process.env.REQUIRE_LARAVEL === '1') {
    it(name, () => {
      throw new Error(`REQUIRE_LARAVEL=1, but ${missing}`)
    })
  } else {
    process.stderr.write(`${missing}\n`)
    describe.skip(`${name} (${missing})`, suite)
  }
}
