import { spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Where an application keeps what it has, as a test looks at it from outside. */
export interface HostDatabase {
  /** What its .env says of it. */
  readonly env: Record<string, string>
  rows<T>(sql: string, values: (string | number)[]): T[]
  write(sql: string): void
  /** Refuses every new row of a table, with a reason of its own, until `DROP TRIGGER refusing`. */
  refuse(table: string, why: string): void
  end(): void
}

/** SQLite in the application's folder, or with LARAVEL_APP_DATABASE=mysql://user:password@host:port a database of its own there. */
export function createHostDatabase(dir: string): HostDatabase {
  const server = process.env.LARAVEL_APP_DATABASE
  return server === undefined
    ? new SqliteFile(join(dir, 'database/database.sqlite'))
    : new MysqlSchema(server)
}

/** With LARAVEL_APP_QUEUE=redis://host:port jobs are queued there, else in the database. */
export function queueEnv(): Record<string, string> {
  const server = process.env.LARAVEL_APP_QUEUE
  if (server === undefined) return { QUEUE_CONNECTION: 'database' }
  const { hostname, port } = new URL(server)
  const prefix = `laravel-${randomBytes(4).toString('hex')}:`
  return { QUEUE_CONNECTION: 'redis', REDIS_HOST: hostname, REDIS_PORT: port || '6379', REDIS_PREFIX: prefix }
}

class SqliteFile implements HostDatabase {
  readonly env = {}
  readonly #path: string

  constructor(path: string) {
    this.#path = path
    this.write('PRAGMA journal_mode = WAL')
  }

  rows<T>(sql: string, values: (string | number)[]): T[] {
    return this.#with(db => db.prepare(sql).all(...values) as T[])
  }

  write(sql: string): void {
    this.#with(db => db.exec(sql))
  }

  refuse(table: string, why: string): void {
    this.write(`CREATE TRIGGER refusing BEFORE INSERT ON ${table} BEGIN SELECT RAISE(ABORT, '${why}'); END`)
  }

  end(): void {}

  #with<T>(use: (db: DatabaseSync) => T): T {
    const db = new DatabaseSync(this.#path, { timeout: 5_000 })
    try {
      return use(db)
    } finally {
      db.close()
    }
  }
}

/** One query through PHP, which has the driver: `{dsn, user, password, sql, values}` in JSON, and its rows out. */
const ASK = `$q = json_decode(stream_get_contents(STDIN), true);
  $db = new PDO($q['dsn'], $q['user'], $q['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false]);
  $db->exec("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')");
  $found = $db->prepare($q['sql']);
  $found->execute($q['values']);
  echo json_encode($found->columnCount() > 0 ? $found->fetchAll(PDO::FETCH_ASSOC) : [], JSON_THROW_ON_ERROR);`

class MysqlSchema implements HostDatabase {
  readonly env: Record<string, string>
  readonly #server: URL
  readonly #name = `laravel_${randomBytes(4).toString('hex')}`

  constructor(server: string) {
    this.#server = new URL(server)
    const { hostname, port, username, password } = this.#server
    this.env = {
      ...{ DB_CONNECTION: 'mysql', DB_HOST: hostname, DB_PORT: port || '3306', DB_DATABASE: this.#name },
      ...{ DB_USERNAME: decodeURIComponent(username), DB_PASSWORD: decodeURIComponent(password) },
    }
    this.#ask(`CREATE DATABASE ${this.#name} CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci`, [], false)
  }

  rows<T>(sql: string, values: (string | number)[]): T[] {
    return this.#ask(sql, values)
  }

  write(sql: string): void {
    this.#ask(sql, [])
  }

  refuse(table: string, why: string): void {
    this.write(
      `CREATE TRIGGER refusing BEFORE INSERT ON ${table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${why}'`,
    )
  }

  end(): void {
    this.#ask(`DROP DATABASE ${this.#name}`, [])
  }

  #ask<T>(sql: string, values: (string | number)[], inside = true): T[] {
    const { DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD } = this.env
    const dsn = `mysql:host=${DB_HOST};port=${DB_PORT};charset=utf8mb4${inside ? `;dbname=${this.#name}` : ''}`
    const input = JSON.stringify({ dsn, user: DB_USERNAME, password: DB_PASSWORD, sql, values })
    const { status, stdout, stderr } = spawnSync('php', ['-r', ASK], { input, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${sql}: ${stdout}${stderr}`)
    return JSON.parse(stdout)
  }
}
