export { boxAt } from './box-at';
export { isKnown } from './box-streams';
export type { BoxAt } from './box-at';
export { copyHistory } from './copy';
export type { CopyOptions, CopyProgress, CopyReport } from './copy';
export { exportHistory } from './export';
export { noteIn } from './ndjson';
export type { PartNote } from './ndjson';
export { checkMoment, endedAt, momentOf, startOf } from './moment';
export type { Moment } from './moment';
export { openLog } from './open-log';
export type { OpenedLog } from './open-log';
export { masked, withMaskedEvent, withMaskedIdTags } from './personal';
export {
  dataDirIn,
  isSamePlace,
  placeOf,
  placeOfService,
  shownPlace,
  surroundingsIn,
  usualFolder,
  veilsIn,
} from './place';
export type { Place } from './place';
export { Pseudonyms } from './pseudonyms';
export { scan } from './scan';
export { filterOf, knownSchemas, selects, snapshotType } from './selection';
export type { Selection } from './selection';
export { openSource, openTarget } from './sides';
export { isPacked, spooled } from './spool';
export { statsOf } from './stats';
export type { HistoryStats } from './stats';
export { boxOfTransaction, transactionStory } from './transaction-story';
export type { TransactionStory } from './transaction-story';
export { removeLeftovers, temporaryFolder } from './temporary';
export { longEnough, tracesOf } from './traces';
export type { Trace, Traces } from './traces';
export { checks, verifyHistory } from './verify';
export type { CheckResult, Verification } from './verify';
export { findingCodes } from './verify/check';
export type { Check, CheckRun, Finding } from './verify/check';
