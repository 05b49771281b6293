import type { IdTagEvent, IdTagState } from '@app/charge-box';
import { decideIdTag, evolveIdTag, idTagEventSchemas, idTagStream, initialIdTag, upcast } from '@app/charge-box';
import type { EventStore, Position } from '@app/kernel';
import { codedError } from '@app/kernel';
import { CommandHandler, ICommandHandler } from '@nestjs/cqrs';
import { Inject, Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { AuthorizationDirectory } from './authorization-directory';
import type { Commanded, OperatorOrigin } from './commands';
import { RemoveIdTag, SaveIdTag } from './commands';
import { metadataOfOperator } from './metadata';
import { CLOCK, EVENT_STORE } from './tokens';
import type { Clock } from '@app/kernel';

const tries = 5;

/** The idTags: loads one, lets it decide, stores what it decided. Their streams are short. */
@Injectable()
export class IdTags {
  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    private readonly directory: AuthorizationDirectory,
  ) {}

  async transact(
    idTag: string,
    origin: OperatorOrigin,
    work: (state: IdTagState, at: string) => ReturnType<typeof decideIdTag>,
  ): Promise<Commanded> {
    const at = new Date(this.clock.now()).toISOString();
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const page = await this.store.readStream(idTagStream(idTag), { from: 0, limit: 10_000 });
      const state = page.events.reduce<IdTagState>(
        (known, event) => evolveIdTag(known, upcast<IdTagEvent>(event)),
        initialIdTag,
      );
      const decision = work(state, at);
      if (decision.outcome === 'refused') return decision;
      const position = await this.append(idTag, decision.events, { origin, at, revision: page.lastRevision });
      if (position !== undefined) return position === '' ? { outcome: 'done' } : { outcome: 'done', position };
    }
    throw codedError('conflict-persists', 'an idTag');
  }

  remove(idTag: string, origin: OperatorOrigin): Promise<Commanded> {
    return this.transact(idTag, origin, (state, at) => decideIdTag({ kind: 'remove', idTag, at }, state));
  }

  private async append(
    idTag: string,
    events: readonly IdTagEvent[],
    context: { origin: OperatorOrigin; at: string; revision: number },
  ): Promise<Position | undefined> {
    if (events.length === 0) return '';
    const metadata = metadataOfOperator(context.origin, context.at);
    const dressed = events.map(({ type, data }) => ({
      id: randomUUID(),
      type,
      data,
      metadata: { schema: idTagEventSchemas[type], ...metadata },
    }));
    const result = await this.store.append(idTagStream(idTag), dressed, context.revision);
    if (result.outcome === 'conflict') return undefined;
    const { shared } = this.store;
    for (const event of events) this.directory.apply(event, undefined, shared ? result.position : undefined);
    return result.position;
  }
}

@CommandHandler(SaveIdTag)
export class SaveIdTagHandler implements ICommandHandler<SaveIdTag> {
  constructor(private readonly idTags: IdTags) {}

  execute({ details, origin, expected }: SaveIdTag): Promise<Commanded> {
    return this.idTags.transact(details.idTag, origin, (state, at) =>
      decideIdTag({ kind: 'save', details, expected, at }, state),
    );
  }
}

@CommandHandler(RemoveIdTag)
export class RemoveIdTagHandler implements ICommandHandler<RemoveIdTag> {
  constructor(private readonly idTags: IdTags) {}

  execute({ idTag, origin }: RemoveIdTag): Promise<Commanded> {
    return this.idTags.remove(idTag, origin);
  }
}
