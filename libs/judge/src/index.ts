export { Judge } from './judge';
export type { JudgedEvent, JudgeSettings } from './judge';
export { notJudgedTable } from './report';
export type { Dissent, Judgement, NotJudged } from './report';
