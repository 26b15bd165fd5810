import { describe, expect, it } from 'vitest';

import { SCHEMA_VERSION } from '../../src/core/wire/generated';
import { message, RECORD } from '../core/wire';
import { useLab } from './fixture';
import { MIB, push, python, take, WITHOUT_AGENT } from './python';

const fixture = useLab();

const SCRIPT = '<img src=x onerror="window.hacked=1"><script>hacked=1</script>';
const MALFORMED = {
  text: '"nonsense"',
  number: '42',
  list: '[]',
  'an empty object': '{}',
  null: 'None',
  'not a number': 'float("nan")',
  'another schema': python(message({}, { schema: 99 })),
  'a truncated message': python({ schema: SCHEMA_VERSION, kind: 'push' }),
  'a negative size': python(message({ allocated_bytes: -1 })),
  'a size beyond all': python(message({ allocated_bytes: 1e30 })),
  'a size in words': python(message({ reserved_bytes: '4 GiB' })),
  'a size that is NaN':
    '{**valid, "reading": {**valid["reading"], "time": float("nan")}}',
  'an unknown kind': python(message({}, { kind: SCRIPT })),
  'a prototype': python(JSON.parse('{"__proto__": {"schema": 1}}')),
  'a deep list': `json.loads("[" * 400 + "]" * 400)`,
  'a huge text': '"x" * (8 << 20)'
};

describe('Malformed pushes', () => {
  it('should leave panel and cell as they were, and stand in the log', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const valid = `valid = ${python(message())}`;
    const notebook = await lab.watchedNotebook([
      take('a', 300),
      `import json\n${valid}\n${push(...Object.values(MALFORMED))}`,
      take('b', 200)
    ]);
    await notebook.run(0);
    await notebook.run(1);
    const sent = await notebook.cell(1);
    expect(sent.output).toContain("'the cell went on'");
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(300 * MIB);
    await notebook.run(2);
    await expect
      .poll(() => panel.bytes('allocated'))
      .toBeGreaterThan(500 * MIB);
    await lab.execute('logconsole:open');
    const lines = lab.page.locator('.jp-LogConsolePanel').getByText(/^VRAM: /);
    await expect.poll(() => lines.count()).toBe(Object.keys(MALFORMED).length);
    await expect
      .poll(() => lines.allInnerTexts())
      .toContain(
        'VRAM: `reading.devices[0].allocated_bytes` should be a whole number from 0 to 2^53 - 1, but is -1.'
      );
  });
});

describe('Hostile pushes', () => {
  it('should be drawn as text', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const hostile = message(
      {
        name: SCRIPT,
        allocated_bytes: 512 * MIB,
        reserved_bytes: 512 * MIB,
        total_bytes: 1024 * MIB
      },
      {
        boot: SCRIPT,
        finished: { ...RECORD, cell_id: SCRIPT },
        leaks: [
          {
            ...{
              id: 1,
              run: 1,
              execution_count: 1,
              name: SCRIPT,
              how: 'deleted'
            },
            ...{
              device: 'cuda:0',
              held_bytes: 512 * MIB,
              alive_bytes: 512 * MIB
            },
            held_by: [SCRIPT]
          }
        ]
      }
    );
    const notebook = await lab.watchedNotebook([
      WITHOUT_AGENT,
      push(python(hostile))
    ]);
    await notebook.runAll();
    await panel.root.getByText('<img src=x').first().waitFor();
    await panel.warnings.filter({ hasText: SCRIPT }).waitFor();
    await lab.notifications.filter({ hasText: SCRIPT }).waitFor();
    expect(await panel.root.locator('img, script').count()).toBe(0);
    expect(await lab.notifications.locator('img, script').count()).toBe(0);
    expect(await lab.page.evaluate(() => 'hacked' in window)).toBe(false);
  });

  it('should not make the panel wider or slow', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const devices = Array.from({ length: 500 }, (_, index) => ({
      ...{ id: `cuda:${index}`, kind: 'cuda', index, name: 'W'.repeat(5000) },
      ...{ uuid: null, allocated_bytes: 1, reserved_bytes: 2, pinned_bytes: 0 },
      ...{ peak_allocated_bytes: 2, peak_reserved_bytes: 2 },
      ...{ free_bytes: null, total_bytes: null, process_bytes: null }
    }));
    const notebook = await lab.watchedNotebook([
      WITHOUT_AGENT,
      push(python(message({}, {}, { devices })))
    ]);
    await notebook.runAll();
    await panel.root.getByText('WWW').first().waitFor();
    const width = await panel.root.evaluate(node => [
      node.scrollWidth,
      node.clientWidth
    ]);
    expect(width[0]).toBeLessThanOrEqual(width[1] ?? 0);
  });

  it('should not hide a device that has vanished', async () => {
    const { lab } = fixture;
    const { panel } = lab;
    const notebook = await lab.watchedNotebook([
      WITHOUT_AGENT,
      push(python(message({}, {}, { devices: [] })))
    ]);
    await notebook.runAll();
    await panel.notice
      .filter({ hasText: 'GPU memory could not be read' })
      .waitFor();
    await panel.root.getByText('The kernel reported no device').waitFor();
  });
});
