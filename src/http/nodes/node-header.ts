/** Marks what another node asks and what it is answered, and shows that each is one. */
export const NODE_HEADER = 'x-whatsapp-manager-node'
