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
  laravel_unreachable: 'No se llega a Laravel; compruebe que está en marcha y que LARAVEL_URL lleva a él.',
  laravel_unknown_host: 'Aquí nadie conoce el host de LARAVEL_URL; revise cómo está escrito.',
  laravel_timeout:
    'Laravel no responde a tiempo; compruebe que está en marcha y que sus rutas guardan, lanzan un job y responden enseguida.',
  laravel_certificate:
    'Aquí no se confía en el certificado de Laravel; use uno de una autoridad conocida, o indique la suya en NODE_EXTRA_CA_CERTS.',
  laravel_no_tls: 'El puerto de LARAVEL_URL no habla TLS; debe empezar por http://.',
  laravel_redirect: 'Laravel redirige; LARAVEL_URL debe ser la dirección final, con https:// si lleva allí.',
  laravel_unauthorized:
    'Laravel rechaza a este servicio (401 o 403); LARAVEL_TOKEN y LARAVEL_WEBHOOK_SECRET deben ser los que espera.',
  laravel_wrong_address:
    'Laravel no tiene esa ruta (404); LARAVEL_URL es la base de la API, que casi siempre acaba en /api, o en /whatsapp con el paquete.',
  laravel_no_route: 'Laravel no tiene ruta para esto (404); añádala a routes/api.php.',
  laravel_no_row: 'Laravel no conoce esta sesión (404); su fila debe existir antes de llamar a /start.',
  laravel_csrf: 'Las rutas están en routes/web.php de Laravel (419); páselas a routes/api.php.',
  laravel_throttled: 'Laravel limita a este servicio (429); suba el límite de su throttle, o quítelo.',
  laravel_maintenance: 'Laravel está en mantenimiento o saturado (503); seguirá por sí sola cuando vuelva.',
  laravel_server_error: 'Laravel falló (5xx); su registro dice por qué, storage/logs/laravel.log.',
  laravel_not_json: 'LARAVEL_URL lleva a una página, no a la API: la respuesta no es JSON.',
  laravel_unknown_word:
    'Laravel responde con un estado_qr que nadie conoce; debe ser pending, active o inactive.',
  laravel_refused: 'Laravel lo rechaza (4xx); su registro dice por qué, storage/logs/laravel.log.',
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
  deleted: 'La sesión se eliminó; no se guarda nada de ella.',
  logged_out:
    'La sesión se cerró; vincule el teléfono con un QR nuevo. Si el teléfono aún muestra el dispositivo, quítelo allí.',
  crashed:
    'Un fallo dentro del servicio detuvo esta sesión; sigue por sí sola. El error está en el registro.',
  unreadable:
    'Sus datos guardados no se pueden leer; instale de nuevo la última versión, recupere DATA_DIR de una copia, o elimínela y vincúlela de nuevo.',
}
