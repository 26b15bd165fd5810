/** The text of an SVG file. */
declare module '*.svg' {
  const text: string;
  export default text;
}

/** Where a JSON object of the names and texts of all Python files beside this one is served. */
declare module '*.py?agent' {
  const url: string;
  export default url;
}
