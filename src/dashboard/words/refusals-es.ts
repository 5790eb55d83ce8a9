import type { RefusalWords } from './refusals.ts'

/** What the service refuses, in Spanish. */
export const refusalsEs: RefusalWords = {
  UNAUTHENTICATED: 'Su acceso ha terminado; entre de nuevo.',
  ORIGIN_FORBIDDEN: 'Esta página tiene otra dirección que la que espera el servicio; ábrala en la suya.',
  READ_ONLY: 'Este acceso solo puede leer; entre con una clave que pueda cambiar cosas.',
  NOT_FOUND: 'No hay nada en esta dirección.',
  SESSION_NOT_FOUND: 'No hay ninguna sesión con este nombre.',
  EVENT_NOT_FOUND: 'Ese hecho ya no existe.',
  QR_NOT_AVAILABLE: 'Ahora no hay ningún QR que escanear.',
  PAIRING_CODE_NOT_AVAILABLE: 'Ahora no hay ningún código de vinculación.',
  PASSKEY_NOT_ASKED: 'WhatsApp ya no exige ninguna llave de acceso.',
  DELIVERY_NOT_FOUND: 'Laravel ya la tiene, o ya no se guarda.',
  CONFLICT: 'Una sesión con este nombre es de otro usuario, o cambió entretanto; elija otro nombre.',
  DELETING: 'La sesión se está eliminando; espere a que desaparezca.',
  SESSION_NOT_CONNECTED: 'La sesión no está conectada.',
  SESSION_LOGGED_OUT: 'La sesión está desvinculada; vincule antes un teléfono.',
  STATE_FORBIDS: 'No es posible en el estado en que está ahora la sesión.',
  SESSION_UNREADABLE: 'Los datos guardados de la sesión no se pueden leer; solo se puede eliminar.',
  MESSAGES_REMOVED: 'Los mensajes de este tramo ya no se guardan.',
  VALIDATION_FAILED: 'Estos campos no son correctos: {fields}.',
  TOO_MANY_REQUESTS: 'Demasiado a la vez; espere un momento y vuelva a intentarlo.',
  INTERNAL: 'Algo inesperado falló dentro del servicio; el error está en el registro.',
  SHUTTING_DOWN: 'El servicio se está apagando; inténtelo dentro de un momento.',
  STORE_FAILED: 'Ahora no se puede guardar nada; el motivo está en la página de todas las sesiones.',
  WHATSAPP_UNANSWERED: 'WhatsApp no respondió; inténtelo de nuevo.',
}
