import type { OperatorMessage } from '@app/charge-box';
import { changedByOperation } from '@app/charge-box';
import type { Log, RecordedEvent } from '@app/kernel';
import type {
  ChargeBoxDetails,
  IdTagRow,
  MeterValueRow,
  OrphanRow,
  OwnProjectionRow,
  OwnRow,
  TransactionRow,
} from '@app/read-models';
import {
  FindChargeBox,
  FindChargeBoxes,
  FindConnectors,
  FindEvents,
  FindIdTag,
  FindIdTags,
  FindMeterValues,
  FindOrphan,
  FindOrphans,
  FindOwnProjections,
  FindOwnRow,
  FindOwnRows,
  FindTransaction,
  FindTransactions,
} from '@app/read-models';
import type { Commanded } from '@app/runtime';
import { EraseIdTag, PendingRequests, RemoveIdTag, SaveIdTag, Settlements, TellChargeBox } from '@app/runtime';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { CqrsModule } from '@nestjs/cqrs';
import type { AddressInfo } from 'node:net';
import { ApiModule } from '../api.module';
import { createApi } from '../configure-api';
import type { ApiOptions } from '../options';
import { Conversation, conversationSides } from './fake-conversation';
import { FakeCaptures } from './fake-captures';
import type { Told } from './fakes';
import { answering, page, SIDES, telling } from './fakes';

const now = Date.parse('2026-03-01T12:00:00.000Z');

/** Key that the API under test takes. */
export const key = 'key-of-the-tests';

/** What stands behind the API under test: rows to answer with, and what was asked and told. */
export class Sides {
  boxes: ChargeBoxDetails[] = [];
  transactions: TransactionRow[] = [];
  orphans: OrphanRow[] = [];
  meterValues: MeterValueRow[] = [];
  events: RecordedEvent[] = [];
  own: OwnProjectionRow[] = [];
  ownRows: OwnRow[] = [];
  readonly idTags = new Map<string, IdTagRow>();
  readonly captures = new FakeCaptures();
  asked: object[] = [];
  told: object[] = [];
  readonly conversation = new Conversation(() => now);
  readonly logged: { fields: Record<string, unknown>; sentence: string }[] = [];
  /** What the next queries fail with. */
  failure: unknown;
  /** What the next commands are refused with. */
  refusal: string | undefined;
  private count = 0;

  readonly log: Log = {
    debug: () => undefined,
    info: (fields, sentence) => void this.logged.push({ fields: { ...fields }, sentence }),
    warn: (fields, sentence) => void this.logged.push({ fields: { ...fields }, sentence }),
    error: (fields, sentence) => void this.logged.push({ fields: { ...fields }, sentence }),
  };

  /** Where the last command led to. */
  get position(): string {
    return String(this.count).padStart(6, '0');
  }

  ask(query: object): void {
    this.asked.push(query);
    if (this.failure !== undefined) throw this.failure as Error;
  }

  tell<Outcome extends Told>(command: object, work: () => Outcome | void): Outcome | Commanded {
    this.told.push(command);
    if (this.refusal !== undefined) return { outcome: 'refused', reason: this.refusal };
    const outcome = work();
    if (outcome !== undefined) return outcome;
    this.count += 1;
    return { outcome: 'done', position: this.position };
  }

  apply(identity: string, message: OperatorMessage): void {
    const { boxes } = this;
    if (message.kind === 'decide-registration' && !boxes.some((box) => box.identity === identity)) {
      boxes.push({ identity, registration: 'Unknown', bootCount: 0, connectors: [], quirks: [], addresses: [] });
    }
    this.boxes = boxes.map((box) => (box.identity === identity ? { ...box, ...changeOf(message, box) } : box));
  }
}

function changeOf(message: OperatorMessage, { answers }: ChargeBoxDetails): Partial<ChargeBoxDetails> {
  if (message.kind === 'decide-registration') return { registration: message.registration };
  if (message.kind === 'change-answers') return { answers: changedByOperation(answers, message.change) };
  if (message.kind !== 'configure') return {};
  const settings = Object.entries(message.settings).map(
    ([name, value]) => [name, value === '' ? undefined : value] as const,
  );
  return Object.fromEntries(settings);
}

const boxOf = (identity: string, { boxes }: Sides) => boxes.find((box) => box.identity === identity);

