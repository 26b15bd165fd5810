import * as React from 'react';

/** Properties of `MessageText`. */
export interface IMessageTextProps {
  /** Plain text in which `backticks` mark code. */
  readonly text: string;
}

/**
 * Text with its backticked parts drawn as code.
 *
 * The text may come from a kernel: it only ever becomes text nodes. A backtick
 * without a partner is drawn as it is.
 */
export function MessageText({ text }: IMessageTextProps): React.JSX.Element {
  return (
    <>
      {splitCode(text).map((part, place) =>
        part.code ? <code key={place}>{part.text}</code> : part.text
      )}
    </>
  );
}

/** A run of text that is either code or not. */
export interface ITextPart {
  readonly text: string;
  readonly code: boolean;
}

/** Split `text` at its paired backticks, which are dropped. */
export function splitCode(text: string): ITextPart[] {
  const pieces = text.split('`');
  if (pieces.length % 2 === 0) {
    const last = pieces.pop();
    pieces[pieces.length - 1] += `\`${last ?? ''}`;
  }
  return pieces
    .map((piece, place) => ({ text: piece, code: place % 2 === 1 }))
    .filter(part => part.text !== '');
}
