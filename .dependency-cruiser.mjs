/** Which folder may import which: `npm test -- dependencies`. */

/** From the ground up: a folder imports from itself and from those before it. */
const FLOORS = ['core', 'kernel', 'model', 'views', 'plugins'];
const CORE_FLOORS = ['wire', 'text', 'cells', 'leaks', 'oom', 'plan'];

/** One rule a floor: nothing in it imports from the floors after it. */
function upward(parent, floors) {
  return floors.slice(0, -1).map((floor, index) => ({
    name: `${parent}${floor}-imports-only-what-lies-below`,
    severity: 'error',
    from: { path: `^${parent}${floor}/` },
    to: { path: `^${parent}(${floors.slice(index + 1).join('|')})/` }
  }));
}

export default {
  forbidden: [
    {
      name: 'no-circles-of-files',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } }
    },
    {
      name: 'no-circles-of-folders',
      severity: 'error',
      scope: 'folder',
      from: { path: '^src/(?!deno$|core$|core/plan$|core/oom$)' },
      to: { circular: true }
    },
    ...upward('src/', FLOORS),
    ...upward('src/core/', CORE_FLOORS),
    {
      name: 'deno-needs-no-page',
      severity: 'error',
      from: { path: '^src/deno/' },
      to: { path: '^src/(model|views|plugins)/' }
    },
    {
      name: 'nothing-imports-deno',
      severity: 'error',
      from: { pathNot: '^src/deno/' },
      to: { path: '^src/deno/' }
    }
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.d.ts', '.json'] }
  }
};
