/**
 * What Python's `json` writes, which is JSON but for `Infinity`, `-Infinity` and
 * `NaN`: transformers writes them into configs (`time_step_limit`).
 *
 * @throws SyntaxError for what is neither.
 */
export function parsePythonJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    const plain = withoutConstants(text);
    if (plain === text) {
      throw error;
    }
    return JSON.parse(plain) as unknown;
  }
}

/** A number that JavaScript reads as infinite, and what stands for no number. */
const CONSTANTS: readonly (readonly [string, string])[] = [
  ['Infinity', '1e999'],
  ['NaN', 'null']
];

/** `text` with Python's constants replaced wherever they are not within quotes. */
function withoutConstants(text: string): string {
  const pieces: string[] = [];
  let kept = 0;
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '"') {
      isQuoted = !isQuoted;
    } else if (letter === '\\') {
      at += 1;
    } else if (!isQuoted && (letter === 'I' || letter === 'N')) {
      const found = CONSTANTS.find(([name]) => text.startsWith(name, at));
      if (found) {
        pieces.push(text.slice(kept, at), found[1]);
        at += found[0].length - 1;
        kept = at + 1;
      }
    }
  }
  return kept === 0 ? text : pieces.join('') + text.slice(kept);
}
