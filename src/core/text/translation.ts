/**
 * The part of JupyterLab's `TranslationBundle` that `core` needs, so that its
 * sentences can be translated in JupyterLab and are plain English elsewhere.
 */
export interface ITranslate {
  /** Translate `msgid` and replace `%1`, `%2`, ... with `args`. */
  __(msgid: string, ...args: (string | number)[]): string;
  /** As `__`, choosing by `count`, which is `%1`. */
  _n(
    singular: string,
    plural: string,
    count: number,
    ...args: (string | number)[]
  ): string;
}

/** English as written. */
export const english: ITranslate = {
  __: (msgid, ...args) => substitute(msgid, args),
  _n: (singular, plural, count, ...args) =>
    substitute(count === 1 ? singular : plural, [count, ...args])
};

/** A sentence that is written where its cause is known, and translated where it is shown. */
export type Sentence = (trans: ITranslate) => string;

/** `text` as it came from a kernel, in the language that it has. */
export function untranslated(text: string): Sentence {
  return () => text;
}

/** An error for people; its `message` is the sentence in English. */
export class TranslatedError extends Error {
  /** @param sentence - text that came from a kernel stays as it is */
  constructor(sentence: Sentence | string) {
    const say =
      typeof sentence === 'string' ? untranslated(sentence) : sentence;
    super(say(english));
    this.sentence = say;
  }

  readonly sentence: Sentence;
}

/** What `error` says, whatever was thrown. */
export function sentenceOf(error: unknown): Sentence {
  if (error instanceof TranslatedError) {
    return error.sentence;
  }
  return untranslated(error instanceof Error ? error.message : String(error));
}

function substitute(text: string, args: readonly (string | number)[]): string {
  return text.replace(/%(\d+)/g, (whole, place: string) => {
    const value = args[Number(place) - 1];
    return value === undefined ? whole : String(value);
  });
}
