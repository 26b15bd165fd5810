/** HTML that is safe: whatever came from outside has been escaped. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = Html | string | number | readonly Html[];

/** HTML of a template; what is put in is text, unless it is `Html`. */
export function html(
  strings: TemplateStringsArray,
  ...parts: readonly Part[]
): Html {
  const texts = strings.map((string, index) => {
    const part = parts[index];
    return string + (part === undefined ? '' : written(part));
  });
  return new Html(texts.join(''));
}

/** `text` with all that means something in HTML escaped. */
export function escape(text: string): string {
  return text.replace(
    /[&<>"'`]/g,
    character => `&#${character.charCodeAt(0)};`
  );
}

function written(part: Part): string {
  if (part instanceof Html) {
    return part.text;
  }
  return typeof part === 'object'
    ? part.map(each => each.text).join('')
    : escape(String(part));
}

/** A table; the columns in `right` hold figures. */
export function table(
  head: readonly string[],
  rows: readonly (readonly (Html | string)[])[],
  right: readonly number[]
): Html {
  const align = (index: number): string =>
    `padding:2px 12px 2px 0;vertical-align:top;text-align:${right.includes(index) ? 'right' : 'left'}`;
  return html`<div style="overflow-x:auto">
    <table style="border-collapse:collapse;margin:8px 0;font-size:inherit">
      <thead>
        <tr>
          ${head.map(
            (name, index) =>
              html`<th scope="col" style="${align(index)};font-weight:600">
                ${name}
              </th>`
          )}
        </tr>
      </thead>
      <tbody>
        ${rows.map(
          row =>
            html`<tr>
              ${row.map(
                (cell, index) => html`<td style="${align(index)}">${cell}</td>`
              )}
            </tr>`
        )}
      </tbody>
    </table>
  </div>`;
}

/** The same table as plain text. */
export function textTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  right: readonly number[]
): string {
  const all = [head, ...rows];
  const widths = head.map((_, index) =>
    Math.max(...all.map(row => (row[index] ?? '').length))
  );
  return all
    .map(row =>
      row
        .map((cell, index) => {
          const width = widths[index] ?? 0;
          return right.includes(index)
            ? cell.padStart(width)
            : cell.padEnd(width);
        })
        .join('  ')
        .trimEnd()
    )
    .join('\n');
}

/** A sentence whose code stands in backticks. */
export function sentence(text: string): Html {
  const parts = text
    .split('`')
    .map((part, index) =>
      index % 2 === 0 ? html`${part}` : html`<code>${part}</code>`
    );
  return html`${parts}`;
}
