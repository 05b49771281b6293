import type { PendingRequest } from '@app/charge-box';
import { Injectable } from '@nestjs/common';
import { EventBus } from '@nestjs/cqrs';
import { ChargeBoxes } from './charge-boxes';
import type { DueTask } from './commands';
import { metadataOfOperator } from './metadata';
import { PendingRequests } from './pending-requests';
import { RuntimeContext } from './runtime-context';
import { announceSettlement } from './settlements';
import { TaskDue } from './task-due';
import type { TaskSeed } from './to-do-lists';
import { ToDoLists } from './to-do-lists';

/** Everything that follows from stored events in this process: to-do lists, settlements, pending requests to offer. */
@Injectable()
export class Reactions {
  private readonly lists: ToDoLists;

  constructor(
    private readonly context: RuntimeContext,
    private readonly events: EventBus,
    private readonly boxes: ChargeBoxes,
    pending: PendingRequests,
  ) {
    const { store, clock, meter, log } = context;
    const { settlements } = context.conversation;
    this.lists = new ToDoLists({
      store,
      clock,
      meter,
      log,
      due: (task) => this.publish(task),
      alsoSeen: ['RequestClaimed', 'RequestReleased', 'RequestRepeated', 'LateAnswerRefused'],
      seen: (event, identity, position) => {
        announceSettlement(settlements, event, position);
        pending.apply(event, identity, position);
      },
    });
  }

  /** Takes up work where the last run left it. Requests of boxes whose connections died with it are closed, for nobody can be answered. */
  async start(seed: TaskSeed): Promise<void> {
    await this.lists.start(seed);
    const { instance, store } = this.context;
    await this.interrupt((heldBy) => !store.shared || instance.heldBefore(heldBy));
  }

  /** Closes the requests that wait here, each with an explanation to its box, and hands out no more tasks. */
  async stop(): Promise<void> {
    await this.lists.stop();
    await this.interrupt((heldBy) => heldBy === this.context.instance.run);
    this.context.conversation.settlements.end();
  }

  /** Tasks on the lists, and events left out of them. */
  status(): { readonly tasks: number; readonly skipped: number } {
    return { tasks: this.lists.size, skipped: this.lists.skipped };
  }

  again(task: DueTask, milliseconds: number): void {
    this.lists.again(task, milliseconds);
  }

  /** Operations may be sent to a box now: it showed itself, or one was scheduled. */
  publish(task: DueTask): void {
    this.events.publish(new TaskDue(task));
  }

  /** Closes requests whose connections are gone, or about to go, by who holds them. */
  private async interrupt(isGone: (heldBy: string) => boolean): Promise<void> {
    const at = this.context.now();
    const metadata = metadataOfOperator({ requestId: `restart:${this.context.instance.run}`, actor: 'system' }, at);
    for (const { identity, task } of this.lists.all()) {
      const { work } = task;
      if (work.kind !== 'expire-request') continue;
      const { msgId } = work;
      const message = { kind: 'interrupt-request' as const, msgId, reason: 'restarted' as const, at };
      const interrupt = (pending?: PendingRequest) => (pending && isGone(pending.heldBy) ? message : undefined);
      await this.boxes
        .with(identity, (box) => box.settle(msgId, interrupt, metadata))
        .catch((error: unknown) => this.leftOpen(msgId, error));
    }
  }

  /** Its deadline will close it, here or elsewhere; the others are closed all the same. */
  private leftOpen(msgId: string, error: unknown): void {
    this.context.log.warn({ msgId, err: error }, 'A request that waits could not be closed with an explanation');
  }
}
