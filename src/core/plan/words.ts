import type { ITranslate } from '../text/translation';
import { formatBytes } from '../text/units';
import type { IFitPlan } from './fit';
import type { IPlanRemedy } from './remedies';
import type { FitStatus } from './result/verdict';

/** The words of the planner. Backticks mark code; a view draws the rest as text. */

/** What a format costs in quality, in a few words. */
export function qualityNote(format: string, trans: ITranslate): string {
  switch (format) {
    case 'fp32':
      return trans.__('No loss; twice the size of what models are trained in.');
    case 'bf16':
    case 'fp16':
      return trans.__('No loss to speak of.');
    case 'fp8':
    case 'int8':
    case 'gptq-int8':
    case 'awq-int8':
    case 'Q8_0':
      return trans.__(
        'Very little loss: the smallest where quality counts most (medical, legal, code).'
      );
    case 'Q6_K':
    case 'Q5_K_M':
    case 'Q5_K_S':
      return trans.__('Little loss.');
    case 'nf4':
    case 'nf4-dq':
    case 'fp4':
    case 'fp4-dq':
    case 'gptq-int4':
    case 'awq-int4':
    case 'Q4_K_M':
    case 'Q4_K_S':
    case 'IQ4_XS':
    case 'IQ4_NL':
    case 'Q4_0':
      return trans.__('Some loss, which complex reasoning shows.');
    default:
      return trans.__('Noticeable loss; newer models lose more.');
  }
}

/** Whether a plan fits, in a few words; of an architecture that is not known, what may fit is unsure. */
export function planWords(plan: IFitPlan, trans: ITranslate): string {
  const status = plan.verdicts[0]?.status ?? 'unknown';
  const isKnown = !plan.notes.some(
    ({ kind }) => kind === 'unknown-architecture'
  );
  return status === 'tight' && !isKnown
    ? trans.__('unsure')
    : statusWords(status, trans);
}

/** Whether it fits, in a few words. */
export function statusWords(status: FitStatus, trans: ITranslate): string {
  switch (status) {
    case 'fits':
      return trans.__('fits');
    case 'tight':
      return trans.__('tight');
    case 'too-big':
      return trans.__('too big');
    case 'unknown':
      return trans.__('no GPU');
  }
}

/** What to do, as a sentence. */
export function remedySentence(remedy: IPlanRemedy, trans: ITranslate): string {
  const { plan } = remedy;
  const size = plan ? formatBytes(plan.driverBytes.likely) : '';
  const format = plan?.format ?? '';
  switch (remedy.kind) {
    case 'more-gpus':
      return trans.__(
        'Over all %1 GPUs of this kernel: %2 together.',
        plan?.split?.devices.length ?? 0,
        size
      );
    case 'half':
      return trans.__('Load it in %1: %2.', format, size);
    case 'int8':
      return trans.__('8 bit with bitsandbytes: %1.', size);
    case 'nf4':
      return trans.__('4 bit with bitsandbytes: %1.', size);
    case 'gguf':
      return trans.__('%1 with llama.cpp or Ollama: %2.', format, size);
    case 'shorter-context':
      return trans.__(
        'A context of at most %1 tokens: %2.',
        remedy.contextTokens ?? 0,
        size
      );
    case 'quantised-cache':
      return trans.__('Keys and values in 8 bit: %1.', size);
    case 'offload':
      return trans.__(
        'Leave some layers on the CPU with `device_map="auto"` and `max_memory`: %1 GiB of each GPU. 5 to 20 times slower.',
        (remedy.maxMemoryGiB ?? []).join(', ')
      );
    case 'gpu-layers':
      return trans.__(
        '%1 with %2 layers on the GPU: `-ngl %2` in llama.cpp (or its `--fit`), `num_gpu %2` in Ollama. The rest runs on the CPU, slower.',
        format,
        remedy.gpuLayers ?? 0
      );
  }
}
