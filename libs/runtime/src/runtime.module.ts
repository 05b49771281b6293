import type { Clock, EventStore, Log, Meter } from '@app/kernel';
import type { DynamicModule, Provider } from '@nestjs/common';
import { Module } from '@nestjs/common';
import { CqrsModule, EventBus } from '@nestjs/cqrs';
import { AnswerChargeBoxHandler, NoteQuirksHandler, TellChargeBoxHandler } from './answer-charge-box.handler';
import { AnsweringRules, ChangeAnsweringHandler, FindAnsweringHandler, PatchAnsweringHandler } from './answering-rules';
import { AuthorizationDirectory } from './authorization-directory';
import { ChargeBoxes } from './charge-boxes';
import { Dispatcher, DispatchOperationsHandler } from './dispatch-operations.handler';
import { EraseIdTagHandler } from './erasure';
import { IdTags, RemoveIdTagHandler, SaveIdTagHandler } from './id-tag.handlers';
import type { Instance } from './instance';
import { Liveness } from './liveness';
import { LocalLists, WantLocalListHandler } from './local-lists';
import { Neighbours } from './neighbours';
import { PendingRequests } from './pending-requests';
import { RemovePresetHandler, SavePresetHandler } from './preset.handlers';
import { Reactions } from './reactions';
import { AnswerRequestHandler, ClaimRequestHandler, ReleaseRequestHandler } from './request.handlers';
import type { Conversation, RuntimePorts, Shared } from './runtime-context';
import { RuntimeContext } from './runtime-context';
import { RunTaskHandler, Sagas } from './sagas';
import type { RuntimeSettings } from './settings';
import { Settlements } from './settlements';
import { TaskDue } from './task-due';
import { CLOCK, EVENT_STORE, INSTANCE, LOG, METER, RUNTIME_SETTINGS } from './tokens';
import { TransactionIds } from './transaction-ids';

const [RUNTIME_PORTS, CONVERSATION, SHARED] = [Symbol('ports'), Symbol('conversation'), Symbol('shared')];

const providers: Provider[] = [
  {
    provide: AuthorizationDirectory,
    useFactory: (settings: RuntimeSettings) => new AuthorizationDirectory(settings.idTagPolicy),
    inject: [RUNTIME_SETTINGS],
  },
  {
    provide: TransactionIds,
    useFactory: (store: EventStore, clock: Clock) =>
      new TransactionIds(store, () => new Date(clock.now()).toISOString()),
    inject: [EVENT_STORE, CLOCK],
  },
  {
    provide: RUNTIME_PORTS,
    useFactory: (...[store, clock, meter, log, instance]: [EventStore, Clock, Meter, Log, Instance]): RuntimePorts => ({
      store,
      clock,
      meter,
      log,
      instance,
    }),
    inject: [EVENT_STORE, CLOCK, METER, LOG, INSTANCE],
  },
  {
    provide: CONVERSATION,
    useFactory: (rules: AnsweringRules, settlements: Settlements, events: EventBus, clock: Clock): Conversation => ({
      rules,
      settlements,
      reachable: contacts((identity) => void events.publish(contact(identity, clock))),
    }),
    inject: [AnsweringRules, Settlements, EventBus, CLOCK],
  },
  {
    provide: SHARED,
    useFactory: (ids: TransactionIds, directory: AuthorizationDirectory, conversation: Conversation): Shared => ({
      ids,
      directory,
      conversation,
    }),
    inject: [TransactionIds, AuthorizationDirectory, CONVERSATION],
  },
  {
    provide: RuntimeContext,
    useFactory: (ports: RuntimePorts, settings: RuntimeSettings, shared: Shared) =>
      new RuntimeContext(ports, settings, shared),
    inject: [RUNTIME_PORTS, RUNTIME_SETTINGS, SHARED],
  },
  { provide: ChargeBoxes, useFactory: (context: RuntimeContext) => new ChargeBoxes(context), inject: [RuntimeContext] },
  AnsweringRules,
  { provide: Settlements, useFactory: () => new Settlements() },
  PendingRequests,
  Liveness,
  Neighbours,
  Reactions,
  Sagas,
  RunTaskHandler,
  IdTags,
  LocalLists,
  WantLocalListHandler,
  SavePresetHandler,
  RemovePresetHandler,
  AnswerRequestHandler,
  ClaimRequestHandler,
  ReleaseRequestHandler,
  ChangeAnsweringHandler,
  PatchAnsweringHandler,
  FindAnsweringHandler,
  Dispatcher,
  DispatchOperationsHandler,
  AnswerChargeBoxHandler,
  NoteQuirksHandler,
  TellChargeBoxHandler,
  SaveIdTagHandler,
  RemoveIdTagHandler,
  EraseIdTagHandler,
];

/** One contact of a box at a time waits for its moment; a sooner one takes its place. */
function contacts(publish: (identity: string) => void): Conversation['reachable'] {
  const waiting = new Map<string, { readonly dueAt: number; readonly timer: NodeJS.Timeout }>();
  return (identity, after) => {
    const dueAt = performance.now() + Math.max(afterAnswer, after);
    const known = waiting.get(identity);
    if (known !== undefined && known.dueAt <= dueAt) return;
    clearTimeout(known?.timer);
    const due = () => {
      waiting.delete(identity);
      publish(identity);
    };
    waiting.set(identity, { dueAt, timer: setTimeout(due, dueAt - performance.now()).unref() });
  };
}

/** Milliseconds: the answer to the message that showed the box goes out first (OCPP 1.5, 8.3). */
const afterAnswer = 20;

function contact(identity: string, clock: Clock): TaskDue {
  const dueAt = new Date(clock.now()).toISOString();
  return new TaskDue({
    key: `contact ${identity}`,
    identity,
    task: { dueAt, work: { kind: 'dispatch', contact: true } },
  });
}

/** Where the buses of Nest meet the domain: one handler for each command. The ports come from a global module of the application. */
@Module({})
export class RuntimeModule {
  static forRoot(): DynamicModule {
    return {
      module: RuntimeModule,
      global: true,
      imports: [CqrsModule.forRoot()],
      providers,
      exports: [
        AnsweringRules,
        AuthorizationDirectory,
        ChargeBoxes,
        CqrsModule,
        Dispatcher,
        Liveness,
        Neighbours,
        PendingRequests,
        Reactions,
        Settlements,
        TransactionIds,
      ],
    };
  }
}
