import { decodeStopReport, decodeSurvey } from '../core/wire/generated';
import type { IStopReport, ISurvey } from '../core/wire/generated';
import type { IQuestion } from './query';

/** Ask who uses the GPUs now; `leftoverBytes` is from where on a process may be an orphan. */
export function surveyQuestion(leftoverBytes: number): IQuestion<ISurvey> {
  return {
    request: { op: 'processes', leftover_bytes: leftoverBytes },
    read: decodeSurvey
  };
}

/** Ask to stop a process that a survey listed with this identity. */
export function stopQuestion(
  pid: number,
  identity: string,
  force: boolean
): IQuestion<IStopReport> {
  return {
    request: { op: 'stop', pid, identity, force },
    read: decodeStopReport
  };
}
