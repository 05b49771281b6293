import { silentLog } from '@app/kernel';
import fc from 'fast-check';
import { Feed } from '../feed';
import type { FeedFilter } from '../filter';
import { matches } from '../filter';
import { Follower } from '../follower';
import { Item } from '../item';
import type { Place } from '../place';
import type { FeedPage, FeedSource } from '../source';
import { Turns } from '../turns';
import { FakeSink, until } from './fake-sink';

// How a feed serves many at once, over a source that counts what is read of it.

const cause = { stream: 's', revision: 0, id: 'e', position: '1' };

class Numbers implements FeedSource {
  readonly version = '1';
  readonly followsLog = true;
  settled = true;
  reads = 0;
  failures = 0;
  private readonly all: Item[] = [];
  private readonly listeners = new Set<() => void>();

  constructor(
    private readonly pageSize = 3,
    private readonly isLate: () => boolean = () => false,
  ) {}

  get watched(): number {
    return this.listeners.size;
  }

  add(identity = 'A'): void {
    const position = String(this.all.length + 1).padStart(4, '0');
    const data = () => JSON.stringify({ key: position });
    this.all.push(new Item('row', { position }, position, { data, facts: () => ({ identity }), cause }));
    for (const listener of this.listeners) listener();
  }

  check(): void {
    // Always.
  }

  read(after: Place, filter: FeedFilter): FeedPage | Promise<FeedPage> {
    this.reads += 1;
    if (this.failures-- > 0) throw new Error('out of order');
    const from = Number(after.position);
    const page = this.all.slice(from, from + this.pageSize);
    const next = page.at(-1)?.place ?? after;
    const complete = from + page.length === this.all.length;
    const read = { items: page.filter((item) => matches(item, filter)), next, complete, anchor: undefined };
    return this.isLate() ? new Promise((resolve) => setTimeout(() => resolve(read), 1)) : read;
  }

  watch(_after: Place, news: () => void): () => void {
    this.listeners.add(news);
    return () => void this.listeners.delete(news);
  }
}

const followerOf = (sink: FakeSink, filter: FeedFilter = {}, untilCaughtUp = false) =>
  new Follower(sink, { filter, format: 'ndjson', untilCaughtUp, mark: 'm' }, { position: '' }, () => 0);