const readSide: Provider[] = [
  answering(FindChargeBoxes, ({ filter: { registration }, paging }, { boxes }) =>
    page(
      boxes.filter((box) => registration === undefined || box.registration === registration),
      paging,
    ),
  ),
  answering(FindChargeBox, ({ identity }, sides) => boxOf(identity, sides)),
  answering(FindConnectors, ({ identity }, sides) => boxOf(identity, sides)?.connectors ?? []),
  answering(FindEvents, ({ paging }, { events }) => page(events, paging)),
  answering(FindTransactions, ({ paging }, { transactions }) => page(transactions, paging)),
  answering(FindTransaction, ({ transactionId }, { transactions }) =>
    transactions.find((row) => row.transactionId === transactionId),
  ),
  answering(FindOrphan, ({ orphanId }, { orphans }) => orphans.find((orphan) => orphan.orphanId === orphanId)),
  answering(FindOrphans, ({ paging }, { orphans }) => page(orphans, paging)),
  answering(FindMeterValues, ({ paging }, { meterValues }) => page(meterValues, paging)),
  answering(FindIdTags, ({ paging }, { idTags }) => page([...idTags.values()], paging)),
  answering(FindOwnProjections, (_query, { own }) => own),
  answering(FindOwnRows, ({ name, filter, paging }, { own, ownRows }) => {
    const columns = own.find((projection) => projection.name === name)?.columns;
    if (columns === undefined) return { outcome: 'unknown' };
    const unknown = Object.keys(filter).filter((column) => !columns.includes(column));
    if (unknown.length > 0) return { outcome: 'no-such-column', columns, unknown };
    return { outcome: 'found', page: page(ownRows, paging) };
  }),
  answering(FindOwnRow, ({ key }, { ownRows }) => ownRows.find((row) => row.key === key)),
  answering(FindIdTag, ({ idTag }, { idTags }) => idTags.get(idTag.toLowerCase())),
];

const writeSide: Provider[] = [
  telling(TellChargeBox, ({ identity, message }, sides) => sides.apply(identity, message)),
  telling(SaveIdTag, ({ details, expected }, { idTags }) => {
    const name = details.idTag.toLowerCase();
    if (expected === 'new' && idTags.has(name)) return { outcome: 'refused', reason: 'The idTag exists.' };
    idTags.set(name, { ...details, changedAt: '2026-03-01T08:00:00.000Z', openTransactions: 0 });
    return undefined;
  }),
  telling(EraseIdTag, ({ idTag, force }, { idTags }) => {
    if (idTag === 'BUSY' && !force) return { outcome: 'refused', reason: 'The idTag has transactions open (7).' };
    const removed = idTags.delete(idTag.toLowerCase());
    const erased = { outcome: 'done' as const, removed, tokens: removed ? 2 : 0, purged: true, position: '7' };
    return removed ? { ...erased, pseudonym: 'erased-0f3a9c51d2e4' } : erased;
  }),
  telling(RemoveIdTag, ({ idTag }, { idTags }) => void idTags.delete(idTag.toLowerCase())),
];

/** An API that listens, with what stands behind it. */
export interface ListeningApi {
  readonly app: NestFastifyApplication;
  readonly sides: Sides;
  readonly url: string;
  readonly port: number;
  /** Asks with the key. */
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  /** Sends JSON with the key. */
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

function portsOf({ conversation: { settlements, pending } }: Sides): DynamicModule {
  const providers = [
    { provide: Settlements, useValue: settlements },
    { provide: PendingRequests, useValue: pending },
  ];
  @Module({})
  class Ports {}
  return { module: Ports, global: true, providers, exports: [Settlements, PendingRequests] };
}

/** The module of an application that has the API and fakes behind it. */
export function rootOf(sides: Sides, options: Partial<ApiOptions> = {}): Type<unknown> {
  @Module({
    imports: [
      CqrsModule.forRoot(),
      portsOf(sides),
      ApiModule.forRoot({
        apiKey: { verify: (given) => given === key },
        version: '1.2.3',
        readiness: () => ({ ready: true, checks: { store: { status: 'up' }, readModels: { status: 'up', lag: 0 } } }),
        metrics: () => Promise.resolve('figures 1\n'),
        captures: sides.captures,
        clock: { now: () => now },
        logger: sides.log,
        ...options,
      }),
    ],
    providers: [{ provide: SIDES, useValue: sides }, ...readSide, ...writeSide, ...conversationSides],
  })
  class Root {}
  return Root;
}

export async function listen(options: Partial<ApiOptions> = {}): Promise<ListeningApi> {
  const sides = new Sides();
  const app = await createApi(rootOf(sides, options), { nest: { logger: false } });
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const authorization = `Bearer ${key}`;
  return {
    app,
    sides,
    url,
    port,
    get: (path, headers = {}) => fetch(url + path, { headers: { authorization, ...headers } }),
    send: (method, path, body) =>
      fetch(url + path, {
        method,
        headers: { authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
  };
}

/** The problem of an answer, once it is sure that it is one. */
export async function problemOf(response: Response): Promise<Record<string, unknown>> {
  expect(response.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
  const problem = (await response.json()) as Record<string, unknown>;
  expect(problem.status).toBe(response.status);
  expect(problem.requestId).toBe(response.headers.get('x-request-id'));
  expect(Object.keys(problem)).toEqual(expect.arrayContaining(['type', 'title', 'detail']));
  return problem;
}

/** Where a refused request breaks rules, and which. */
export async function violationsOf(response: Response): Promise<string[]> {
  const problem = await problemOf(response);
  expect(problem).toMatchObject({ type: '/problems/invalid-request', status: 400 });
  const violations = problem.violations as { in: string; path: string; code: string }[];
  return violations.map((violation) => `${violation.in} ${violation.path}: ${violation.code}`);
}
