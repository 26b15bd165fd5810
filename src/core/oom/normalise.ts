/** Colours and cursor moves, also as JSON and Python write them; characters without width. */
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
/** A figure at the end of a line, and a time or a new paragraph that must not be read as more of it. */
const LINE_AFTER_FIGURE =
  /(\d)[ \t\r]{0,40}\n(?=\s{0,40}\d{1,6}[.:/-]\d{1,6}[.:/-]|[ \t\r]{0,40}\n)/g;
/** Spaces, and line ends as they are written in JSON. */
const SPACES = /\s+|\\[nrt]/g;

/** One text, made ready for recognition; all of it in lower case. */
export interface IOomText {
  /** Without colours, markup and marks; lines as they were. */
  readonly plain: string;
  /**
   * `plain` without any space, so that it does not matter where a terminal or
   * a person broke a line, even inside a word or a figure.
   */
  readonly compact: string;
}

/** Make `text` ready; takes time in proportion to its length. */
export function normalise(text: string): IOomText {
  let plain = text.toLowerCase().replace(INVISIBLE, '');
  if (plain.includes('&')) {
    plain = plain.replace(/&amp;/g, '&').replace(ENTITIES, decode);
  }
  if (plain.includes('<')) {
    plain = plain.replace(TAGS, ' ');
  }
  plain = plain.replace(LINE_MARKS, '$1').replace(LINE_AFTER_FIGURE, '$1;\n');
  return { plain, compact: plain.replace(SPACES, '') };
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
