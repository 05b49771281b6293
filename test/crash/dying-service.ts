import { BoxCaller } from '@app/egress';
import { AnswerRequestHandler, Settlements, TransactionIds } from '@app/runtime';

// The service, dying as by signal 9 at the step that its argument names. For specs of what a restart finds.

const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  // The signal takes a moment; nothing may happen in it.
  for (;;);
};

const steps: Readonly<Record<string, () => void>> = {
  /** The operation is scheduled, its address is about to be looked up. */
  'before-sent': () => (BoxCaller.prototype.find = die),
  /** `Sent` is stored, no byte has left. */
  'after-sent': () => (BoxCaller.prototype.call = die),
  /** The box has answered, nothing of it is stored. */
  'after-answer': () => {
    const { call } = BoxCaller.prototype;
    BoxCaller.prototype.call = async function (this: BoxCaller, given) {
      await call.call(this, given);
      return die();
    };
  },
  /** Somebody outside has answered a request, nothing of it is stored. */
  'before-answer-stored': () => (AnswerRequestHandler.prototype.execute = die),
  /** The transaction id that somebody outside chose is spoken for, and nothing else is stored. */
  'after-id-claimed': () => {
    const { claim } = TransactionIds.prototype;
    TransactionIds.prototype.claim = async function (this: TransactionIds, ...given) {
      await claim.apply(this, given);
      return die();
    };
  },
  /** The answer from outside is stored, the box has not got it. */
  'after-answer-stored': () => (Settlements.prototype.settle = die),
};

steps[process.argv[2] ?? '']?.();
void import('../../apps/central-system/src/main.js');