const feedOf = (source: FeedSource) => new Feed(source, new Turns(2), silentLog);
const keysOf = (sink: FakeSink) =>
  sink.messages.flatMap(({ data }) => (data.key === undefined ? [] : [Number(data.key)]));
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('A feed', () => {
  it('tells everything there is, that it is all, and then what comes', async () => {
    const source = new Numbers();
    for (let count = 0; count < 7; count += 1) source.add();
    const sink = new FakeSink();
    feedOf(source).join(followerOf(sink));
    await until(() => sink.events.includes('caught-up'));
    expect(keysOf(sink)).toEqual(upTo(7));
    source.add();
    await until(() => keysOf(sink).length === 8);
    expect(sink.events).toEqual([...upTo(7).map(() => 'row'), 'caught-up', 'row']);
  });

  it('looks for what is new once for all who are up to date', async () => {
    const source = new Numbers(100);
    const feed = feedOf(source);
    const sinks = Array.from({ length: 300 }, () => new FakeSink());
    for (const sink of sinks) feed.join(followerOf(sink));
    await until(() => sinks.every(({ events }) => events.includes('caught-up')));
    const before = source.reads;
    source.add();
    await until(() => sinks.every((sink) => keysOf(sink).length === 1));
    expect(source.reads - before).toBeLessThanOrEqual(2);
    expect(source.watched).toBe(1);
  });

  it('writes nothing more to who does not read, and goes on where it stopped once it does', async () => {
    const source = new Numbers();
    for (let count = 0; count < 10; count += 1) source.add();
    const feed = feedOf(source);
    const [slow, quick] = [new FakeSink(false), new FakeSink()];
    feed.join(followerOf(slow));
    feed.join(followerOf(quick));
    await until(() => quick.events.includes('caught-up'));
    expect(keysOf(slow)).toEqual([1, 2, 3]);
    source.add();
    await until(() => keysOf(quick).length === 11);
    slow.reads = true;
    slow.drain();
    await until(() => keysOf(slow).length === 11);
    expect(keysOf(slow)).toEqual(upTo(11));
  });

  it('tells each only of what it wants, and says so when it has told everything', async () => {
    const source = new Numbers();
    const feed = feedOf(source);
    const sinks = { A: new FakeSink(), B: new FakeSink(), all: new FakeSink() };
    source.add('A');
    source.add('B');
    feed.join(followerOf(sinks.A, { identity: 'A' }));
    feed.join(followerOf(sinks.B, { identity: 'B' }));
    feed.join(followerOf(sinks.all, {}));
    await until(() => Object.values(sinks).every(({ events }) => events.includes('caught-up')));
    source.add('B');
    source.add('A');
    await until(() => keysOf(sinks.all).length === 4 && keysOf(sinks.A).length === 2 && keysOf(sinks.B).length === 2);
    expect([keysOf(sinks.A), keysOf(sinks.B)]).toEqual([
      [1, 4],
      [2, 3],
    ]);
  });

  it('ends where only what there is was wanted', async () => {
    const source = new Numbers();
    source.add();
    const sink = new FakeSink();
    feedOf(source).join(followerOf(sink, {}, true));
    await until(() => sink.ended);
    expect(sink.events).toEqual(['row', 'caught-up']);
  });

  it('does not call a beginning everything while its source is being built', async () => {
    const source = new Numbers();
    source.settled = false;
    const sink = new FakeSink();
    feedOf(source).join(followerOf(sink));
    source.add();
    await until(() => keysOf(sink).length === 1);
    expect(sink.events).toEqual(['row']);
    source.settled = true;
    source.add();
    await until(() => sink.events.includes('caught-up'));
    expect(sink.events).toEqual(['row', 'row', 'caught-up']);
  });

  it('cuts off whom it cannot read for, and tells what is new after a failure', async () => {
    const source = new Numbers();
    const [cut, kept] = [new FakeSink(), new FakeSink()];
    source.failures = 1;
    const feed = feedOf(source);
    feed.join(followerOf(cut));
    await until(() => cut.wasCut);
    source.failures = 0;
    feed.join(followerOf(kept));
    await until(() => kept.events.includes('caught-up'));
    source.failures = 1;
    source.add();
    await until(() => keysOf(kept).length === 1);
    expect(keysOf(kept)).toEqual([1]);
  });

  it('watches its source only while somebody is up to date', async () => {
    const source = new Numbers();
    const feed = feedOf(source);
    const sink = new FakeSink();
    const follower = followerOf(sink);
    feed.join(follower);
    await until(() => sink.events.includes('caught-up'));
    expect(source.watched).toBe(1);
    feed.leave(follower);
    expect([source.watched, feed.size]).toEqual([0, 0]);
  });

  it('tells everybody everything once and in order, however they read and whenever they come', async () => {
    const steps = ['add', 'add', 'add', 'join', 'join-slow', 'drain', 'pause'] as const;
    const actions = fc.array(fc.constantFrom(...steps), { minLength: 5, maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(actions, fc.infiniteStream(fc.boolean()), async (given, late) => {
        const source = new Numbers(3, () => late.next().value === true);
        const feed = feedOf(source);
        const sinks: FakeSink[] = [];
        const drain = () => sinks.forEach((sink) => sink.drain());
        const enter = (sink: FakeSink) => feed.join(followerOf(sinks[sinks.push(sink) - 1] ?? sink));
        const does: Readonly<Record<(typeof steps)[number], () => unknown>> = {
          add: () => source.add(),
          join: () => enter(new FakeSink()),
          'join-slow': () => enter(new FakeSink(false)),
          drain,
          pause: () => new Promise((resolve) => setTimeout(resolve, 3)),
        };
        for (const step of given) await does[step]();
        const count = given.filter((step) => step === 'add').length;
        await until(() => (drain(), sinks.every((sink) => keysOf(sink).length >= count)));
        for (const sink of sinks) expect(keysOf(sink)).toEqual(upTo(count));
        for (const follower of [...feed.all]) feed.leave(follower);
      }),
      { numRuns: 60 },
    );
  });
});
