import type { IFitPlan, Planning } from './fit';
import { planFit } from './fit';
import { gpuLayers, isSure, longestContext, maxMemoryGiB } from './layers';
import type { IFitOptions, IGpu } from './result/options';
import type { IModelShape } from './model/shape';

/** What a person can do, in the order in which it costs quality or speed. */
export type RemedyKind =
  /** The same, over more GPUs. */
  | 'more-gpus'
  | 'half'
  | 'int8'
  | 'nf4'
  | 'gguf'
  | 'shorter-context'
  | 'quantised-cache'
  | 'offload'
  | 'gpu-layers';

/** One thing to do when a model does not fit. */
export interface IPlanRemedy {
  readonly kind: RemedyKind;
  /** The plan after it; of an offload, null: what is on the GPU is limited instead. */
  readonly plan: IFitPlan | null;
  /** Whether it is enough, by itself. */
  readonly isEnough: boolean;
  /** `shorter-context`: the longest that fits. */
  readonly contextTokens: number | null;
  /** `gpu-layers`: how many. */
  readonly gpuLayers: number | null;
  /** `offload`: GiB of each GPU. */
  readonly maxMemoryGiB: readonly number[] | null;
}

const AMPERE = 8;

/** bf16, or fp16 where the card is older than Ampere and has no bf16. */
export function halfFormat(gpu: IGpu | null): 'bf16' | 'fp16' {
  const major = gpu?.computeCapability?.[0] ?? AMPERE;
  return major < AMPERE ? 'fp16' : 'bf16';
}

/** The GGUF formats that are suggested, from the best to the smallest. */
export const GGUF_STEPS = ['Q8_0', 'Q4_K_M', 'Q2_K'] as const;

/** The formats of the table, from the best to the smallest. */
export function tableFormats(gpu: IGpu | null): string[] {
  return [
    'fp32',
    halfFormat(gpu),
    'int8',
    'nf4-dq',
    ...['Q8_0', 'Q6_K', 'Q5_K_M', 'Q4_K_M', 'Q3_K_M', 'Q2_K']
  ];
}

/**
 * What to do, in order, for a model that does not fit as `options` say.
 *
 * `together` is the plan for more GPUs, where there are more.
 */
export function remediesFor(
  shape: IModelShape,
  options: IFitOptions,
  planning: Planning = planFit,
  together: IFitPlan | null = null
): IPlanRemedy[] {
  const gpu = options.gpus?.[0] ?? null;
  const now = planning(shape, options);
  if (gpu === null || isSure(now)) {
    return [];
  }
  const isSmaller = ({ plan }: IPlanRemedy): boolean =>
    plan !== null && plan.driverBytes.likely < now.driverBytes.likely;
  const inFormat = (kind: RemedyKind, format: string): IPlanRemedy => {
    const plan = planning(shape, { ...options, format });
    return remedy(kind, plan);
  };
  const torch: IPlanRemedy[] =
    shape.file !== null
      ? []
      : [
          inFormat('half', halfFormat(gpu)),
          inFormat('int8', 'int8'),
          inFormat('nf4', 'nf4-dq')
        ];
  const gguf = shape.isEncoder
    ? []
    : GGUF_STEPS.map(format => inFormat('gguf', format));
  const more = together && isSure(together) ? [together] : [];
  return [
    ...more.map(plan => remedy('more-gpus', plan)),
    ...torch.filter(isSmaller),
    ...gguf.filter(isSmaller),
    ...contextRemedies(shape, options, planning),
    ...offloads(shape, options, gpu, planning)
  ];
}

function remedy(
  kind: RemedyKind,
  plan: IFitPlan | null,
  more: Partial<IPlanRemedy> = {}
): IPlanRemedy {
  return {
    kind,
    plan,
    isEnough: plan !== null && isSure(plan),
    contextTokens: null,
    gpuLayers: null,
    maxMemoryGiB: null,
    ...more
  };
}

function contextRemedies(
  shape: IModelShape,
  options: IFitOptions,
  planning: Planning
): IPlanRemedy[] {
  if (shape.isEncoder) {
    return [];
  }
  const contextTokens = longestContext(shape, options, planning);
  const shorter =
    contextTokens === null
      ? []
      : [
          remedy(
            'shorter-context',
            planning(shape, { ...options, contextTokens }),
            { contextTokens }
          )
        ];
  const quantised = remedy(
    'quantised-cache',
    planning(shape, { ...options, kvFormat: 'q8_0' })
  );
  return [...shorter, ...(quantised.isEnough ? [quantised] : [])];
}

function offloads(
  shape: IModelShape,
  options: IFitOptions,
  gpu: IGpu,
  planning: Planning
): IPlanRemedy[] {
  const gpus = options.gpus ?? [gpu];
  const torch =
    shape.file !== null
      ? []
      : [
          remedy('offload', null, {
            isEnough: true,
            maxMemoryGiB: maxMemoryGiB(gpus)
          })
        ];
  // How many layers go where on several GPUs, llama.cpp's own `--fit` finds.
  if (shape.isEncoder || gpus.length > 1) {
    return torch;
  }
  const format = shape.file?.format ?? 'Q4_K_M';
  const { count, total } = gpuLayers(
    shape,
    { ...options, format },
    gpu,
    planning
  );
  if (count === total) {
    return torch;
  }
  return [
    ...torch,
    remedy('gpu-layers', planning(shape, { ...options, format }), {
      isEnough: true,
      gpuLayers: count
    })
  ];
}
