/** A notebook that runs in Deno: how something is shown there, and how its cells are interrupted. */

/** The same thing as HTML and as plain text. */
export interface IDrawing {
  readonly html: string;
  readonly text: string;
}

const DISPLAY = Symbol.for('Jupyter.display');

/**
 * How long after an output its cell may end: what a kernel of Deno 2.8 or newer sends
 * later than the end of the cell is lost.
 */
const FLUSH_MS = 10;

/** Whether this runs in a Deno notebook. */
export function isInNotebook(): boolean {
  return jupyter() !== null;
}

/**
 * Show a drawing: as an output of the cell, or on standard output.
 *
 * @param id - names the output, so that it can be updated in place
 */
export async function show(
  drawing: IDrawing,
  id?: string,
  update = false
): Promise<void> {
  const notebook = jupyter();
  if (notebook === null) {
    await print(`${drawing.text}\n`);
    return;
  }
  const bundle = { 'text/plain': drawing.text, 'text/html': drawing.html };
  const named = id === undefined ? {} : { display_id: id, update };
  await notebook.display(bundle, { raw: true, ...named });
  await new Promise(resolve => setTimeout(resolve, FLUSH_MS));
}

/**
 * `value`, which draws itself where it is the result of a cell.
 *
 * It shows itself as an output of its own, in good time: the result of a cell may be lost.
 */
export function drawable<T extends object>(
  value: T,
  draw: (value: T) => IDrawing
): T {
  return Object.defineProperty(value, DISPLAY, {
    value: async () => {
      await show(draw(value));
      return {};
    }
  });
}

/** `value`, of which nothing is shown where it is the result of a cell. */
export function silent<T extends object>(value: T): T {
  return Object.defineProperty(value, DISPLAY, { value: () => ({}) });
}

let isListening = false;
const running = new Set<AbortController>();

/**
 * Keep the kernel alive when a person interrupts it: without a listener, Deno's kernel dies of it.
 */
export function surviveInterrupts(): void {
  if (!isListening && isInNotebook()) {
    Deno.addSignalListener('SIGINT', interrupt);
    isListening = true;
  }
}

/** Run `body` with a signal that fires at an interrupt, or with `outer`. */
export async function interruptible<T>(
  outer: AbortSignal | undefined,
  body: (signal: AbortSignal) => Promise<T>
): Promise<T> {
  const controller = new AbortController();
  const stop = (): void => controller.abort();
  outer?.addEventListener('abort', stop);
  if (outer?.aborted) {
    stop();
  }
  running.add(controller);
  const isBorrowed = !isListening;
  if (isBorrowed) {
    Deno.addSignalListener('SIGINT', interrupt);
  }
  try {
    return await body(controller.signal);
  } finally {
    running.delete(controller);
    outer?.removeEventListener('abort', stop);
    if (isBorrowed) {
      Deno.removeSignalListener('SIGINT', interrupt);
    }
  }
}

function interrupt(): void {
  running.forEach(controller => controller.abort());
}

function jupyter(): typeof Deno.jupyter | null {
  try {
    return Deno.jupyter ?? null;
  } catch {
    // Outside of a notebook Deno throws.
    return null;
  }
}

async function print(text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let done = 0; done < bytes.length;) {
    done += await Deno.stdout.write(bytes.subarray(done));
  }
}
