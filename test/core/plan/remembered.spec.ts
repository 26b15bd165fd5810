import { describe, expect, it } from 'vitest';

import type { IFitOptions, IGpu, IModelShape } from '../../../src/core/plan';
import { modelShape, planFit, rememberedPlanFit } from '../../../src/core/plan';
import { PRESETS } from '../../../src/core/plan/presets';
import { GIB } from '../../../src/core/text/units';

describe('rememberedPlanFit()', () => {
  const shapeOf = (place: number): IModelShape =>
    modelShape(PRESETS[place]?.config);

  const gpu = (freeBytes: number | null, name = 'NVIDIA L4'): IGpu => ({
    ...{ name, totalBytes: 24 * GIB, freeBytes, computeCapability: [8, 9] }
  });

  it('should plan as planFit does, whatever was planned before', () => {
    const planning = rememberedPlanFit();
    const shapes = [shapeOf(0), shapeOf(1)];
    const choices: IFitOptions[] = ['bf16', 'nf4-dq', 'Q4_K_M'].flatMap(
      format =>
        [512, 8192].flatMap(contextTokens =>
          [
            [],
            [gpu(null)],
            [gpu(20 * GIB)],
            [gpu(1 * GIB)],
            [gpu(1 * GIB, 'Tesla T4')],
            [gpu(1 * GIB), gpu(20 * GIB)]
          ].map(gpus => ({ format, contextTokens, gpus }))
        )
    );
    for (const time of ['first', 'second']) {
      for (const shape of shapes) {
        for (const options of choices) {
          expect(planning(shape, options), time).toEqual(
            planFit(shape, options)
          );
        }
      }
    }
  });

  it('should give the verdict anew when less is free', () => {
    const planning = rememberedPlanFit();
    const shape = shapeOf(0);
    const before = planning(shape, { gpus: [gpu(20 * GIB)] });
    const after = planning(shape, { gpus: [gpu(1 * GIB)] });
    expect(before.verdicts[0]?.status).toBe('fits');
    expect(after.verdicts[0]?.status).toBe('too-big');
    // Its parts are those of before.
    expect(after.weightsByPart).toBe(before.weightsByPart);
  });

  it('should refuse what planFit refuses, a second time too', () => {
    const planning = rememberedPlanFit();
    for (const time of ['first', 'second']) {
      expect(() => planning(shapeOf(0), { contextTokens: 0 }), time).toThrow(
        '`contextTokens`'
      );
      expect(() => planning(shapeOf(0), { gpus: [gpu(-1)] }), time).toThrow(
        '`freeBytes`'
      );
    }
    const shape = shapeOf(0);
    planning(shape, { gpus: [gpu(GIB)] });
    expect(() => planning(shape, { gpus: [gpu(-1)] })).toThrow('`freeBytes`');
  });
});
