/**
 * What JupyterLab's packages and the chart expect of a browser and jsdom lacks.
 */

/** An observer that never observes: jsdom lays nothing out. */
class InertObserver {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
  takeRecords(): [] {
    return [];
  }
}

/** Takes every drawing command and draws nothing. */
class InertPath {
  moveTo(): void {}
  lineTo(): void {}
  rect(): void {}
  arc(): void {}
  closePath(): void {}
  addPath(): void {}
}

/** Answers every media query with no. */
function matchMedia(query: string): MediaQueryList {
  return Object.assign(new EventTarget(), {
    matches: false,
    media: query,
    onchange: null,
    addListener: () => undefined,
    removeListener: () => undefined
  });
}

/** A canvas context that takes every command and measures 6 px a character. */
function inertContext(canvas: HTMLCanvasElement): object {
  const kept: { [key: string]: unknown } = {
    canvas,
    measureText: (text: string) => ({ width: 6 * text.length })
  };
  return new Proxy(kept, {
    get: (target, key: string) => target[key] ?? (() => undefined)
  });
}

if (typeof window !== 'undefined') {
  Object.assign(window, {
    DragEvent: class DragEvent extends MouseEvent {},
    IntersectionObserver: InertObserver,
    Path2D: InertPath,
    ResizeObserver: InertObserver,
    cancelIdleCallback: (handle: number) => window.clearTimeout(handle),
    matchMedia,
    requestIdleCallback: (callback: () => void) => window.setTimeout(callback)
  });
  Object.assign(HTMLElement.prototype, {
    hasPointerCapture: () => false,
    releasePointerCapture: () => undefined,
    setPointerCapture: () => undefined
  });
  HTMLCanvasElement.prototype.getContext = function (this: HTMLCanvasElement) {
    return inertContext(this);
  } as unknown as typeof HTMLCanvasElement.prototype.getContext;
}
