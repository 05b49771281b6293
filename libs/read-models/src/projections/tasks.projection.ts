import type { ChargeBoxEvent, TaskChange } from '@app/charge-box';
import { sagaTypes, tasksOf } from '@app/charge-box';
import type { DueTask } from '@app/runtime';
import type { Occasion, Projection } from '../projection';

const changeOf = (event: ChargeBoxEvent, identity: string, key: string): TaskChange | undefined =>
  tasksOf(event, identity).find((change) => change.key === key);

/** The to-do lists of the sagas, so that a start need not fold them from the first event on. */
export const tasks: Projection<DueTask> = {
  name: 'tasks',
  version: 1,
  columns: {},
  indexes: [],
  internal: true,
  on: Object.fromEntries(
    sagaTypes.map((type) => [
      type,
      {
        keys: (data: object, { identity }: Pick<Occasion, 'identity'>) =>
          tasksOf({ type, data } as ChargeBoxEvent, identity).map(({ key }) => key),
        apply: (_row: DueTask | undefined, data: object, { key, identity }: { key: string; identity: string }) => {
          const task = changeOf({ type, data } as ChargeBoxEvent, identity, key)?.task;
          return task && { key, identity, task };
        },
      },
    ]),
  ),
};
