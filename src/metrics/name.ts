/** The name under which Prometheus knows one of our metrics. */
export const named = (name: string): string => `whatsapp_manager_${name}`
