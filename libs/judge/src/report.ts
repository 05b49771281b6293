import type { CentralSystemOperation } from '@app/ocpp';

/** A request that would have another outcome today. */
export interface Dissent {
  readonly identity: string;
  readonly at: string;
  /** Where the first of its events is. */
  readonly stream: string;
  readonly revision: number;
  readonly differences: readonly string[];
}

export interface OperationJudgement {
  same: number;
  differs: number;
  /** The first ones that differ. */
  readonly examples: Dissent[];
}

/** Why what a request led to cannot be judged. */
export const notJudgedTable = {
  delegated: 'Somebody outside was asked or answered, and the request itself is not in this history.',
  accompanying: 'Only what a request showed besides its report was recorded, such as an address.',
} as const;
export type NotJudged = keyof typeof notJudgedTable;

const mostExamples = 5;

/** What judging a history came to. */
export class Judgement {
  readonly operations: Partial<Record<CentralSystemOperation, OperationJudgement>> = {};
  readonly notJudged: Record<NotJudged, number> = { delegated: 0, accompanying: 0 };
  /** Of the judged requests, those that were judged with the answer of somebody outside. */
  answeredOutside = 0;
  events = 0;

  get identical(): boolean {
    return Object.values(this.operations).every(({ differs }) => differs === 0);
  }

  take(operation: CentralSystemOperation, dissent: Dissent): void {
    const judgement = (this.operations[operation] ??= { same: 0, differs: 0, examples: [] });
    if (dissent.differences.length === 0) {
      judgement.same += 1;
      return;
    }
    judgement.differs += 1;
    if (judgement.examples.length < mostExamples) judgement.examples.push(dissent);
  }
}
