import type { ChargeBoxEvent, ChargeBoxState, DelegationMessage, Facts, MessageOrigin } from '@app/charge-box';
import {
  decide,
  decideDelegation,
  evolve,
  heartbeatStream,
  initialState,
  stateStream,
  streamOf,
  telemetryStream,
} from '@app/charge-box';
import type { CentralSystemOperation, CentralSystemRequest } from '@app/ocpp';
import { ocpp15 } from '@app/ocpp';
import { registered, secondsAfterNoon, usualFacts } from '@app/testing';
import fc from 'fast-check';
import { anyMessage } from '../../../../test/support/any-message';
import type { JudgedEvent } from '../judge';
import { Judge } from '../judge';

interface Sent {
  readonly operation: CentralSystemOperation;
  readonly request: object;
  readonly origin?: Omit<MessageOrigin, 'at'>;
  readonly facts?: Partial<Facts>;
}

const streams = { state: stateStream, telemetry: telemetryStream, heartbeats: heartbeatStream } as const;

/** Plays requests of one box to the rules, and records what the service would. */
class Recording {
  readonly log: JudgedEvent[] = [];
  state: ChargeBoxState = initialState;
  told = 0;
  private time = 0;
  private ids = 0;

  constructor(private readonly identity = 'BOX') {}

  /** With an id the request waits for somebody outside. */
  send({ operation, request, origin = {}, facts = {} }: Sent, msgId?: string): this {
    const at = this.later();
    this.ids += 1;
    const message = {
      kind: 'request' as const,
      operation,
      request: request as CentralSystemRequest,
      origin: { ...origin, at },
    };
    const known = { ...usualFacts, newTransactionId: this.ids, ...facts };
    const delegation =
      msgId === undefined ? undefined : { msgId, respondBy: secondsAfterNoon(this.time + 5), heldBy: 'run' };
    const { events } = decide(message, this.state, known, delegation);
    if (events.length > 0) this.told += 1;
    return this.record(events, { remoteAddress: origin.remoteAddress });
  }

  settle(message: DelegationMessage, facts: Partial<Facts> = {}): this {
    const { events } = decideDelegation(message, this.state, { ...usualFacts, newTransactionId: this.ids, ...facts });
    return this.record(events, { actor: 'responder' });
  }

  later(): string {
    this.time += 7;
    return secondsAfterNoon(this.time);
  }

  record(events: readonly ChargeBoxEvent[], changed: object = {}): this {
    const causationId = `request-${this.log.length}`;
    for (const event of events) {
      const stream = streams[streamOf(event.type)](this.identity);
      const metadata = {
        schema: 1,
        correlationId: causationId,
        causationId,
        actor: 'charge-box',
        receivedAt: event.data.at,
        ...changed,
      };
      const revision = this.log.filter((other) => other.stream === stream).length;
      const stored = { stream, revision, id: `${this.log.length}`, ...event, metadata };
      this.log.push(JSON.parse(JSON.stringify(stored)) as JudgedEvent);
    }
    this.state = events.reduce(evolve, this.state);
    return this;
  }
}

function judged(log: readonly JudgedEvent[], boxes?: ReadonlySet<string>) {
  const judge = new Judge({ maximumPower: usualFacts.policy.maximumPower, ...(boxes === undefined ? {} : { boxes }) });
  for (const event of log) judge.take(event);
  return judge.end();
}

const operations = Object.keys(ocpp15.centralSystem.operations) as CentralSystemOperation[];
const likely: Partial<Record<CentralSystemOperation, object>> = {
  StartTransaction: { connectorId: 1, idTag: 'CARD', timestamp: secondsAfterNoon(0), meterStart: 1_000 },
  StopTransaction: { transactionId: 2, idTag: 'CARD', timestamp: secondsAfterNoon(60), meterStop: 1_500 },
  MeterValues: {
    connectorId: 1,
    values: [{ timestamp: secondsAfterNoon(30), value: [{ value: '1200' }, { value: 'x', location: 'Inlet' }] }],
  },
};
const address = fc.option(fc.constantFrom('http://10.0.0.5:80/', 'http://10.0.0.6/', 'nowhere', ''), {
  nil: undefined,
});
/** Boxes leave out what is tolerated when missing. */
const lacking = (request: fc.Arbitrary<object>) =>
  fc
    .tuple(request, fc.subarray(['timestamp', 'meterStart', 'meterStop'], { maxLength: 2 }))
    .map(([whole, missing]) => Object.fromEntries(Object.entries(whole).filter(([name]) => !missing.includes(name))));
