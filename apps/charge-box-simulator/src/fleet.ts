import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import type { Outcome } from './charge-box';
import { SimulatedChargeBox } from './charge-box';
import type { SimulatedFaults } from './faults';
import type { Chance } from './random';
import { chanceOf } from './random';

export interface FleetOptions {
  /** Where the central system listens; of several instances each message goes to any. */
  readonly url: string | readonly string[];
  readonly boxes: number;
  /** Charging sessions of each box. */
  readonly sessions: number;
  readonly seed: number;
  readonly faults?: SimulatedFaults;
  /** Boxes at work at the same time; all by default. */
  readonly concurrency?: number;
  readonly identityPrefix?: string;
  readonly idTag?: string;
  readonly connectors?: number;
  /** Readings reported in each session. */
  readonly readings?: number;
  /** Milliseconds for which a box repeats a request that nobody answers. */
  readonly retryFor?: number;
  /** Milliseconds that a request may take; 30 000 by default. */
  readonly timeout?: number;
  /** Milliseconds between the messages of a box. */
  readonly pace?: number;
  readonly from?: (identity: string) => string | undefined;
  readonly onProgress?: (report: FleetReport) => void;
  readonly signal?: AbortSignal;
}

export interface AnsweredStart extends CentralSystemRequest<'StartTransaction'> {
  readonly identity: string;
  readonly transactionId: number;
  readonly status: string;
}

export interface AnsweredStop {
  readonly identity: string;
  readonly transactionId: number;
  readonly meterStop: number;
  readonly timestamp: string;
}

export interface AnsweredReading {
  readonly identity: string;
  readonly transactionId: number;
  readonly timestamp: string;
  readonly value: string;
}

/** What a fleet did, complete enough to be held against the history of the central system. */
export interface FleetReport {
  requests: number;
  repeated: number;
  answered: number;
  sessionsDone: number;
  /** Faults by subcode. */
  readonly faults: Record<string, number>;
  failures: number;
  /** Why the last box that gave up did. */
  lastFailure?: string;
  readonly starts: AnsweredStart[];
  readonly stops: AnsweredStop[];
  readonly readings: AnsweredReading[];
  /** Milliseconds of answered requests. */
  readonly latencies: number[];
}

/** Lets a fleet live: boot, then sessions of authorize, start, meter values, stop, with status reports and heartbeats between. */
export async function runFleet(options: FleetOptions): Promise<FleetReport> {
  const report: FleetReport = {
    requests: 0,
    repeated: 0,
    answered: 0,
    sessionsDone: 0,
    faults: {},
    failures: 0,
    starts: [],
    stops: [],
    readings: [],
    latencies: [],
  };
  const waiting = Array.from({ length: options.boxes }, (_, index) => index);
  const worker = async () => {
    for (let index = waiting.shift(); index !== undefined && !options.signal?.aborted; index = waiting.shift()) {
      await new Life(options, index, report).live();
    }
  };
  await Promise.all(Array.from({ length: Math.min(options.concurrency ?? options.boxes, options.boxes) }, worker));
  return report;
}

/** One box's life. */
class Life {
  private readonly box: SimulatedChargeBox;
  private readonly chance: Chance;
  private readonly identity: string;
  private meter: number;

  constructor(
    private readonly options: FleetOptions,
    index: number,
    private readonly report: FleetReport,
  ) {
    this.identity = `${options.identityPrefix ?? 'SIM'}-${String(index + 1).padStart(4, '0')}`;
    const seed = options.seed * 100_003 + index;
    this.chance = chanceOf(seed);
    this.meter = this.chance.whole(1_000, 1_000_000);
    this.box = new SimulatedChargeBox({
      identity: this.identity,
      url: options.url,
      seed: seed + 1,
      faults: options.faults,
      from: options.from?.(this.identity),
      retryFor: options.retryFor,
      timeout: options.timeout,
      signal: options.signal,
      onSent: ({ repeated }) => {
        this.report.requests += 1;
        if (repeated) this.report.repeated += 1;
      },
    });
  }

