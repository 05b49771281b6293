import type { ChargeBoxEvent } from '@app/charge-box';
import { chargeBoxEventSchemas, stateStream, telemetryStream } from '@app/charge-box';
import type { EventStore, EventToAppend } from '@app/kernel';
import type { Chance } from '../apps/charge-box-simulator/src/random';
import { chanceOf } from '../apps/charge-box-simulator/src/random';

// What a fleet leaves behind: boots, states of connectors, and sessions with readings, of many boxes at a time. The same seed, the same history.

const begin = Date.UTC(2026, 0, 1);
const group = 2_000;
const readings = 6;

/** One box, what it does next and what it is at. */
class Box {
  private step = 0;
  private transactionId = 0;
  private register = 0;

  constructor(
    readonly identity: string,
    private readonly chance: Chance,
    private readonly nextId: () => number,
  ) {}

  /** Boots, then charges again and again. */
  next(at: string): ChargeBoxEvent {
    const session = (this.step - 2) % (readings + 4);
    this.step += 1;
    if (this.step === 1) return { type: 'RegistrationDecided', data: { registration: 'Accepted', by: 'operator', at } };
    if (this.step === 2) return this.boot(at);
    if (session === 0 || session === readings + 3) return this.status(session === 0 ? 'Occupied' : 'Available', at);
    if (session === 1) return this.start(at);
    return session === readings + 2 ? this.stop(at) : this.reading(at);
  }

  private boot(at: string): ChargeBoxEvent {
    const boot = { chargePointVendor: 'Acme', chargePointModel: this.chance.whole(0, 1) === 0 ? 'Duo' : 'Uno' };
    return { type: 'ChargeBoxBooted', data: { boot, answered: 'Accepted', heartbeatInterval: 300, at } };
  }

  private status(status: 'Occupied' | 'Available', at: string): ChargeBoxEvent {
    return {
      type: 'ConnectorStatusReported',
      data: { connectorId: 1, status, errorCode: 'NoError', timestamp: { at }, at },
    };
  }

  private start(at: string): ChargeBoxEvent {
    this.transactionId = this.nextId();
    const usual = { transactionId: this.transactionId, connectorId: 1, suspicions: [], at };
    const idTag = `TAG${this.chance.whole(0, 5_000)}`;
    return {
      type: 'TransactionStarted',
      data: { ...usual, idTag, timestamp: { at }, meterStart: this.register, idTagInfo: { status: 'Accepted' } },
    };
  }

  private stop(at: string): ChargeBoxEvent {
    const usual = { transactionId: this.transactionId, connectorId: 1, suspicions: [], at };
    return {
      type: 'TransactionStopped',
      data: { ...usual, timestamp: { at }, meterStop: this.register, transactionData: [] },
    };
  }

  private reading(at: string): ChargeBoxEvent {
    this.register += this.chance.whole(100, 2_000);
    const value = [
      {
        value: String(this.register),
        context: 'Sample.Periodic',
        format: 'Raw',
        measurand: 'Energy.Active.Import.Register',
        location: 'Outlet',
        unit: 'Wh',
      },
    ];
    const { transactionId } = this;
    return {
      type: 'MeterValuesReported',
      data: { connectorId: 1, transactionId, suspicions: [], values: [{ timestamp: { at }, value }], at },
    };
  }
}

/** Stores so many events of so many boxes. */
export async function writeFleet(store: EventStore, events: number, boxes: number, seed = 1): Promise<void> {
  const chance = chanceOf(seed);
  let id = 0;
  const fleet = Array.from({ length: boxes }, (_, place) => new Box(`FLEET-${place}`, chance, () => (id += 1)));
  for (let made = 0; made < events;) {
    const work: Promise<unknown>[] = [];
    for (const end = Math.min(events, made + group); made < end; made += 1) {
      const box = fleet[made % boxes];
      if (box === undefined) break;
      const event = box.next(new Date(begin + made * 100).toISOString());
      const stream = event.type === 'MeterValuesReported' ? telemetryStream : stateStream;
      work.push(store.append(stream(box.identity), [dressed(event, made)], 'any'));
    }
    await Promise.all(work);
  }
}

function dressed({ type, data }: ChargeBoxEvent, number: number): EventToAppend {
  const id = `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
  const receivedAt = new Date(begin + number * 100).toISOString();
  const usual = { correlationId: id, causationId: id, actor: 'charge-box', remoteAddress: '10.0.0.5' };
  return { id, type, data, metadata: { schema: chargeBoxEventSchemas[type], ...usual, receivedAt } };
}
