export * from './captured';
export { Captures } from './captures';
export type { CapturesOptions } from './captures';
