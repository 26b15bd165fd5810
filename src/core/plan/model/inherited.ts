/** A row of data: what it does not say is as in the row that it is `like`; null takes a field away. */
export type Row<T> = { readonly [K in keyof T]?: T[K] | null } & {
  readonly like?: string;
};

/** Each row of `rows` with all of its fields; `bases` are rows that others may be like, too. */
export function inherited<T extends object>(
  rows: Readonly<Record<string, Row<T>>>,
  bases: Readonly<Record<string, Row<T>>>
): ReadonlyMap<string, T> {
  const all = new Map(Object.entries({ ...bases, ...rows }));
  const fieldsOf = (name: string): [string, unknown][] => {
    const { like, ...own } = all.get(name) ?? {};
    const fields = Object.entries(own);
    return like === undefined ? fields : [...fieldsOf(like), ...fields];
  };
  return new Map(
    Object.keys(rows).map(name => {
      const fields = [...new Map(fieldsOf(name))];
      const said = fields.filter(([, value]) => value !== null);
      return [name, Object.fromEntries(said) as T];
    })
  );
}
