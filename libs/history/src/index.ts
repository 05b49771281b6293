export { copyHistory } from './copy';
export type { CopyOptions, CopyProgress, CopyReport } from './copy';
export { placeOf, shownPlace } from './place';
export type { Place } from './place';
export { openSource, openTarget } from './sides';
