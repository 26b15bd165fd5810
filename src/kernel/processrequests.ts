import { decodeStopReport, decodeSurvey } from '../core/wire/generated';
import type { IStopReport, ISurvey } from '../core/wire/generated';
import type { IQuery } from './query';

/** Ask who uses the GPUs now; `leftoverBytes` is from where on a process may be an orphan. */
export function surveyQuery(leftoverBytes: number): IQuery<ISurvey> {
  return {
    request: { op: 'processes', leftover_bytes: leftoverBytes },
    read: decodeSurvey
  };
}

/** Ask to stop a process that a survey listed with this identity. */
export function stopQuery(
  pid: number,
  identity: string,
  force: boolean
): IQuery<IStopReport> {
  return {
    request: { op: 'stop', pid, identity, force },
    read: decodeStopReport
  };
}
