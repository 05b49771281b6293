import type { Answerer, Answering, ChargeBoxSettings, ServiceEventOf } from '@app/charge-box';
import { answeringRulesStream, changedAnswering, serviceEventSchemas, upcast } from '@app/charge-box';
import type { Clock, EventStore, Position, RecordedEvent } from '@app/kernel';
import { codedError, NO_STREAM } from '@app/kernel';
import type { CentralSystemOperation } from '@app/ocpp';
import { Inject, Injectable } from '@nestjs/common';
import { CommandHandler, ICommandHandler, IQueryHandler, QueryHandler } from '@nestjs/cqrs';
import { randomUUID } from 'node:crypto';
import { automaticAnswering } from './answering';
import type { Commanded, OperatorOrigin } from './commands';
import { ChangeAnswering, FindAnswering, PatchAnswering } from './commands';
import type { RuntimeSettings } from './settings';
import { CLOCK, EVENT_STORE, RUNTIME_SETTINGS } from './tokens';
import { metadataOfOperator } from './metadata';

type Changed = ServiceEventOf<'AnsweringChanged'>;

const tries = 5;

/** The rules in force, kept in a stream of their own. */
@Injectable()
export class AnsweringRules {
  current: Answering = automaticAnswering;
  /** Of the rules in force, in their stream. */
  private revision = NO_STREAM;

  constructor(
    @Inject(EVENT_STORE) private readonly store: EventStore,
    @Inject(CLOCK) private readonly clock: Clock,
    @Inject(RUNTIME_SETTINGS) private readonly settings: RuntimeSettings,
  ) {}

  /** Reads the newest rules; call before the first request, and when another instance changed them. */
  async restore(): Promise<void> {
    const page = await this.store.readStream(answeringRulesStream, { direction: 'backward', limit: 1 });
    const newest = page.events[0];
    if (newest !== undefined) this.take(newest);
  }

  /** Rules that the log tells of, of this instance or of another one. */
  take(event: RecordedEvent): void {
    this.put(upcast<Changed>(event).data, event.revision);
  }

  private put({ at: _at, ...rules }: Changed['data'], revision: number): void {
    if (revision <= this.revision) return;
    this.current = rules;
    this.revision = revision;
  }

  answererOf(operation: CentralSystemOperation, { answers }: ChargeBoxSettings): Answerer {
    return answers?.[operation] ?? this.current.answers[operation] ?? 'automatic';
  }

  /** Milliseconds that somebody outside has to answer. */
  patience(operation: CentralSystemOperation): number {
    return (this.current.respondWithin[operation] ?? this.settings.responseDeadline) * 1_000;
  }

  /** `next` makes the new rules of those in force, anew when another instance was faster. */
  async change(next: (rules: Answering) => Answering, origin: OperatorOrigin): Promise<Position> {
    const at = new Date(this.clock.now()).toISOString();
    const metadata = { schema: serviceEventSchemas.AnsweringChanged, ...metadataOfOperator(origin, at) };
    for (let attempt = 0; attempt < tries; attempt += 1) {
      const data: Changed['data'] = { ...next(this.current), at };
      const event = { id: randomUUID(), type: 'AnsweringChanged', data, metadata };
      const result = await this.store.append(answeringRulesStream, [event], this.revision);
      if (result.outcome === 'conflict') {
        await this.restore();
        continue;
      }
      this.put(data, result.revision);
      await this.store.retain(answeringRulesStream, { maxCount: 100 });
      return result.position;
    }
    throw codedError('conflict-persists', answeringRulesStream);
  }
}

@CommandHandler(ChangeAnswering)
export class ChangeAnsweringHandler implements ICommandHandler<ChangeAnswering> {
  constructor(private readonly rules: AnsweringRules) {}

  async execute({ rules, origin }: ChangeAnswering): Promise<Commanded> {
    return { outcome: 'done', position: await this.rules.change(() => rules, origin) };
  }
}

@CommandHandler(PatchAnswering)
export class PatchAnsweringHandler implements ICommandHandler<PatchAnswering> {
  constructor(private readonly rules: AnsweringRules) {}

  async execute({ change, origin }: PatchAnswering): Promise<Commanded> {
    const position = await this.rules.change((rules) => changedAnswering(rules, change), origin);
    return { outcome: 'done', position };
  }
}

@QueryHandler(FindAnswering)
export class FindAnsweringHandler implements IQueryHandler<FindAnswering> {
  constructor(private readonly rules: AnsweringRules) {}

  async execute(): Promise<Answering> {
    return this.rules.current;
  }
}
