import type { IGpu } from './result/options';
import { GIB } from '../text/units';
import cards from './cards.json' with { type: 'json' };
import presets from './presets.json' with { type: 'json' };

/** A model that is known by name. */
export interface IPreset {
  readonly name: string;
  /** Its repository on Hugging Face. */
  readonly repository: string;
  /** A repository with its GGUF files; empty where none is known. */
  readonly gguf: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Columns of a row before those of the config. */
const NAMES = 3;

/** The models to choose from. */
export const PRESETS: readonly IPreset[] = presets.rows.map(row => {
  const [name, repository, gguf] = row as unknown as [string, string, string];
  const fields = presets.fields.slice(NAMES, -1);
  const values = (row as unknown[]).slice(NAMES);
  const more = values[fields.length] as Record<string, unknown>;
  const config = fields.map((field, index) => [field, values[index]]);
  return {
    name,
    repository,
    gguf: ggufRepository(repository, gguf),
    config: { ...Object.fromEntries(config), ...more } as Record<
      string,
      unknown
    >
  };
});

/** Most are named after the model's; then the data has the owner only. */
function ggufRepository(repository: string, gguf: string): string {
  return gguf === '' || gguf.includes('/')
    ? gguf
    : `${gguf}/${repository.split('/')[1] ?? ''}-GGUF`;
}

/** Common cards, for those who plan for another than the kernel's. */
export const CARDS: readonly IGpu[] = cards.rows.map(row => {
  const [name, gib, major, minor] = row as unknown as [
    string,
    number,
    number,
    number
  ];
  return {
    name,
    totalBytes: Math.round(gib * GIB),
    freeBytes: null,
    computeCapability: [major, minor]
  };
});
