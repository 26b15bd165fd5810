import { readFileSync } from 'node:fs';
import path from 'node:path';

/** The rows of a file in `test/fixtures/plan`. */
export function rowsOf<T>(name: string): T[] {
  const file = path.join(__dirname, '../../fixtures/plan', name);
  return readFileSync(file, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as T);
}

/** The rows of a file whose first line is about the machine. */
export function measuredRowsOf<T extends { readonly model: string }>(
  name: string
): T[] {
  return rowsOf<Partial<T>>(name).filter(
    (row): row is T => row.model !== undefined
  );
}

/** A model that ran on the meta device: see `trace_models.py`. */
export interface ITracedModel {
  readonly model: string;
  readonly isEncoder: boolean;
  readonly config: Record<string, unknown>;
  readonly params: number;
  readonly traces: readonly {
    readonly tokens: number;
    readonly peak: number;
    readonly after: number;
    readonly reserved: number;
  }[];
}

/** The mean of `values`. */
export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** A small Llama. */
export const LLAMA = {
  model_type: 'llama',
  hidden_size: 2048,
  intermediate_size: 8192,
  num_hidden_layers: 16,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  head_dim: 64,
  vocab_size: 128256,
  tie_word_embeddings: true,
  max_position_embeddings: 131072
};

/** Llama-3.1-8B, as its config has it, whose output is not tied to its embedding. */
export const LLAMA_8B = {
  model_type: 'llama',
  hidden_size: 4096,
  intermediate_size: 14336,
  num_hidden_layers: 32,
  num_attention_heads: 32,
  num_key_value_heads: 8,
  vocab_size: 128256
} as const;
