import type { ILinePattern, IPattern } from '../match/pattern';
import { shape } from '../match/pattern';

const HOST = { cause: 'not device memory' } as const;

/** The machine's own memory ran out: Python, PyTorch on the CPU, the operating system. */
export const HOST_SHAPES: readonly IPattern[] = (
  [
    [
      'defaultcpuallocator:',
      "defaultcpuallocator:(?:notenoughmemory|can'tallocatememory):youtriedtoallocate{requested}"
    ],
    ['arraywith', 'unabletoallocate{requested}for(?:an)?arraywith', 40],
    ['outofmemory:kill', 'outofmemory:kill(?:ed)?process\\d+'],
    ['oom-kill:constraint', 'oom-kill:constraint'],
    ['oom-killer', 'invokedoom-killer', 10],
    ['oom-killevent', 'detected\\d+oom-kill\\S{0,2}event', 14],
    ['oom_killevent', 'detected\\d+oom_kill\\S{0,2}event', 14],
    ['oomkilled', '(?:reason|status|state)["\']?:["\']?oomkilled', 20],
    ['[errno12]', '\\[errno12\\]cannotallocatememory'],
    ['oserror1455', '\\(oserror1455\\)', 1],
    ['winerror1455', '\\[winerror1455\\]', 1],
    [
      'killedbysignal:',
      'dataloaderworker\\(pid[\\d(),]+\\)iskilledbysignal:(?:killed|buserror)',
      60
    ],
    ['insufficientsharedmemory(shm)', 'insufficientsharedmemory\\(shm\\)'],
    ['noderunninglowonmemory', 'duetothenoderunninglowonmemory', 10]
  ] as const
).map(([anchor, source, before]) =>
  shape('host', anchor, source, { ...HOST, ...(before && { before }) })
);

/** The same, said in one word at the end of a traceback. */
export const HOST_LINES: readonly ILinePattern[] = [
  {
    backend: 'host',
    text: 'memoryerror',
    lead: /(?:^|[\s._:]|array)$/,
    rest: /^(?:$|: ?(?!cu[a-z]+ failed|std::bad_alloc: ?(?:out_of|cuda|rmm)))/,
    ...HOST
  },
  { backend: 'host', text: 'std::bad_alloc', rest: /^$/, ...HOST },
  // What a shell prints for a process that the system ended, as it does when memory runs out.
  { backend: 'host', text: 'killed', rest: /^$/, alone: true, ...HOST }
];