  async live(): Promise<void> {
    try {
      await this.boot();
      await this.status(1, 'Available');
      for (let session = 0; session < this.options.sessions && !this.options.signal?.aborted; session += 1) {
        await this.session();
        this.report.sessionsDone += 1;
        await this.say('Heartbeat', {});
      }
    } catch (error) {
      this.report.failures += 1;
      this.report.lastFailure = (error as Error).message;
    } finally {
      this.box.close();
    }
  }

  private boot() {
    return this.say('BootNotification', {
      chargePointVendor: 'Simulated',
      chargePointModel: 'Box',
      chargePointSerialNumber: this.identity.slice(0, 25),
      firmwareVersion: '1.0.0',
    });
  }

  private status(connectorId: number, status: 'Available' | 'Occupied') {
    return this.say('StatusNotification', { connectorId, status, errorCode: 'NoError', timestamp: this.box.time() });
  }

  private async session(): Promise<void> {
    const connectorId = this.chance.whole(1, this.options.connectors ?? 1);
    const idTag = this.options.idTag ?? `TAG${this.identity.replaceAll(/\D/g, '')}`.slice(0, 20);
    if (this.chance.happens(this.options.faults?.offline ?? 0)) return this.offlineSession(connectorId, idTag);
    await this.say('Authorize', { idTag });
    const transactionId = await this.start({ connectorId, idTag, timestamp: this.box.time(), meterStart: this.meter });
    if (transactionId === undefined) return;
    await this.status(connectorId, 'Occupied');
    await this.charge(connectorId, transactionId);
    await this.stop(transactionId, idTag);
    await this.status(connectorId, 'Available');
  }

  private async charge(connectorId: number, transactionId: number): Promise<void> {
    for (let reading = 0; reading < (this.options.readings ?? 2); reading += 1) {
      await this.reading(connectorId, transactionId);
      if (this.chance.happens(this.options.faults?.reboot ?? 0)) await this.boot();
    }
  }

  // Without a line the box keeps what it would have said, and says it in order when the line is back.
  private async offlineSession(connectorId: number, idTag: string): Promise<void> {
    const start = { connectorId, idTag, timestamp: this.box.time(), meterStart: this.meter };
    this.meter += this.chance.whole(100, 5_000);
    const end = { meterStop: this.meter, timestamp: this.box.time() };
    const transactionId = await this.start(start);
    if (transactionId !== undefined) await this.stop(transactionId, idTag, end);
  }

  private async start(request: CentralSystemRequest<'StartTransaction'>): Promise<number | undefined> {
    const outcome = await this.say('StartTransaction', request);
    if (!('response' in outcome)) return undefined;
    const { transactionId, idTagInfo } = outcome.response;
    this.report.starts.push({ identity: this.identity, ...request, transactionId, status: idTagInfo.status });
    return transactionId;
  }

  private async reading(connectorId: number, transactionId: number): Promise<void> {
    this.meter += this.chance.whole(1, 500);
    const timestamp = this.box.time();
    const value = String(this.meter);
    const outcome = await this.say('MeterValues', {
      connectorId,
      transactionId,
      values: [{ timestamp, value: [{ value, unit: 'Wh' }] }],
    });
    if ('response' in outcome) this.report.readings.push({ identity: this.identity, transactionId, timestamp, value });
  }

  private async stop(
    transactionId: number,
    idTag: string,
    end?: { meterStop: number; timestamp: string },
  ): Promise<void> {
    const { meterStop, timestamp } = end ?? { meterStop: (this.meter += 10), timestamp: this.box.time() };
    const outcome = await this.say('StopTransaction', { transactionId, idTag, meterStop, timestamp });
    if ('response' in outcome) this.report.stops.push({ identity: this.identity, transactionId, meterStop, timestamp });
  }

  private async say<Name extends CentralSystemOperation>(
    operation: Name,
    request: CentralSystemRequest<Name>,
  ): Promise<Outcome<Name>> {
    const { pace, onProgress } = this.options;
    const outcome = await this.box.call(operation, request);
    if ('response' in outcome) {
      this.report.answered += 1;
      this.report.latencies.push(outcome.milliseconds);
    } else {
      const { subcode } = outcome.fault;
      this.report.faults[subcode] = (this.report.faults[subcode] ?? 0) + 1;
    }
    onProgress?.(this.report);
    if (pace !== undefined) await new Promise((resolve) => setTimeout(resolve, pace));
    return outcome;
  }
}
