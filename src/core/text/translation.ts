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

function substitute(text: string, args: readonly (string | number)[]): string {
  return text.replace(/%(\d+)/g, (whole, place: string) => {
    const value = args[Number(place) - 1];
    return value === undefined ? whole : String(value);
  });
}
