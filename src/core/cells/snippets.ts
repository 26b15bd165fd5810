import { familyCode } from './python';
import type { DeviceKind } from '../wire/generated';
import type { ITranslate } from '../text/translation';
import { english } from '../text/translation';

/** A cell that is ready to insert. */
export interface ISnippet {
  readonly id: string;
  /** A few words for a menu. */
  readonly label: string;
  /** The cell's source. */
  readonly code: string;
  /** A line that has to run first, in a cell of its own. */
  readonly setup?: string;
}

/*
 * Every cell of Python leaves the person's variables as they were: what it
 * needs lives in one function, imports included, and that goes at the end.
 */

/** A cell that prints allocated and reserved memory of every device. */
export function checkMemory(
  kind: DeviceKind = 'cuda',
  trans: ITranslate = english
): ISnippet {
  const family = familyCode(kind);
  return {
    id: 'check-memory',
    label: trans.__('Check GPU memory'),
    code: cell(
      '_check_gpu_memory',
      "Allocated: this notebook's tensors. Reserved: that, and what PyTorch keeps for reuse.",
      `${family.imports}

${family.show}

    show("now")`
    )
  };
}

/**
 * A cell that collects garbage, empties the cache, and prints reserved and
 * allocated memory of every device, before and after.
 */
export function clearMemory(
  kind: DeviceKind = 'cuda',
  trans: ITranslate = english
): ISnippet {
  const family = familyCode(kind);
  return {
    id: 'clear-memory',
    label: trans.__('Clear GPU memory'),
    code: cell(
      '_clear_gpu_memory',
      'Clear GPU memory. Delete what you no longer need first, for example: del model',
      `    import gc
${family.imports}

${family.show}

    show("before")
    gc.collect()  # frees objects that only refer to each other
    ${family.emptyCache}  # returns memory that no tensor uses
    show("after")`
    )
  };
}

/** A cell that prints all that the allocator counts on every device. */
export function memorySummary(
  kind: DeviceKind = 'cuda',
  trans: ITranslate = english
): ISnippet {
  const family = familyCode(kind);
  return {
    id: 'memory-summary',
    label: trans.__('GPU memory summary'),
    code: cell(
      '_summarise_gpu_memory',
      'Everything that the allocator counts',
      `${family.imports}

${family.summary}`
    )
  };
}

/**
 * A cell that prints what a load took, then runs a test inference on the
 * variables `model` and `input_ids` where they exist.
 */
export function verifyAfterLoad(
  kind: DeviceKind = 'cuda',
  trans: ITranslate = english
): ISnippet {
  const family = familyCode(kind);
  return {
    id: 'verify-after-load',
    label: trans.__('Verify after a load'),
    code: cell(
      '_verify_load',
      'What did the load take, and does the model run? Uses the variables model and input_ids.',
      `${[...new Set([family.imports, '    import torch'])].join('\n')}

${family.show}

    show("after the load")
    if model is None or input_ids is None:
        return print("No test inference: it needs the variables model and input_ids.")
    with torch.inference_mode():
        generate = getattr(model, "generate", None)
        output = generate(input_ids, max_new_tokens=20) if generate else model(input_ids)
    print("Inference succeeded:", getattr(output, "shape", type(output).__name__))
    show("after the test inference")`,
      ['model', 'input_ids']
    )
  };
}

/** One function, called once and deleted, so that it leaves no name behind. */
function cell(
  name: string,
  comment: string,
  body: string,
  variables: readonly string[] = []
): string {
  const values = variables.map(each => `globals().get("${each}")`).join(', ');
  return `# ${comment}
def ${name}(${variables.join(', ')}):
${body}


${name}(${values})
del ${name}`;
}

/** A cell whose change, peak and rest are printed; `%%vram` must be its first line. */
export function vramCell(trans: ITranslate = english): ISnippet {
  return {
    id: 'vram-cell',
    label: trans.__('%1 cell', '%%vram'),
    setup: '%load_ext jupyterlab_vram',
    code: `%%vram
# Your code here: its change, its peak and what stayed are printed below`
  };
}

/** All cells for devices of `kind`, in the order of a menu. */
export function allSnippets(
  kind: DeviceKind = 'cuda',
  trans: ITranslate = english
): ISnippet[] {
  return [
    checkMemory(kind, trans),
    clearMemory(kind, trans),
    memorySummary(kind, trans),
    verifyAfterLoad(kind, trans),
    vramCell(trans)
  ];
}
