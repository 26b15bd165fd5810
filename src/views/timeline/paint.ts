/** One series' colors. */
export interface IAreaPaint {
  readonly line: string;
  readonly area: string;
}

/** The chart's colors and font, as a canvas needs them. */
export interface IPaint {
  readonly allocated: IAreaPaint;
  readonly reserved: IAreaPaint;
  readonly grid: string;
  readonly text: string;
  readonly font: string;
}

/** Read the paint from the CSS that applies to `node` now. */
export function readPaint(node: Element): IPaint {
  const style = getComputedStyle(node);
  const colour = (name: string): string =>
    style.getPropertyValue(name).trim() || 'gray';
  return {
    allocated: {
      line: colour('--jp-vram-live'),
      area: colour('--jp-vram-live-area')
    },
    reserved: {
      line: colour('--jp-vram-cached'),
      area: colour('--jp-vram-cached-area')
    },
    grid: colour('--jp-border-color2'),
    text: colour('--jp-vram-quiet'),
    font: `10px ${style.fontFamily || 'sans-serif'}`
  };
}
