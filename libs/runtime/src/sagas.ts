import { errorCode } from '@app/kernel';
import type { OperatorMessage, Work } from '@app/charge-box';
import { Injectable } from '@nestjs/common';
import { CommandBus, CommandHandler, ICommand, ICommandHandler, IEvent, ofType, Saga } from '@nestjs/cqrs';
import type { Observable } from 'rxjs';
import { map } from 'rxjs';
import type { DueTask } from './commands';
import { DispatchOperations, RunTask } from './commands';
import { LocalLists } from './local-lists';
import { metadataOfOperator } from './metadata';
import { Reactions } from './reactions';
import { RuntimeContext } from './runtime-context';
import { TaskDue } from './task-due';

/** Where the pure sagas reach the bus of commands. */
@Injectable()
export class Sagas {
  /** One command for each task that fell due. It must never throw: Nest would end it for good. */
  @Saga()
  tasks = (events: Observable<IEvent>): Observable<ICommand> =>
    events.pipe(
      ofType(TaskDue),
      map(({ due }) => new RunTask(due)),
    );
}

const retryIn = 5_000;

@CommandHandler(RunTask)
export class RunTaskHandler implements ICommandHandler<RunTask> {
  constructor(
    private readonly bus: CommandBus,
    private readonly lists: LocalLists,
    private readonly reactions: Reactions,
    private readonly context: RuntimeContext,
  ) {}

  async execute({ due }: RunTask): Promise<void> {
    try {
      await this.run(due);
      this.context.meter.count('tasks_done_total', due.task.work.kind);
    } catch (error) {
      const { key, identity } = due;
      this.context.meter.count('tasks_failed_total', due.task.work.kind);
      this.context.log.error({ key, identity, code: errorCode(error), err: error }, 'A task failed; it is tried again');
      this.reactions.again(due, retryIn);
    }
  }

  private async run({ key, identity, task: { work } }: DueTask): Promise<void> {
    if (work.kind === 'dispatch') return this.bus.execute(new DispatchOperations(identity, work.contact === true));
    const at = this.context.now();
    const metadata = metadataOfOperator(
      { requestId: `task:${key}`.slice(0, 200), actor: `saga:${key.split(' ')[0]}` },
      at,
    );
    if (work.kind === 'converge-list') return this.lists.converge(identity, at);
    if (work.kind === 'expire-request') {
      const { msgId } = work;
      await this.lists.boxes.with(identity, (box) => box.settle(msgId, () => ({ ...work, at }), metadata));
      return;
    }
    await this.lists.boxes.with(identity, (box) => box.tell(messageOf(work, at), metadata));
  }
}

function messageOf(
  work: Exclude<Work, { kind: 'dispatch' | 'expire-request' | 'converge-list' }>,
  at: string,
): OperatorMessage {
  return { ...work, at };
}
