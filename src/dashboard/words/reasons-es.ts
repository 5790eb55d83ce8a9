import type { Reason } from '../../../machines/facts.ts'

/** Why a session is where it is, in Spanish: what is so, and what mends it. */
export const reasonsEs: Record<Reason, string> = {
  network: 'Se perdió la conexión con WhatsApp; se abre de nuevo por sí sola.',
  unknown: 'WhatsApp cortó la conexión sin un motivo conocido; se abre de nuevo por sí sola.',
  banned: 'WhatsApp cerró esta cuenta; abra WhatsApp en el teléfono para ver por qué y reclamar.',
  client_mismatch:
    'WhatsApp rechaza este cliente o dispositivo; actualice el servicio. La sesión se reintenta sola.',
  unlinked: 'El dispositivo se desvinculó de WhatsApp; vincúlelo con un QR nuevo.',
  replaced:
    'Las mismas credenciales se abrieron en otro sitio; pare el otro servicio. La sesión se reintenta sola.',
  temporarily_banned:
    'WhatsApp bloqueó la cuenta por un tiempo; envíe menos. La sesión se abre de nuevo cuando acabe.',
  client_outdated:
    'WhatsApp rechaza esta versión del cliente; ponga una actual en WHATSAPP_VERSION y reinicie el servicio.',
  overloaded: 'WhatsApp está saturado o reiniciándose; la conexión se abre de nuevo por sí sola.',
  restart_required: 'WhatsApp pidió una conexión nueva.',
  rate_limited:
    'WhatsApp quiere que esta cuenta haga menos; envíe más despacio. La conexión se abre de nuevo por sí sola.',
  unacknowledged: 'WhatsApp esperó en vano una confirmación; la conexión se abre de nuevo.',
  ping_unanswered:
    'WhatsApp no recibió a tiempo respuesta a un ping; la conexión se abre de nuevo por sí sola.',
  stream_corrupt: 'Una trama llegó dañada a WhatsApp; la conexión se abre de nuevo.',
  stanza_refused: 'WhatsApp no pudo leer lo enviado; actualice el servicio si ocurre a menudo.',
  qr_expired: 'Nadie escaneó el QR a tiempo; muestre uno nuevo.',
  pairing_refused:
    'Lo que respondió el teléfono no encaja con esta sesión; escanee el QR nuevo o escriba el código nuevo.',
  unanswered: 'WhatsApp ya no respondía en esta conexión; se abre de nuevo por sí sola.',
  undecryptable_frame: 'Una trama de WhatsApp no se pudo descifrar; la conexión se abre de nuevo.',
  handler_failed:
    'Falló el tratamiento de un evento; el error está en el registro y la conexión se abre de nuevo.',
  store_failed: 'El almacén no aceptó una escritura; revise el disco. La conexión se abre de nuevo.',
  connect_timeout: 'WhatsApp no respondió a tiempo; la conexión se reintenta.',
  laravel_inactive: 'Laravel dice que esta sesión no está activa; muestre un QR nuevo cuando lo esté.',
  passkey_expired: 'La llave de acceso que exigió WhatsApp no llegó a tiempo; vincule el teléfono de nuevo.',
  passkey_cancelled:
    'La llave de acceso se canceló; vincule el teléfono de nuevo con el próximo QR o código.',
  passkey_interrupted:
    'La sesión empezó de nuevo antes de tener la llave de acceso; vincule el teléfono con el próximo QR o código.',
  idle: 'Sin mensajes desde hace un rato; la sesión despierta con un envío, a petición o por sí sola.',
  qr_replaced: 'WhatsApp anuló el QR después de escanearlo; escanee el nuevo.',
  credentials_corrupt:
    'Las credenciales guardadas no se pueden leer; recupere DATA_DIR de una copia, o elimine la sesión y vincúlela de nuevo.',
  certificate_invalid:
    'El certificado del servidor no es de WhatsApp; revise WHATSAPP_URL y WHATSAPP_ROOT_KEY. La conexión se reintenta.',
  pairing_code_refused:
    'WhatsApp no dio ningún código de vinculación; escanee el QR, o pida otro código dentro de una hora.',
  passkey_unreadable:
    'WhatsApp exigió una llave de acceso de un modo que aquí no se conoce; actualice el servicio y vincule el teléfono de nuevo.',
  passkey_refused:
    'WhatsApp rechazó la llave de acceso; vincule el teléfono de nuevo con el próximo QR o código.',
  passkey_unanswered:
    'WhatsApp no siguió adelante con la llave de acceso; vincule el teléfono de nuevo con el próximo QR o código.',
  logged_out:
    'La sesión se cerró; vincule el teléfono con un QR nuevo. Si el teléfono aún muestra el dispositivo, quítelo allí.',
  crashed:
    'Un fallo dentro del servicio detuvo esta sesión; sigue por sí sola. El error está en el registro.',
  unreadable:
    'Sus datos guardados no se pueden leer; instale de nuevo la última versión, recupere DATA_DIR de una copia, o elimínela y vincúlela de nuevo.',
}
