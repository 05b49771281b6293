import { numberOf } from '@app/charge-box';
import type { QuirkNote, RecordedEvent } from '@app/kernel';
import { readingsOf } from '../projections/meter-values';
import type { Occasion, ProjectedEvent } from '../projection';
import type { Cause } from './anchor';
import { causeText } from './anchor';
import type { AppendedName, SqliteDatabase } from './database';

type Where = Omit<Occasion, 'key'> & { readonly cause: Cause };

/** The tables that grow with events instead of being changed by them: readings, addresses, and the count of deviations. */
export class AppendedTables {
  private readonly insertMeterValue;
  private readonly countQuirk;
  private readonly insertAddress;

  /** `names`: those that are to be filled. */
  constructor(
    database: SqliteDatabase,
    private readonly names: readonly AppendedName[],
  ) {
    this.insertMeterValue = database.prepare(
      `INSERT INTO meter_values (identity, connector_id, transaction_id, timestamp, received_at, value, number, context, format, measurand,
         location, unit, source, changed_by) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    );
    this.countQuirk = database.prepare(
      `INSERT INTO quirks VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count, last_seen_at = excluded.last_seen_at,
         last_path = excluded.last_path, last_text = excluded.last_text, changed = excluded.changed,
         changed_by = excluded.changed_by`,
    );
    this.insertAddress = database.prepare('INSERT OR IGNORE INTO addresses VALUES (?, ?, ?, ?, ?, ?)');
  }

  apply(recorded: RecordedEvent, event: ProjectedEvent, where: Where): void {
    const { names } = this;
    if (names.includes('meter_values')) this.appendReadings(event, where);
    if (event.type === 'AddressObserved' && names.includes('addresses')) this.appendAddress(event.data, where);
    if (names.includes('quirks')) this.countQuirks(recorded, event, where);
  }

  private countQuirks(recorded: RecordedEvent, event: ProjectedEvent, where: Where): void {
    for (const { name, count = 1, path = null, text = null } of quirksOf(recorded, event)) {
      const { identity, receivedAt, position, cause } = where;
      this.countQuirk.run(identity, name, count, receivedAt, path, text, position, causeText(cause));
    }
  }

  // Written out: an object for each reading would cost more than its row.
  private appendReadings(event: ProjectedEvent, { identity, receivedAt, cause }: Where): void {
    const readings = readingsOf(event);
    if (readings === undefined) return;
    // On the first one of an event: the others follow it.
    let first: string | null = causeText(cause);
    const { connectorId, transactionId, source, values } = readings;
    for (const { timestamp, value } of values) {
      for (const reading of value) {
        const { value: text, context, format, measurand, location, unit = null } = reading;
        const number = numberOf(reading) ?? null;
        // prettier-ignore
        this.insertMeterValue.run(identity, connectorId, transactionId, timestamp.at, receivedAt, text, number, context, format,
          measurand, location, unit, source, first);
        first = null;
      }
    }
  }

  private appendAddress(
    {
      from = null,
      replyTo = null,
      remoteAddress = null,
      at,
    }: { from?: string | null; replyTo?: string | null; remoteAddress?: string | null; at: string },
    { identity, position }: Where,
  ): void {
    this.insertAddress.run(identity, position, from, replyTo, remoteAddress, at);
  }
}

/** The deviations that an event tells of: those of its request, counted with the first event that the request led to. */
function quirksOf(
  recorded: RecordedEvent,
  event: ProjectedEvent,
): readonly (QuirkNote & { readonly count?: number })[] {
  if (event.type === 'QuirksNoted') return event.data.quirks;
  const alternates = event.type === 'AddressObserved' && event.data.alternating === true;
  // Old heartbeats are forgotten, so their deviations are noted apart.
  if (event.type === 'HeartbeatReceived') return [];
  const own = alternates ? [{ name: 'identity-changed-address', path: undefined, text: event.data.remoteAddress }] : [];
  return [...(recorded.metadata.quirks ?? []), ...own];
}
