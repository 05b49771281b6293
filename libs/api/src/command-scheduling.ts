import type { Preset, ScheduledOperation } from '@app/charge-box';
import type { Position } from '@app/kernel';
import { systemClock } from '@app/kernel';
import type { ChargeBoxFilter, OperationRow } from '@app/read-models';
import { FindChargeBoxes, FindNotAccepted, FindOperation, FindPreset } from '@app/read-models';
import type { Commanded, OperatorOrigin } from '@app/runtime';
import { Settlements, TellChargeBox } from '@app/runtime';
import { Inject, Injectable } from '@nestjs/common';
import { QueryBus } from '@nestjs/cqrs';
import { createHash, randomUUID } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { Changes } from './changes';
import type { AskedCommand, CheckedCommand } from './command-checks';
import { checkCommand } from './command-checks';
import type { ApiOptions } from './options';
import { API_OPTIONS } from './options';
import { Problem } from './problem';

/** How an operation is to be scheduled. */
export interface CallOptions {
  readonly preset?: string;
  readonly timeToLive?: number;
  readonly notBefore?: string;
  readonly idempotencyKey?: string;
}

export interface Batch {
  readonly batchId: string;
  readonly scheduled: number;
  readonly refused: readonly { readonly identity: string; readonly reason: string }[];
  readonly position?: Position;
}

const atOnce = 100;

/** Schedules operations for charge boxes, and waits for what they answer. */
@Injectable()
export class CommandScheduling {
  constructor(
    @Inject(API_OPTIONS) private readonly options: ApiOptions,
    private readonly changes: Changes,
    private readonly queries: QueryBus,
    private readonly settlements: Settlements,
  ) {}

  /** The operation that is asked for, or every violation at once. */
  async check(asked: AskedCommand, { preset: name }: CallOptions): Promise<CheckedCommand> {
    const preset = name === undefined ? undefined : await this.presetOf(name);
    const checked = checkCommand(asked, preset);
    if ('operation' in checked) return checked;
    throw new Problem('invalid-request', undefined, { violations: checked });
  }

  async schedule(
    identity: string,
    command: CheckedCommand,
    options: CallOptions & { readonly batchId?: string },
    origin: OperatorOrigin,
  ): Promise<{ readonly callId: string; readonly told: Commanded }> {
    const call = this.callOf(identity, command, options);
    const told = await this.changes.execute(
      new TellChargeBox(identity, { kind: 'schedule', call, at: call.at }, origin),
    );
    if (told.outcome === 'done' && told.position === undefined) await this.requireSame(call);
    return { callId: call.callId, told };
  }

  /** Nothing was stored, for the key is known: it must stand for the same operation. */
  private async requireSame({ callId, operation, request }: ScheduledOperation): Promise<void> {
    const known = await this.find(callId);
    if (known === undefined || (known.operation === operation && isDeepStrictEqual(known.data, request))) return;
    const message = `This key stands for another operation already: ${known.operation}, ${callId}.`;
    const violation = { in: 'body' as const, path: 'idempotencyKey', code: 'key-reused', message };
    throw new Problem('refused', message, { violations: [violation] });
  }

  /** Schedules, then waits up to `seconds` for the end. */
  async scheduleAndWait(
    identity: string,
    command: CheckedCommand,
    options: CallOptions,
    { seconds, origin }: { readonly seconds: number; readonly origin: OperatorOrigin },
  ): Promise<{ readonly row?: OperationRow; readonly callId: string; readonly position?: Position }> {
    const call = this.callOf(identity, command, options);
    const { callId } = call;
    const leaving = new AbortController();
    // First, or what ends at once would be missed.
    const end = this.settlements.wait(callId, seconds * 1_000, leaving.signal);
    const told = await this.changes.execute(
      new TellChargeBox(identity, { kind: 'schedule', call, at: call.at }, origin),
    );
    if (told.outcome === 'refused' || (await this.isOver(told, callId))) leaving.abort();
    if (told.outcome === 'refused') throw new Problem('refused', told.reason);
    if (told.position === undefined) await this.requireSame(call);
    const position = (await end)?.position ?? told.position;
    return { callId, ...(await this.shown(callId, position)) };
  }

  /** Nothing was stored: the key is known, and what it stands for may be over. */
  private async isOver(told: Commanded, callId: string): Promise<boolean> {
    if (told.outcome === 'refused' || told.position !== undefined) return false;
    return (await this.find(callId))?.settledAt !== undefined;
  }

