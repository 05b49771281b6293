import type { PresetEvent } from '@app/charge-box';
import { presetEventSchemas, presetStream } from '@app/charge-box';
import type { Clock, EventStore } from '@app/kernel';
import { codedError } from '@app/kernel';
import { Inject } from '@nestjs/common';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import type { Commanded } from './commands';
import { RemovePreset, SavePreset } from './commands';
import { metadataOfOperator } from './metadata';
import { CLOCK, EVENT_STORE } from './tokens';

@CommandHandler(SavePreset)
export class SavePresetHandler implements ICommandHandler<SavePreset> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  execute({ preset, origin }: SavePreset): Promise<Commanded> {
    const at = new Date(this.clock.now()).toISOString();
    return append(
      this.store,
      preset.name,
      { type: 'PresetSaved', data: { ...preset, at } },
      metadataOfOperator(origin, at),
    );
  }
}

@CommandHandler(RemovePreset)
export class RemovePresetHandler implements ICommandHandler<RemovePreset> {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
  ) {}

  execute({ name, origin }: RemovePreset): Promise<Commanded> {
    const at = new Date(this.clock.now()).toISOString();
    return append(this.store, name, { type: 'PresetRemoved', data: { name, at } }, metadataOfOperator(origin, at));
  }
}

/** The last word counts, so nothing has to be read before. */
async function append(
  store: EventStore,
  name: string,
  { type, data }: PresetEvent,
  metadata: ReturnType<typeof metadataOfOperator>,
): Promise<Commanded> {
  const event = { id: randomUUID(), type, data, metadata: { schema: presetEventSchemas[type], ...metadata } };
  const result = await store.append(presetStream(name), [event], 'any');
  if (result.outcome === 'conflict') throw codedError('conflict-persists', 'a preset');
  return { outcome: 'done', position: result.position };
}
