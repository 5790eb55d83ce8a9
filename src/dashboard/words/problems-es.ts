import type { ProblemWords } from './problem-words.ts'

/** What is wrong with the service, in Spanish. */
export const problemsEs: ProblemWords = {
  STORE_FAILED: {
    title: 'El almacén no acepta escrituras',
    says: {
      full: 'El disco de DATA_DIR está lleno: libere espacio. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      held: 'Otro programa tiene ocupado store.sqlite: ciérrelo (una copia de seguridad, o sqlite3). Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      not_writable:
        'No se puede escribir en DATA_DIR: revise su dueño, sus permisos y cómo está montado. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      disk_fails:
        'El disco de DATA_DIR falla, o está lleno: revise el espacio libre, la cuota y el disco. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      damaged:
        'store.sqlite está dañado: pare el servicio y recupere una copia de seguridad. Hasta entonces todas las sesiones están paradas.',
      cannot_open:
        'No se puede abrir store.sqlite: revise que DATA_DIR exista, quién puede escribir en él y cuántos archivos puede haber abiertos. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      unclear:
        'No se puede guardar nada en DATA_DIR: revise el espacio libre y el disco; el error está en el registro. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_full:
        'El disco de PostgreSQL está lleno: libere espacio. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_busy:
        'PostgreSQL no admite otra conexión, o no tiene memoria: aumente max_connections, o cierre otros programas. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_slow:
        'PostgreSQL es demasiado lento, u otros retienen sus filas: mire pg_stat_activity, y qué hace su disco. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_read_only:
        'PostgreSQL es de solo lectura, como una réplica: espere al cambio de servidor, o revise DATABASE_URL. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_fails:
        'El disco de PostgreSQL falla, o sus archivos están dañados: mire su propio registro. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_rights:
        'El rol de DATABASE_URL no puede hacer lo necesario: debe ser dueño de sus tablas. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_away:
        'PostgreSQL no responde: compruebe que está en marcha, y DATABASE_URL. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
      server_unclear:
        'No se puede guardar nada en PostgreSQL: mire su registro y el nuestro. Hasta entonces todas las sesiones están paradas; se reintenta cada 2 s.',
    },
  },
  DISK_LOW: {
    title: 'El disco está casi lleno',
    says: {
      nearly_full:
        'A DATA_DIR solo le quedan {mb} MB: libere espacio, o fije cuánto se guardan las cosas (MESSAGES_KEEP_DAYS, MEDIA_KEEP_DAYS). Cuando se llene, todas las sesiones se pararán.',
      nearly_full_of_files:
        'A DATA_DIR solo le quedan {mb} MB: libere espacio, o fije cuánto se guardan los archivos (MEDIA_KEEP_DAYS). Cuando se llene, no se podrá enviar ni recibir ningún archivo; los textos siguen.',
    },
  },
  SUPERVISOR_FAILED: {
    title: 'No se puede iniciar ninguna sesión',
    says: {
      ended:
        'Un fallo terminó lo que hace funcionar las sesiones, así que el proceso acaba, y quien lo vigila (systemd, Docker) lo arranca de nuevo. Avísenos, por favor; el error está en el registro.',
    },
  },
  SHUTTING_DOWN: {
    title: 'El servicio se está apagando',
    says: { stopping: 'Quien lo vigila (systemd, Docker) lo arranca de nuevo.' },
  },
  CLIENT_OUTDATED: {
    title: 'WhatsApp rechaza esta versión',
    says: {
      refused:
        'Ninguna sesión puede conectarse: ponga en WHATSAPP_VERSION la versión que tiene hoy WhatsApp Web y reinicie; entonces todas vuelven sin un QR nuevo. Una lo reintenta por sí sola, la próxima vez el {next}.',
    },
  },
  LARAVEL_UNAVAILABLE: {
    title: 'Laravel no responde como debe',
    says: {
      failing: '{route}, desde el {since}: {cause}',
      wrong_address: 'Para todas las sesiones: {cause}',
    },
  },
  DELIVERIES_WAIT: {
    title: 'Hay chats que esperan a Laravel',
    says: {
      late: 'Chats o sesiones que esperan a Laravel desde hace más de un minuto: {count}, la más antigua desde el {since} en {route}. {cause} La página de entregas muestra lo que espera, y puede intentarlo enseguida.',
      late_in_turn:
        'Chats o sesiones que esperan a Laravel desde hace más de un minuto: {count}, la más antigua desde el {since} en {route}; aún no ha llegado su turno. La página de entregas muestra lo que espera, y puede intentarlo enseguida.',
    },
  },
  PUBLIC_URL_MISSING: {
    title: 'Falta PUBLIC_URL',
    says: {
      guessed:
        'HOST={host} no es una dirección para los enlaces a archivos que recibe Laravel: empiezan por {url}, que es una suposición. Ponga en PUBLIC_URL la dirección por la que Laravel llega a este servicio.',
    },
  },
  REDIS_UNAVAILABLE: {
    title: 'Redis no responde',
    says: {
      unusable:
        'Redis en {address} no se puede usar desde el {since} ({why}): revise que esté en marcha, y REDIS_URL. Mientras tanto las entregas siguen sin él.',
    },
  },
  SESSION_UNREADABLE: {
    title: 'Una sesión no se puede leer',
    says: {
      stand_still:
        'Estas no se pueden leer y están paradas; la página de cada una dice por qué ({count}): {sessions}. Eliminar una la borra.',
    },
  },
  CREDENTIALS_UNREADABLE: {
    title: 'Unas credenciales no se pueden leer',
    says: {
      unreadable:
        'Estas no pueden conectarse ({count}): {sessions}. Recupere DATA_DIR de una copia de seguridad, o elimínelas y vincúlelas de nuevo.',
    },
  },
  NODE_URL_SHARED: {
    title: 'Dos nodos tienen una misma dirección',
    says: {
      same_url:
        'Otro nodo dice también que se llega a él en {url}: lo que se pide de sus sesiones llega aquí, y se rechaza. Dé a cada nodo su propio NODE_URL.',
    },
  },
  MEDIA_NOT_SHARED: {
    title: 'Cada nodo guarda sus propios archivos',
    says: {
      files_apart:
        'Cada nodo guarda los archivos en su propio DATA_DIR, así que un enlace a uno no lleva a nada en los demás. Ponga en MEDIA_URL un bucket, o una carpeta que todos los nodos monten.',
    },
  },
  SESSIONS_WITHOUT_NODE: {
    title: 'Hay sesiones sin nodo',
    says: {
      no_room:
        'Ningún nodo tiene sitio para estas sesiones, que no están conectadas ({count}): aumente MAX_SESSIONS, o arranque otro nodo.',
    },
  },
  FAULTS: {
    title: 'Algo ha fallado de forma inesperada',
    says: {
      uncaught:
        'Fallos dentro del servicio desde su arranque: {count}. El registro tiene cada uno («a fault that nobody caught»); avísenos, por favor.',
    },
  },
}