const sent: fc.Arbitrary<Sent> = fc.constantFrom(...operations).chain((operation) =>
  fc.record({
    operation: fc.constant(operation),
    request: fc.oneof(
      lacking(anyMessage(ocpp15.centralSystem.operations[operation].request)),
      lacking(fc.constant(likely[operation] ?? {})),
    ),
    origin: fc.record({
      from: address,
      replyTo: address,
      remoteAddress: fc.constantFrom('10.0.0.5', '10.0.0.6', undefined),
    }),
    facts: fc.record({
      authorization: fc.constantFrom(
        { status: 'Accepted' as const, parentIdTag: 'FAMILY' },
        { status: 'Blocked' as const },
      ),
      dataTransfer: fc.constantFrom({ status: 'Accepted' as const }, { status: 'UnknownVendorId' as const }),
    }),
  }),
);

const open = { policy: { ...usualFacts.policy, registration: 'open' as const } };
const boot = { operation: 'BootNotification' as const, request: { chargePointVendor: 'A', chargePointModel: 'B' } };
const started = { operation: 'StartTransaction' as const, request: likely.StartTransaction ?? {} };

describe('a history of today', () => {
  const begins = fc.constantFrom('open', 'registered', 'stranger');

  it('has the outcome that today would have, whatever the box sent', () => {
    let told = 0;
    fc.assert(
      fc.property(begins, fc.array(sent, { maxLength: 12 }), (begin, all) => {
        const recording = new Recording();
        if (begin === 'registered') recording.record([registered], { actor: 'operator' });
        for (const each of all)
          recording.send(begin === 'open' ? { ...each, facts: { ...each.facts, ...open } } : each);
        const { operations: found, notJudged } = judged(recording.log);
        const examples = Object.values(found).flatMap((operation) => operation.examples);
        expect(examples).toEqual([]);
        const same = Object.values(found).reduce((sum, operation) => sum + operation.same, 0);
        expect(same + notJudged.accompanying).toBeGreaterThanOrEqual(recording.told);
        told += recording.told;
      }),
      { numRuns: 300 },
    );
    expect(told).toBeGreaterThan(500);
  });

  it('is judged by request, also where boxes take turns', () => {
    const [one, other] = [new Recording('ONE'), new Recording('OTHER')];
    for (const each of [boot, started]) {
      one.send({ ...each, facts: open });
      other.send({ ...each, facts: open });
    }
    const mixed = one.log.flatMap((event, place) => [event, other.log[place]].filter((each) => each !== undefined));
    expect(judged(mixed)).toMatchObject({
      identical: true,
      operations: { BootNotification: { same: 2, differs: 0 }, StartTransaction: { same: 2, differs: 0 } },
    });
    expect(judged(mixed, new Set(['ONE']))).toMatchObject({ operations: { StartTransaction: { same: 1 } } });
  });
});

describe('a history of other rules', () => {
  const changed = (type: string, data: object, recording: Recording) =>
    recording.log.map((event) => (event.type === type ? { ...event, data: { ...event.data, ...data } } : event));

  it('differs where an event would say something else', () => {
    const recording = new Recording()
      .record([registered], { actor: 'operator' })
      .send(boot)
      .send(started)
      .send(started);
    const log = changed('TransactionStarted', { suspicions: ['meter-jump'] }, recording);
    expect(judged(log).operations).toEqual({
      BootNotification: { same: 1, differs: 0, examples: [] },
      StartTransaction: {
        same: 0,
        differs: 1,
        examples: [
          {
            identity: 'BOX',
            at: secondsAfterNoon(14),
            stream: 'chargeBox-BOX',
            revision: 2,
            differences: ['TransactionStarted.suspicions: meter-jump, now none'],
          },
        ],
      },
    });
  });

  it('differs where there would be another event, or one less', () => {
    const recording = new Recording().record([registered], { actor: 'operator' });
    recording.send({ ...started, request: { ...started.request, reservationId: 5 } });
    const without = judged(recording.log.filter(({ type }) => type !== 'ReservationUsed'));
    expect(without.operations.StartTransaction?.examples[0]?.differences).toEqual(
      expect.arrayContaining(['ReservationUsed.reservationId: absent, now 5']),
    );
    const twice = new Recording().record([registered], { actor: 'operator' });
    twice.send(started);
    const [, start] = twice.log;
    twice.record([{ type: start?.type, data: start?.data } as ChargeBoxEvent]);
    expect(judged(twice.log).operations.StartTransaction).toMatchObject({
      same: 1,
      differs: 1,
      examples: [{ differences: ['it would count as a repetition, and nothing would be recorded'] }],
    });
  });

  it('differs where a box would be refused', () => {
    const recording = new Recording().record([registered], { actor: 'operator' }).send(started);
    expect(judged(recording.log.slice(1)).operations.StartTransaction?.examples).toMatchObject([
      { differences: ['the answer would be the fault SecurityError'] },
    ]);
  });

  it('is told with five examples of an operation at most', () => {
    const recording = new Recording().record([registered], { actor: 'operator' });
    for (let session = 0; session < 8; session += 1)
      recording.send({ ...started, request: { ...started.request, meterStart: 2_000 + session } });
    const log = changed('TransactionStarted', { suspicions: ['meter-jump'] }, recording);
    expect(judged(log).operations.StartTransaction).toMatchObject({ differs: 8, examples: { length: 5 } });
  });
});

