import type { ICellRecord } from '../core/wire/generated';

/** Hexadecimal digits that the agent keeps of a digest. */
const KEPT_DIGITS = 16;

/**
 * The agent's `code_digest` of some code: the beginning of its SHA-256.
 *
 * Null in a page that is not secure (plain HTTP from elsewhere), where browsers
 * offer no SHA-256.
 */
export async function codeDigest(code: string): Promise<string | null> {
  const subtle = globalThis.crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) {
    return null;
  }
  const digest = await subtle.digest('SHA-256', new TextEncoder().encode(code));
  return Array.from(new Uint8Array(digest), byte =>
    byte.toString(16).padStart(2, '0')
  )
    .join('')
    .slice(0, KEPT_DIGITS);
}

/**
 * Whether a record is of a run of this cell.
 *
 * A server that runs the cells itself may not tell the kernel which cell it is;
 * then the code tells, where its digest is known.
 */
export function isRunOf(
  record: ICellRecord,
  cellId: string,
  digest: string | null
): boolean {
  return record.cellId === null
    ? record.codeDigest === digest
    : record.cellId === cellId;
}
