import type { IFitPlan, IModelShape } from '../../../src/core/plan';
import { modelShape, planFit, PlanError } from '../../../src/core/plan';
import type { IScore } from './report';

/** One row of a file such as `fit_published.jsonl`. */
export interface IPublishedRow {
  readonly model: string;
  readonly config?: unknown;
  readonly params: number;
  readonly layers: number;
  readonly hidden: number;
  readonly kv_heads: number;
  readonly head_dim: number;
  readonly vocab: number;
  readonly format: string;
  readonly context: number | null;
  readonly bytes: number;
  readonly what: string;
  readonly note?: string;
}

/** How far a plan is from what was published; nothing for what is no plan's business. */
export function scorePublished(row: IPublishedRow): IScore[] {
  const shape = modelShape(row.config ?? configOf(row));
  const isCache = row.what === 'KV cache';
  const format = isCache ? 'Q8_0' : row.format;
  const start = performance.now();
  let plan;
  try {
    plan = planFit(shape, {
      format,
      contextTokens: row.context ?? 512,
      attention: 'flash',
      kvFormat: row.format === 'KV q8_0' ? 'q8_0' : 'model',
      gpus: [A100]
    });
  } catch (error) {
    if (error instanceof PlanError) {
      return [];
    }
    throw error;
  }
  const milliseconds = performance.now() - start;
  const name = `${row.model} ${row.format} ${row.context ?? ''}`;
  const score = (planned: number, kind: string): IScore[] => [
    { name, what: kind, planned, measured: row.bytes, milliseconds, band: null }
  ];
  switch (row.what) {
    case 'file size':
    case 'weights':
      return score(plan.weightsBytes, `${plan.runtime} weights, published`);
    case 'KV cache':
      return score(plan.kvCacheBytes, 'KV cache, published');
    default:
      return score(
        totalBytes(row, plan, shape),
        `${format.toLowerCase()} total, published`
      );
  }
}

/** What the published benchmarks ran on. */
const A100 = {
  name: 'NVIDIA A100 80GB',
  totalBytes: 80 * 2 ** 30,
  freeBytes: null,
  computeCapability: [8, 0] as const
};

/**
 * Of a benchmark that says what was prompt and what was answer: the larger of
 * the prefill's peak and of what is there at the end.
 */
function totalBytes(
  row: IPublishedRow,
  plan: IFitPlan,
  shape: IModelShape
): number {
  const prompt = /input (\d+)/.exec(row.note ?? '')?.[1];
  if (prompt === undefined) {
    return plan.peakBytes.likely;
  }
  const atPrompt = planFit(shape, {
    format: row.format,
    contextTokens: Number(prompt),
    attention: 'flash',
    gpus: [A100]
  });
  const atEnd = plan.weightsBytes + plan.runtimeBytes + plan.kvCacheBytes;
  return Math.max(atPrompt.peakBytes.likely, atEnd);
}

/** A config with the fields that the row has; the width follows from the parameters. */
function configOf(row: IPublishedRow): Record<string, unknown> {
  const { hidden, layers, vocab, params } = row;
  const name = row.model.toLowerCase();
  const isGemma = name.includes('gemma-2');
  const isBert = name.includes('bert');
  const isTied = isGemma || /qwen2\.5-(0\.5|1\.5|3)b/.test(name);
  const heads = name.includes('gemma-2-9b')
    ? 16
    : name.includes('gemma-2-27b')
      ? 32
      : name.includes('qwen3-30b')
        ? 32
        : name.includes('qwen3-32b')
          ? 64
          : name.includes('mistral-small')
            ? 48
            : Math.round(hidden / row.head_dim);
  const config = {
    model_type: isGemma
      ? 'gemma2'
      : isBert
        ? 'bert'
        : /qwen3-30b/.test(name)
          ? 'qwen3_moe'
          : /qwen3/.test(name)
            ? 'qwen3'
            : /qwen/.test(name)
              ? 'qwen2'
              : 'llama',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: row.kv_heads,
    head_dim: row.head_dim,
    vocab_size: vocab,
    tie_word_embeddings: isTied,
    max_position_embeddings: isBert ? 512 : 131072,
    ...(/qwen3-30b/.test(name)
      ? { num_experts: 128, num_experts_per_tok: 8, moe_intermediate_size: 768 }
      : {})
  };
  const attention = layers * 2 * hidden * row.head_dim * (heads + row.kv_heads);
  const embeddings = hidden * vocab * (isTied ? 1 : 2);
  const matrices = isBert ? 2 : 3;
  const width = isBert
    ? 4 * hidden
    : (params - embeddings - attention) / (matrices * hidden * layers);
  return {
    ...config,
    intermediate_size: 64 * Math.max(1, Math.round(width / 64))
  };
}
