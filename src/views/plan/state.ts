import type { IFitPlan, IFitOptions, IGpu, IPlannable } from '../../core/plan';
import {
  modelShape,
  nativeFormat,
  planFit,
  plannableOfFile,
  plannableOfText,
  PlanError,
  tableFormats
} from '../../core/plan';
import type { IModelFile } from '../../core/plan';
import type { IDeviceReading } from '../../core/reading';
import { PRESETS } from './presets';

/** Where the model to plan for comes from. */
export type Source =
  | { readonly kind: 'preset'; readonly name: string }
  | { readonly kind: 'file'; readonly file: IModelFile | null }
  | { readonly kind: 'pasted'; readonly text: string };

/** A model to plan for, or why there is none. */
export interface IChosen extends Partial<IPlannable> {
  /** One sentence; null while there is nothing to say. */
  readonly problem: string | null;
  /** What a cell would load with transformers, and with llama.cpp; empty where unknown. */
  readonly model: string;
  readonly gguf: string;
}

/** The model of `source`. */
export function chosenOf(source: Source): IChosen {
  try {
    switch (source.kind) {
      case 'preset': {
        const preset = PRESETS.find(({ name }) => name === source.name);
        const config = preset?.config ?? {};
        return {
          shape: modelShape(config),
          native: nativeFormat(config),
          problem: null,
          model: preset?.repository ?? '',
          gguf: preset?.gguf ?? ''
        };
      }
      case 'file':
        return source.file === null ? NOTHING : ofFile(source.file);
      case 'pasted':
        return source.text.trim() === ''
          ? NOTHING
          : { ...NOTHING, ...plannableOfText(source.text) };
    }
  } catch (error) {
    return { ...NOTHING, problem: sentenceOf(error) };
  }
}

const NOTHING: IChosen = { problem: null, model: '', gguf: '' };

function ofFile(file: IModelFile): IChosen {
  const isGguf = file.kind === 'gguf';
  const folder = file.path.replace(/[\\/][^\\/]*\.(json|safetensors)$/, '');
  return {
    ...plannableOfFile(file),
    problem: null,
    model: isGguf ? '' : folder,
    gguf: isGguf ? file.path : ''
  };
}

/** What went wrong, as a person should read it. */
export function sentenceOf(error: unknown): string {
  if (error instanceof PlanError) {
    return error.message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** A device of the kernel as a GPU to plan for; null where its size is unknown. */
export function gpuOf(device: IDeviceReading): IGpu | null {
  const { totalBytes, freeBytes, reservedBytes, processBytes } = device;
  if (totalBytes === null) {
    return null;
  }
  // A load uses again what this kernel's allocator has cached, and its context.
  const cachedBytes = reservedBytes - device.allocatedBytes;
  const contextBytes = Math.max(0, (processBytes ?? 0) - reservedBytes);
  return {
    name: device.name,
    totalBytes,
    freeBytes:
      freeBytes === null
        ? null
        : Math.min(totalBytes, freeBytes + cachedBytes + contextBytes),
    computeCapability: device.computeCapability
  };
}

/** The plans of the table, from the best format to the smallest. */
export function plansOf(
  { shape, native }: IPlannable,
  options: IFitOptions
): IFitPlan[] {
  const gpu = options.gpus?.[0] ?? null;
  const formats =
    shape.file !== null
      ? [shape.file.format]
      : [...(native === null ? [] : [native]), ...tableFormats(gpu)];
  return [...new Set(formats)]
    .filter(format => !(shape.isEncoder && /^[A-Z]/.test(format)))
    .map(format => planFit(shape, { ...options, format }));
}

/** The first that fits for sure, else the first that may, else the smallest. */
export function firstThatFits(plans: readonly IFitPlan[]): IFitPlan | null {
  const withStatus = (status: string): IFitPlan | undefined =>
    plans.find(({ verdicts }) => verdicts[0]?.status === status);
  return withStatus('fits') ?? withStatus('tight') ?? null;
}
