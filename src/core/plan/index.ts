export * from './context';
export * from './fit';
export * from './formats';
export * from './model';
export * from './notes';
export * from './options';
export * from './shape';
export { parameterCounts } from './tensors';
export * from './verdict';
