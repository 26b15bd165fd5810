/** What a message may hold at most; the rest of it is left out. */
export const LIMITS = {
  devices: 64,
  /** Keys of what a kernel's versions lack. */
  unsupported: 32,
  /** Viewers of one agent. */
  viewers: 16,
  /** Processes of one survey. */
  processes: 512,
  /** Of more records, the latest are kept. */
  records: 500,
  leaks: 64,
  /** Removed names of one record. */
  removed: 64,
  /** Variables that still refer to one removed name. */
  holders: 16,
  /** Holders that one search found. */
  foundHolders: 200,
  /** Parts of one holder. */
  parts: 32,
  /** Characters of an identifier. */
  idLength: 128,
  /** Characters of a name that a person gave. */
  nameLength: 256,
  /** Characters of a sentence. */
  textLength: 2000
} as const;
