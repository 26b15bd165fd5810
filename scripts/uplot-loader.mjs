/** Parts that uPlot hangs on itself, where no minifier can see that nobody uses them. */
const UNUSED =
  /\buPlot\.(join|tzDate)\s*=\s*\w+|\bpaths\.(bars|spline)\s*=\s*\w+/g;

/** A loader for rspack that leaves out what the chart doesn't use of uPlot. */
export default function trimPlot(source) {
  return source.replace(UNUSED, 'null');
}
