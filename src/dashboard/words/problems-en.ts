import type { ProblemWords } from './problem-words.ts'

/** What is wrong with the service, in English. */
export const problemsEn: ProblemWords = {
  STORE_FAILED: {
    title: 'The store takes no writes',
    says: {
      full: 'The disk of DATA_DIR is full: free some space. Every session stands still until then; it is tried every 2 s.',
      held: 'Another program holds store.sqlite: end it (a backup, or sqlite3). Every session stands still until then; it is tried every 2 s.',
      not_writable:
        'DATA_DIR cannot be written: check its owner, its mode and how it is mounted. Every session stands still until then; it is tried every 2 s.',
      disk_fails:
        'The disk of DATA_DIR fails, or is full: check free space, quota and the disk. Every session stands still until then; it is tried every 2 s.',
      damaged:
        'store.sqlite is damaged: stop the service and restore a backup. Every session stands still until then.',
      cannot_open:
        'store.sqlite cannot be opened: check that DATA_DIR is there, who may write it, and how many files may be open. Every session stands still until then; it is tried every 2 s.',
      unclear:
        'Nothing can be stored in DATA_DIR: check free space and the disk; the log has the error. Every session stands still until then; it is tried every 2 s.',
      server_full:
        'The disk of PostgreSQL is full: free some space. Every session stands still until then; it is tried every 2 s.',
      server_busy:
        'PostgreSQL has no room for one more connection, or no memory: raise max_connections, or end other programs. Every session stands still until then; it is tried every 2 s.',
      server_slow:
        'PostgreSQL is too slow, or others hold its rows: see pg_stat_activity, and what its disk does. Every session stands still until then; it is tried every 2 s.',
      server_read_only:
        'PostgreSQL is read-only, as a standby is: wait for the failover, or check DATABASE_URL. Every session stands still until then; it is tried every 2 s.',
      server_fails:
        'The disk of PostgreSQL fails, or its files are damaged: see its own log. Every session stands still until then; it is tried every 2 s.',
      server_rights:
        'The role of DATABASE_URL may not do what is needed: it must own its tables. Every session stands still until then; it is tried every 2 s.',
      server_away:
        'PostgreSQL does not answer: check that it runs, and DATABASE_URL. Every session stands still until then; it is tried every 2 s.',
      server_unclear:
        'Nothing can be stored in PostgreSQL: see its log and ours. Every session stands still until then; it is tried every 2 s.',
    },
  },
  DISK_LOW: {
    title: 'The disk is nearly full',
    says: {
      nearly_full:
        'DATA_DIR has only {mb} MB left: free some space, or set how long things are kept (MESSAGES_KEEP_DAYS, MEDIA_KEEP_DAYS). When it is full, every session stands still.',
      nearly_full_of_files:
        'DATA_DIR has only {mb} MB left: free some space, or set how long files are kept (MEDIA_KEEP_DAYS). When it is full, no file can be sent or received; texts go on.',
    },
  },
  SUPERVISOR_FAILED: {
    title: 'No session can be started',
    says: {
      ended:
        'A fault ended what runs the sessions, so the process ends, and what supervises it (systemd, Docker) starts it again. Please report it; the log has the error.',
    },
  },
  SHUTTING_DOWN: {
    title: 'The service is shutting down',
    says: { stopping: 'What supervises it (systemd, Docker) starts it again.' },
  },
  CLIENT_OUTDATED: {
    title: 'WhatsApp refuses this version',
    says: {
      refused:
        'No session can connect: set WHATSAPP_VERSION to the version that WhatsApp Web has today and restart; every session comes back then without a new QR. One tries again by itself, next at {next}.',
    },
  },
  LARAVEL_UNAVAILABLE: {
    title: 'Laravel does not answer as it should',
    says: {
      failing: '{route}, since {since}: {cause}',
      wrong_address: 'For every session: {cause}',
    },
  },
  DELIVERIES_WAIT: {
    title: 'Chats wait for Laravel',
    says: {
      late: 'Chats or sessions that wait for Laravel for over a minute: {count}, the longest since {since} on {route}. {cause} The page of deliveries lists what waits, and can try it at once.',
      late_in_turn:
        'Chats or sessions that wait for Laravel for over a minute: {count}, the longest since {since} on {route}; its turn has not come yet. The page of deliveries lists what waits, and can try it at once.',
    },
  },
  PUBLIC_URL_MISSING: {
    title: 'PUBLIC_URL is missing',
    says: {
      guessed:
        'HOST={host} names no address for the links to media that Laravel gets: they begin with {url}, which is a guess. Set PUBLIC_URL to the address under which Laravel reaches this service.',
    },
  },
  REDIS_UNAVAILABLE: {
    title: 'Redis does not answer',
    says: {
      unusable:
        'Redis at {address} cannot be used since {since} ({why}): check that it runs, and REDIS_URL. Deliveries go on without it meanwhile.',
    },
  },
  SESSION_UNREADABLE: {
    title: 'A session cannot be read',
    says: {
      stand_still:
        'These cannot be read and stand still; the page of each says why ({count}): {sessions}. Deleting one erases it.',
    },
  },
  CREDENTIALS_UNREADABLE: {
    title: 'Credentials cannot be read',
    says: {
      unreadable:
        'These cannot log in ({count}): {sessions}. Restore DATA_DIR from a backup, or delete them and link them again.',
    },
  },
  NODE_URL_SHARED: {
    title: 'Two nodes have one address',
    says: {
      same_url:
        'Another node says, too, that it is reached at {url}: what is asked of its sessions comes here, and is refused. Give each node a NODE_URL of its own.',
    },
  },
  MEDIA_NOT_SHARED: {
    title: 'Files lie on one node each',
    says: {
      files_apart:
        'Each node keeps the files in its own DATA_DIR, so that a link to one leads nowhere at the others. Set MEDIA_URL to a bucket, or to a folder that all nodes mount.',
    },
  },
  SESSIONS_WITHOUT_NODE: {
    title: 'Sessions without a node',
    says: {
      no_room:
        'No node has room for these sessions, which are not connected ({count}): raise MAX_SESSIONS, or start another node.',
    },
  },
  FAULTS: {
    title: 'Something failed unexpectedly',
    says: {
      uncaught:
        'Faults inside the service since its start: {count}. The log has each (“a fault that nobody caught”); please report them.',
    },
  },
}
