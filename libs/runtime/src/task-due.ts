import type { IEvent } from '@nestjs/cqrs';
import type { DueTask } from './commands';

/** A task of a to-do list has fallen due. */
export class TaskDue implements IEvent {
  constructor(readonly due: DueTask) {}
}
