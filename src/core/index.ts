export * from './wire/devicebreakdown';
export * from './leaks/leakwatch';
export * from './oom';
export * from './wire/parse';
export * from './plan';
export { LIMITS, MIME_TYPE, SCHEMA_VERSION } from './wire/generated';
export type {
  DeviceKind,
  IAgentMessage,
  ICellDevice,
  ICellRecord,
  IClearReport,
  IClearedDevice,
  IDeviceReading,
  ILeak,
  IReading,
  IRemovedName,
  IRunningCell,
  ReadingState
} from './wire/generated';
export * from './cells/snippets';
export * from './text/translation';
export * from './text/units';
export * from './leaks/warnings/warning';
