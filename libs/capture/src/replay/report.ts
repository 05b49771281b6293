import type { CapturedExchange } from '../captured';

/** An exchange whose answer is another one today. */
export interface Difference {
  readonly id: number;
  readonly at: string;
  readonly identity?: string;
  readonly differences: readonly string[];
}

export interface OperationReport {
  same: number;
  differs: number;
  unanswered: number;
  /** The first ones that differ. */
  readonly examples: Difference[];
}

const mostExamples = 5;
/** What stands for the operation of a request that nobody understood. */
const notUnderstood = 'not understood';

/** What a replay came to, by operation. */
export class ReplayReport {
  readonly operations: Record<string, OperationReport> = {};
  sent = 0;
  /** Not sent, because the text was not kept. */
  withheld = 0;

  get identical(): boolean {
    return Object.values(this.operations).every(({ differs, unanswered }) => differs + unanswered === 0);
  }

  unanswered(exchange: CapturedExchange): void {
    this.of(exchange).unanswered += 1;
  }

  compared(exchange: CapturedExchange, differences: readonly string[]): void {
    const operation = this.of(exchange);
    if (differences.length === 0) {
      operation.same += 1;
      return;
    }
    operation.differs += 1;
    const { id, at, identity } = exchange;
    if (operation.examples.length < mostExamples)
      operation.examples.push({ id, at, ...(identity === undefined ? {} : { identity }), differences });
  }

  private of({ operation = notUnderstood }: CapturedExchange): OperationReport {
    return (this.operations[operation] ??= { same: 0, differs: 0, unanswered: 0, examples: [] });
  }
}
