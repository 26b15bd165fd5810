/** Colors and cursor moves, also as JSON and Python write them; characters without width. */
const INVISIBLE =
  /(?![\n\r\t])\p{Cc}(?:\[[\d;:?]*[@-~])?|\\(?:u001b|x1b|033|e)\[[\d;:?]*[@-~]|\p{Cf}/gu;
/** The tags with which notebooks and issue trackers mark up output. */
const TAGS =
  /<\/?(?:span|br|p|div|pre|code|font|b|i|em|strong|a|td|tr|li|ul)(?:\s[^<>]{0,300})?\/?>/g;
const ENTITIES =
  /&(?:#(\d{1,6})|#x([\da-f]{1,5})|(nbsp|lt|gt|quot|apos|ensp|emsp|thinsp));/g;
const NAMED: Readonly<Record<string, string>> = {
  lt: '<',
  gt: '>',
  quot: '"',
  apos: "'"
};
/** What terminals, loggers and quoting put before each line of a message, or around it. */
const LINE_MARKS =
  /(^|\n)(?:[ \t]{0,40}(?:[>|│┃║]|\[rank\d+\]:|\([a-z][\w =]{0,40}pid=\d+[^()\n]{0,40}\))){1,9}|[│┃║╭╮╰╯─]+/g;
/** Spaces, and line ends as they are written in JSON. */
const SPACES = /\s+|\\[nrt]/g;
/** What ends a line, also as JSON writes it. */
export const LINE_END = /\r?\n|\r|\\n/g;
/** The mark of one line end; 0 is nothing, less is a space, more an empty line. */
const LINE = 2;

/** One text, made ready for recognition; all of it in lower case. */
export interface IOomText {
  /** Without colors, markup and marks; lines as they were. */
  readonly plain: string;
  /**
   * `plain` without any space, so that it does not matter where a terminal or
   * a person broke a line, even inside a word or a figure.
   */
  readonly compact: string;
  /** What stood between the characters of `compact`. */
  readonly gaps: Gaps;
}

/** What stood in a text between two characters that follow each other in its compact form. */
export class Gaps {
  constructor(private readonly _plain: string) {}

  /** Where the first line begins between `start` and `end` of the compact text; -1 where none does. */
  lineIn(start: number, end: number): number {
    const found = this._marks()
      .subarray(start + 1, end)
      .findIndex(mark => mark >= LINE);
    return found < 0 ? -1 : start + 1 + found;
  }

  /** Whether anything stood before the character at `index`. */
  isBefore(index: number): boolean {
    return this._marks()[index] !== 0;
  }

  /** Whether an empty line stood before the character at `index`. */
  isParagraph(index: number): boolean {
    return (this._marks()[index] ?? 0) > LINE;
  }

  /** Made when first needed: most texts have no message. */
  private _marks(): Uint8Array {
    if (this._found === null) {
      this._found = new Uint8Array(this._plain.length + 1);
      let removed = 0;
      for (const match of this._plain.matchAll(SPACES)) {
        const at = match.index - removed;
        const earlier = Math.max(0, (this._found[at] ?? 0) - 1);
        const lines = match[0].match(LINE_END)?.length ?? 0;
        this._found[at] = 1 + Math.min(earlier + lines, LINE);
        removed += match[0].length;
      }
    }
    return this._found;
  }

  private _found: Uint8Array | null = null;
}

/** Make `text` ready; takes time in proportion to its length. */
export function normalize(text: string): IOomText {
  let plain = text.toLowerCase().replace(INVISIBLE, '');
  if (plain.includes('&')) {
    plain = plain.replace(/&amp;/g, '&').replace(ENTITIES, decode);
  }
  if (plain.includes('<')) {
    plain = plain.replace(TAGS, ' ');
  }
  plain = plain.replace(LINE_MARKS, '$1');
  return { plain, compact: plain.replace(SPACES, ''), gaps: new Gaps(plain) };
}

/** Where the character at `index` of `plain` is in `compact`. */
export function compactIndex(
  { plain, compact }: IOomText,
  index: number
): number {
  // Counted from the end, where the last message usually is.
  return compact.length - plain.slice(index).replace(SPACES, '').length;
}

function decode(
  _: string,
  decimal: string | undefined,
  hex: string | undefined,
  name: string | undefined
): string {
  if (name !== undefined) {
    return NAMED[name] ?? ' ';
  }
  const code =
    decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
  return code > 31 && code <= 0x10ffff
    ? String.fromCodePoint(code).toLowerCase()
    : ' ';
}
