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
  /** Refuses every new row of a table, with a reason of its own. */
  refuse(table: string, why: string): void
  /** Ends that. */
  accept(table: string): void
  end(): void
}

/**
 * SQLite in the application's folder, or with LARAVEL_APP_DATABASE=mysql://user:password@host:port or postgres://… a database of its own
 * there.
 */
export function createHostDatabase(dir: string): HostDatabase {
  const server = process.env.LARAVEL_APP_DATABASE
  return server === undefined ? new SqliteFile(join(dir, 'database/database.sqlite')) : new OnServer(server)
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

  accept(): void {
    this.write('DROP TRIGGER refusing')
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

/** One query through PHP, which has the drivers: `{dsn, user, password, sql, values}` in JSON, and its rows out. */
const ASK = `$q = json_decode(stream_get_contents(STDIN), true);
  $db = new PDO($q['dsn'], $q['user'], $q['password'], [PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION, PDO::ATTR_EMULATE_PREPARES => false]);
  if (str_starts_with($q['dsn'], 'mysql:')) { $db->exec("SET SESSION sql_mode = CONCAT(@@sql_mode, ',ANSI_QUOTES')"); }
  $found = $db->prepare($q['sql']);
  $found->execute($q['values']);
  $plain = fn ($value) => is_bool($value) ? (int) $value : $value;
  $rows = $found->columnCount() > 0 ? $found->fetchAll(PDO::FETCH_ASSOC) : [];
  echo json_encode(array_map(fn ($row) => array_map($plain, $row), $rows), JSON_THROW_ON_ERROR);`

/** PostgreSQL leaves out milliseconds that are 0, and zeros behind others. */
const withMilliseconds = (_: string, value: unknown) => {
  const found =
    typeof value === 'string' ? /^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d)(?:\.(\d{1,3}))?$/.exec(value) : null
  return found === null ? value : `${found[1]}.${(found[2] ?? '').padEnd(3, '0')}`
}

const KINDS = {
  mysql: {
    port: '3306',
    /** Where databases are made. */
    home: '',
    options: ' CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci',
    refuse: (table: string, why: string) => [
      `CREATE TRIGGER refusing BEFORE INSERT ON ${table} FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${why}'`,
    ],
    accept: () => 'DROP TRIGGER refusing',
  },
  pgsql: {
    port: '5432',
    home: ';dbname=postgres',
    options: '',
    refuse: (table: string, why: string) => [
      `CREATE OR REPLACE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '${why}'; END $$`,
      `CREATE TRIGGER refusing BEFORE INSERT ON ${table} FOR EACH ROW EXECUTE FUNCTION refuse()`,
    ],
    accept: (table: string) => `DROP TRIGGER refusing ON ${table}`,
  },
}

/** A database of its own on a server. */
class OnServer implements HostDatabase {
  readonly env: Record<string, string>
  readonly #driver: keyof typeof KINDS
  readonly #name = `laravel_${randomBytes(4).toString('hex')}`

  constructor(server: string) {
    const { protocol, hostname, port, username, password } = new URL(server)
    this.#driver = protocol === 'mysql:' ? 'mysql' : 'pgsql'
    this.env = {
      ...{ DB_CONNECTION: this.#driver, DB_HOST: hostname, DB_PORT: port || this.#kind.port },
      ...{ DB_DATABASE: this.#name, DB_USERNAME: decodeURIComponent(username) },
      DB_PASSWORD: decodeURIComponent(password),
    }
    this.#ask(`CREATE DATABASE ${this.#name}${this.#kind.options}`, [], false)
  }

  get #kind() {
    return KINDS[this.#driver]
  }

  rows<T>(sql: string, values: (string | number)[]): T[] {
    return this.#ask(sql, values)
  }

  write(sql: string): void {
    this.#ask(sql, [])
  }

  refuse(table: string, why: string): void {
    for (const sql of this.#kind.refuse(table, why)) this.write(sql)
  }

  accept(table: string): void {
    this.write(this.#kind.accept(table))
  }

  end(): void {
    this.#ask(`DROP DATABASE ${this.#name}`, [], false)
  }

  #ask<T>(sql: string, values: (string | number)[], inside = true): T[] {
    const { DB_HOST, DB_PORT, DB_USERNAME, DB_PASSWORD } = this.env
    const database = inside ? `;dbname=${this.#name}` : this.#kind.home
    const charset = this.#driver === 'mysql' ? ';charset=utf8mb4' : ''
    const dsn = `${this.#driver}:host=${DB_HOST};port=${DB_PORT}${charset}${database}`
    const input = JSON.stringify({ dsn, user: DB_USERNAME, password: DB_PASSWORD, sql, values })
    const { status, stdout, stderr } = spawnSync('php', ['-r', ASK], { input, encoding: 'utf8' })
    if (status !== 0) throw new Error(`${sql}: ${stdout}${stderr}`)
    return JSON.parse(stdout, this.#driver === 'pgsql' ? withMilliseconds : undefined)
  }
}