  private async shown(callId: string, position: Position | undefined) {
    if (position !== undefined) await this.options.waitFor?.(position, 2_000);
    const row = await this.find(callId);
    return { ...(row && { row }), ...(position === undefined ? {} : { position }) };
  }

  /** Schedules for many boxes. Unknown identities refuse the whole. */
  async scheduleAll(
    identities: readonly string[],
    command: CheckedCommand,
    options: CallOptions,
    origin: OperatorOrigin,
  ): Promise<Batch> {
    await this.requireAccepted(identities);
    const { idempotencyKey: key } = options;
    const batchId = key === undefined ? randomUUID() : uuidOf('batch', key);
    const refused: { identity: string; reason: string }[] = [];
    let position: Position | undefined;
    for (let from = 0; from < identities.length; from += atOnce) {
      const group = identities.slice(from, from + atOnce);
      // What fails for one box is told beside the rest, or nobody would know what was scheduled.
      const outcomes = await Promise.allSettled(
        group.map((identity) => this.schedule(identity, command, { ...options, batchId }, origin)),
      );
      outcomes.forEach((outcome, place) => {
        const identity = group[place] ?? '';
        if (outcome.status === 'rejected')
          return void refused.push({ identity, reason: (outcome.reason as Error).message });
        const { told } = outcome.value;
        if (told.outcome === 'refused') refused.push({ identity, reason: told.reason });
        else if (told.position !== undefined) position = told.position;
      });
    }
    const scheduled = identities.length - refused.length;
    return { batchId, scheduled, refused, ...(position === undefined ? {} : { position }) };
  }

  /** Accepted charge boxes that match. */
  async matching(filter: ChargeBoxFilter): Promise<readonly string[]> {
    const identities: string[] = [];
    let cursor: string | undefined;
    do {
      const paging = { limit: 1_000, ...(cursor === undefined ? {} : { cursor }) };
      const page = await this.queries.execute(new FindChargeBoxes({ ...filter, registration: 'Accepted' }, paging));
      identities.push(...page.rows.map(({ identity }) => identity));
      cursor = page.next;
    } while (cursor !== undefined);
    return identities;
  }

  find(callId: string): Promise<OperationRow | undefined> {
    return this.queries.execute(new FindOperation(callId));
  }

  private async requireAccepted(identities: readonly string[]): Promise<void> {
    const strangers = new Set(await this.queries.execute(new FindNotAccepted(identities)));
    if (strangers.size === 0) return;
    const message = 'No charge box of this identity is accepted here.';
    const violations = identities.flatMap((identity, place) =>
      strangers.has(identity)
        ? [{ in: 'body' as const, path: `identities.${place}`, code: 'unknown-charge-box', message }]
        : [],
    );
    throw new Problem('invalid-request', undefined, { violations });
  }

  private async presetOf(name: string): Promise<Preset> {
    const row = await this.queries.execute(new FindPreset(name));
    if (row !== undefined) return row;
    const violation = {
      in: 'body' as const,
      path: 'preset',
      code: 'unknown-preset',
      message: 'No such preset is known.',
    };
    throw new Problem('invalid-request', undefined, { violations: [violation] });
  }

  private callOf(
    identity: string,
    { operation, request }: CheckedCommand,
    { timeToLive, notBefore, idempotencyKey, batchId }: CallOptions & { readonly batchId?: string },
  ): ScheduledOperation {
    const now = (this.options.clock ?? systemClock).now();
    const begin = Math.max(now, notBefore === undefined ? now : Date.parse(notBefore));
    const seconds = timeToLive ?? this.options.commandTimeToLive ?? 3_600;
    return {
      callId: idempotencyKey === undefined ? randomUUID() : uuidOf(identity, idempotencyKey),
      operation,
      request,
      expiresAt: new Date(begin + seconds * 1_000).toISOString(),
      ...(notBefore === undefined ? {} : { notBefore }),
      by: 'operator',
      ...(batchId === undefined ? {} : { batchId }),
      ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
      at: new Date(now).toISOString(),
    };
  }
}

/** The same texts give the same id, so that a call that is repeated names the same operation (RFC 9562, version 8). */
function uuidOf(...texts: readonly string[]): string {
  const digest = createHash('sha256').update(JSON.stringify(texts)).digest('hex');
  const variant = ((parseInt(digest.charAt(16), 16) & 0x3) | 0x8).toString(16);
  return `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-${variant}${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
}
