import type { IDeviceReading } from '../../wire/generated';
import type { ITranslate } from '../../text/translation';
import type { IBalance } from '../cause/balance';
import type { IOomHolder } from './explanation';
import type { IOomFacts } from '../match/facts';

/** What the words are made of. */
export interface IWordValues {
  readonly facts: IOomFacts;
  readonly balance: IBalance;
  readonly holders: readonly IOomHolder[];
  /** Another device that has room for it now. */
  readonly roomier: IDeviceReading | null;
  /** Whether PyTorch itself failed, and whether it had given back what was unused. */
  readonly isTorchs: boolean;
  readonly hasTorchGivenBack: boolean;
  /** What PyTorch's cache could give to another library that failed; null where it is nothing. */
  readonly spareCache: number | null;
  /** Whether the message says nothing of memory itself. */
  readonly isSuspect: boolean;
  readonly trans: ITranslate;
}
