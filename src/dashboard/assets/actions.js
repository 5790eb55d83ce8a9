/** @param {import('./session-table.js').SessionTable} _table */
export function startActions(_table) {}
