export * from './captured';
export { Captures } from './captures';
export type { CapturesOptions } from './captures';
export { captureFileName, openCaptureFile } from './replay/capture-file';
export type { CaptureFile } from './replay/capture-file';
export { replay, TargetUnreachable } from './replay/replay';
export type { ReplayOptions } from './replay/replay';
export type { ReplayReport } from './replay/report';
