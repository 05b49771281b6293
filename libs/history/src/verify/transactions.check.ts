import type { ChargeBoxEvent, ChargeBoxEventOf } from '@app/charge-box';
import { identityOfStream, transactionEvents, upcast } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';
import { knownSchemas } from '../selection';
import type { Check, CheckRun, Evidence, Finding, Report } from './check';
import { placeOf } from './check';
import { IdSet } from './id-set';

/** No id is given twice; every stop has its start; nothing stays open for ever. */
export const transactionsCheck: Check = {
  name: 'transactions',
  doc: 'no id twice, stops without start, what stays open, orphans that nobody bound or dismissed',
  begin: (evidence, report) => new TransactionsRun(evidence, report),
};

const keyOf = (identity: string, orphanId: string): string => `${orphanId}\u0000${identity}`;

type OrphanStop = ChargeBoxEventOf<'OrphanStopReceived'>['data'];
type Closing = ChargeBoxEventOf<'TransactionClosed' | 'TransactionCorrected'>['data'];

interface Open {
  readonly identity: string;
  readonly since: string;
  readonly place: Finding['place'];
  superseded: boolean;
}

/** What is kept grows with what is open; of what ended only the id. */
class TransactionsRun implements CheckRun {
  private readonly ids = new IdSet();
  private readonly open = new Map<number, Open>();
  /** By box and id: the id alone does not tell boxes apart. */
  private readonly orphans = new Map<string, { readonly transactionId: number; readonly place: Finding['place'] }>();
  /** Orphans that are settled, and the transaction that each is bound to. They may come again. */
  private readonly settled = new Map<string, number | undefined>();

  constructor(
    private readonly evidence: Evidence,
    private readonly report: Report,
  ) {}

  take(recorded: RecordedEvent): void {
    if (!transactionEvents.has(recorded.type) || recorded.metadata.schema > (knownSchemas[recorded.type] ?? 0)) return;
    const identity = identityOfStream(recorded.stream);
    if (identity === undefined) return;
    const event = upcast(recorded);
    const place = { ...placeOf(recorded), box: identity };
    this.follow(event, identity, place);
  }

  private follow(event: ChargeBoxEvent, identity: string, place: Finding['place']): void {
    if (event.type === 'TransactionStarted') this.start(event.data, identity, place);
    if (event.type === 'TransactionStopped' || event.type === 'TransactionClosed')
      this.end_(event, identity, { ...place, transactionId: event.data.transactionId });
    if (event.type === 'OrphanStopReceived') this.orphan(event.data, identity, place);
    if (event.type === 'OrphanDismissed') this.settle(identity, event.data.orphanId);
    if (event.type === 'TransactionClosed' || event.type === 'TransactionCorrected')
      this.bind(event.data, identity, place);
  }

  end(): void {
    const before = this.evidence.now - this.evidence.openDays * 86_400_000;
    for (const [transactionId, { since, place, superseded }] of this.open) {
      if (Date.parse(since) >= before) continue;
      this.report({
        code: 'open-too-long',
        what: `Transaction ${transactionId} has been open since ${since}${superseded ? ', though another one started on its connector later' : ''}.`,
        place: { ...place, transactionId },
        todo: 'See whether its stop came as an orphan (GET /api/orphans), and close it (POST /api/transactions/{id}/close).',
      });
    }
    for (const { transactionId, place } of this.orphans.values())
      this.report({
        code: 'orphaned-stop',
        what: this.ids.has(transactionId)
          ? `A stop of transaction ${transactionId} came when that was not open at this box: it was over, started later, or is one of another box.`
          : `A stop of transaction ${transactionId} has no start at this box.`,
        place: { ...place, transactionId },
        todo: 'Bind it to the transaction that it ends: close that one with the orphanId of this stop, also when it has ended. If it belongs to none, dismiss it (POST /api/charge-boxes/{identity}/orphans/{orphanId}/dismiss).',
      });
  }

  private orphan({ orphanId, transactionId }: OrphanStop, identity: string, place: Finding['place']): void {
    const key = keyOf(identity, orphanId);
    if (!this.settled.has(key)) this.orphans.set(key, { transactionId, place });
  }

  private bind({ orphanId, transactionId }: Closing, identity: string, place: Finding['place']): void {
    if (orphanId === undefined) return;
    const other = this.settled.get(keyOf(identity, orphanId));
    if (other !== undefined && other !== transactionId)
      this.report({
        code: 'orphan-bound-twice',
        what: `An orphaned stop is bound to transaction ${other} and to transaction ${transactionId}.`,
        place: { ...place, transactionId },
        todo: `Look at both (history transaction ${other}) for energy that is billed twice.`,
      });
    this.settle(identity, orphanId, transactionId);
  }

  private settle(identity: string, orphanId: string, boundTo?: number): void {
    const key = keyOf(identity, orphanId);
    this.orphans.delete(key);
    this.settled.set(key, boundTo);
  }

  private start(
    data: Extract<ChargeBoxEvent, { type: 'TransactionStarted' }>['data'],
    identity: string,
    place: Finding['place'],
  ): void {
    const { transactionId, supersedes = [], at } = data;
    if (!this.ids.add(transactionId))
      this.report({
        code: 'id-given-twice',
        what: `The id of transaction ${transactionId} was given before.`,
        place: { ...place, transactionId },
        todo: `Look at both: history tail --type TransactionStarted --transaction ${transactionId} --since 1. Two histories may have been put together, or a backup was brought back.`,
      });
    this.open.set(transactionId, { identity, since: at, place, superseded: false });
    for (const other of supersedes) {
      const open = this.open.get(other);
      if (open !== undefined) open.superseded = true;
    }
  }

  private end_(
    event: Extract<ChargeBoxEvent, { type: 'TransactionStopped' | 'TransactionClosed' }>,
    identity: string,
    place: Finding['place'],
  ): void {
    const { transactionId } = event.data;
    const open = this.open.get(transactionId);
    if (open?.identity === identity) {
      this.open.delete(transactionId);
      return;
    }
    const why = this.ids.has(transactionId) ? 'is not open at this box' : 'was never started';
    this.report({
      code: 'stop-without-start',
      what: `Transaction ${transactionId} ends here, but ${why}.`,
      place,
      todo: `Look at its story: history transaction ${transactionId}. Its start may be missing from this history.`,
    });
  }
}