describe('a request that somebody outside was asked about', () => {
  const answer: fc.Arbitrary<(operation: CentralSystemOperation) => fc.Arbitrary<object>> = fc.constant((operation) =>
    anyMessage(ocpp15.centralSystem.operations[operation].response),
  );
  const ends = ['answer-request', 'expire-request', 'interrupt-request', 'hung-up'] as const;
  const asked = fc
    .tuple(sent, fc.constantFrom(...ends), answer)
    .chain(([each, end, responseTo]) =>
      fc.record({ each: fc.constant(each), end: fc.constant(end), response: responseTo(each.operation) }),
    );
  const messageOf = (end: (typeof ends)[number], msgId: string, at: string, response: object): DelegationMessage => {
    if (end === 'answer-request') return { kind: end, msgId, at, response: response as never, responder: 'flow' };
    if (end === 'expire-request') return { kind: end, msgId, at };
    return { kind: 'interrupt-request', msgId, at, reason: end === 'hung-up' ? 'hung-up' : 'restarted' };
  };

  it('has the outcome that today would have, whoever answered it and however it ended', () => {
    const found = { outside: 0, settled: 0 };
    fc.assert(
      fc.property(fc.boolean(), fc.array(asked, { maxLength: 10 }), (isKnown, all) => {
        const recording = new Recording();
        if (isKnown) recording.record([registered], { actor: 'operator' });
        for (const [place, { each, end, response }] of all.entries()) {
          recording.send(each, `m-${place}`);
          if (!recording.state.pending.some(({ msgId }) => msgId === `m-${place}`)) continue;
          recording.settle(messageOf(end, `m-${place}`, recording.later(), response), each.facts);
          if (end === 'hung-up')
            recording.settle(messageOf('answer-request', `m-${place}`, recording.later(), response), each.facts);
        }
        const { operations: judgedOperations, notJudged, answeredOutside } = judged(recording.log);
        expect(Object.values(judgedOperations).flatMap(({ examples }) => examples)).toEqual([]);
        expect(notJudged.delegated).toBe(0);
        found.outside += answeredOutside;
        found.settled += Object.values(judgedOperations).reduce((sum, { same }) => sum + same, 0);
      }),
      { numRuns: 300 },
    );
    expect(found.outside).toBeGreaterThan(100);
    expect(found.settled).toBeGreaterThan(found.outside);
  });

  it('differs where the rules would record something else with the same answer', () => {
    const recording = new Recording().record([registered], { actor: 'operator' }).send(started, 'm');
    const response = { transactionId: 4_711, idTagInfo: { status: 'Accepted' as const } };
    recording.settle({ kind: 'answer-request', msgId: 'm', at: recording.later(), response });
    const log = recording.log.map((event) =>
      event.type === 'TransactionStarted' ? { ...event, data: { ...event.data, suspicions: ['meter-jump'] } } : event,
    );
    expect(judged(log)).toMatchObject({
      answeredOutside: 1,
      operations: {
        StartTransaction: {
          same: 0,
          differs: 1,
          examples: [{ differences: ['TransactionStarted.suspicions: meter-jump, now none'] }],
        },
      },
    });
    expect(judged(recording.log)).toMatchObject({ answeredOutside: 1, operations: { StartTransaction: { same: 1 } } });
  });

  it('differs where nobody would be asked any more', () => {
    const recording = new Recording().record([registered], { actor: 'operator' }).send(started, 'm');
    expect(judged(recording.log.slice(1)).operations.StartTransaction?.examples).toMatchObject([
      { differences: ['the answer would be the fault SecurityError'] },
    ]);
  });
});

it('what the history does not tell the request of is counted and not judged', () => {
  const recording = new Recording().record([registered], { actor: 'operator' });
  const at = secondsAfterNoon(1);
  recording.record([{ type: 'RequestRepeated', data: { msgId: 'm', at } }]);
  recording.record([{ type: 'RequestExpired', data: { msgId: 'm', operation: 'Heartbeat', delivered: true, at } }]);
  recording.record([{ type: 'AddressObserved', data: { remoteAddress: '10.0.0.5', at } }]);
  expect(judged(recording.log)).toMatchObject({
    events: 4,
    operations: {},
    notJudged: { delegated: 2, accompanying: 1 },
  });
});
