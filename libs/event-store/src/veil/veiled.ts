import type { EventStore, EventToAppend, KnownTokens, RecordedEvent, Texts, Veiling } from '@app/kernel';
import { tokenOfStream } from '@app/kernel';
import type { Wanted } from './keys';
import { isToken, TextKeys } from './keys';

export interface VeiledOptions {
  readonly keys: TextKeys;
  /** Where erasable texts stand. */
  readonly veiling: Veiling;
  /** False leaves new texts in clear. */
  readonly veils?: boolean;
  /** Gives out the events that tell the meaning of tokens too; they are no business of anybody but read models. */
  readonly showsKeys?: boolean;
}

/** A store in which tokens stand for erasable texts. Who uses it sees the texts, and pseudonyms of those that were erased. */
export function veiled(store: EventStore, options: VeiledOptions): EventStore {
  const veil = new Veil(store, options);
  const unveiled = async <Page extends { readonly events: readonly RecordedEvent[] }>(page: Page): Promise<Page> => ({
    ...page,
    events: await veil.lift(page.events),
  });
  const named = <Rest extends object>(stream: string, go: (name: string) => Promise<Rest>): Promise<Rest> =>
    options.veiling.inStream(stream) === undefined ? go(stream) : veil.nameOf(stream).then(go);
  return {
    shared: store.shared,
    append: (stream, events, expected) => {
      const ready = veil.cover(stream, events);
      return ready instanceof Promise
        ? ready.then((covered) => store.append(covered.stream, covered.events, expected))
        : store.append(ready.stream, ready.events, expected);
    },
    readStream: (stream, page) => named(stream, async (name) => unveiled(await store.readStream(name, page))),
    readAll: async (page) => unveiled(await store.readAll(page)),
    subscribe: (subscription, subscriber) =>
      store.subscribe(subscription, (batch) => {
        const events = veil.lift(batch.events);
        return events instanceof Promise
          ? events.then((lifted) => subscriber({ ...batch, events: lifted }))
          : subscriber({ ...batch, events });
      }),
    head: () => store.head(),
    retain: async (stream, retention) => {
      await named(stream, async (name) => ({ done: await store.retain(name, retention) }));
    },
    purge: async () => store.purge?.(),
    close: () => store.close(),
  };
}

/** A log as rows are made of it: with the events that tell the meaning of tokens. */
export function veiledForRows<Store extends EventStore & { wake?(): void }>(store: Store, veiling: Veiling) {
  let keys = new TextKeys();
  let log = veiled(store, { keys, veiling, showsKeys: true });
  return {
    ...veiled(store, { keys: new TextKeys(), veiling }),
    readAll: (page: Parameters<EventStore['readAll']>[0]) => log.readAll(page),
    subscribe: (...wanted: Parameters<EventStore['subscribe']>) => log.subscribe(...wanted),
    wake: () => store.wake?.(),
    /** Told what rows know, and nothing else, it shows events as the rows saw them, up to an erasure. */
    learn: (known: KnownTokens) => {
      keys = new TextKeys();
      keys.seed(known);
      log = veiled(store, { keys, veiling, showsKeys: true });
    },
  };
}

/** Makes of stored events what who uses a veiled store sees. */
export function lifter(store: EventStore, options: VeiledOptions) {
  const veil = new Veil(store, options);
  return async (events: readonly RecordedEvent[]): Promise<readonly RecordedEvent[]> => veil.lift(events);
}

/** Makes of events what a veiled store appends, with tokens that are durable by then. */
export function coverer(store: EventStore, options: VeiledOptions): Cover {
  const veil = new Veil(store, options);
  return async (stream, events) => veil.cover(stream, events);
}

export type Cover = (stream: string, events: readonly EventToAppend[]) => Promise<Covered>;

/** Events as they are stored. */
export interface Covered {
  readonly stream: string;
  readonly events: readonly EventToAppend[];
}

class Veil {
  private readonly keys: TextKeys;
  private readonly veiling: Veiling;
  private readonly veils: boolean;
  private readonly showsKeys: boolean;

  constructor(
    private readonly store: EventStore,
    { keys, veiling, veils = true, showsKeys = false }: VeiledOptions,
  ) {
    this.keys = keys;
    this.veiling = veiling;
    this.veils = veils;
    this.showsKeys = showsKeys;
  }

  /** At once where every token is known: appends that do not wait for each other stay in order. */
  cover(stream: string, events: readonly EventToAppend[]): Covered | Promise<Covered> {
    if (this.veiling.inStream(stream) !== undefined) return this.keys.during(this.coverAll(stream, events));
    if (!this.veils) return { stream, events };
    const { covered, missing } = this.attempt(events, this.veiling.ownerOf);
    return missing.length === 0 ? { stream, events: covered } : this.keys.during(this.coverAll(stream, events));
  }

  private async coverAll(stream: string, events: readonly EventToAppend[]): Promise<Covered> {
    const at = events[0]?.metadata.receivedAt ?? '';
    const tag = this.veiling.inStream(stream);
    const name = tag === undefined ? stream : await this.nameOf(stream, this.veils ? at : undefined);
    if (!this.veils) return { stream: name, events };
    // What is recorded about a text by its name is said now; everything else may be remembered from before an erasure.
    const ownerOf = tag === undefined ? this.veiling.ownerOf : undefined;
    for (;;) {
      const { covered, missing } = this.attempt(events, ownerOf);
      if (missing.length === 0) return { stream: name, events: covered };
      await this.keys.give(this.store, missing, { at, ownerOf });
    }
  }

  private attempt(events: readonly EventToAppend[], ownerOf: Veiling['ownerOf'] | undefined) {
    const missing: Wanted[] = [];
    const text = (what: string, of?: string): string => {
      const token = this.keys.tokenOf(what, of) ?? (ownerOf && this.keys.formerTokenOf({ text: what, of }, ownerOf));
      if (token === undefined) missing.push({ text: what, of });
      return token ?? what;
    };
    const texts: Texts = { text, ending: (composed) => this.ended(composed, text) };
    return { covered: events.map((event) => this.veiling.inEvent(event, texts)), missing };
  }

  /** What stands before it may have bars too, and so may the text: the longest end that is known as one is taken. */
  private ended(composed: string, text: Texts['text']): string {
    const last = composed.lastIndexOf('|') + 1;
    if (last === composed.length) return composed;
    for (let from = composed.indexOf('|') + 1; from > 0 && from < last; from = composed.indexOf('|', from) + 1)
      if (this.keys.tokenOf(composed.slice(from)) !== undefined)
        return composed.slice(0, from) + text(composed.slice(from));
    return composed.slice(0, last) + text(composed.slice(last));
  }

  /** The name of a stream in the store. `at`: makes a token if there is none. */
  async nameOf(stream: string, at?: string): Promise<string> {
    const { keys, store, veiling } = this;
    const text = veiling.inStream(stream) ?? '';
    if (keys.tokenOf(text) === undefined) await keys.catchUp(store);
    // A history from before goes on in the stream that it has, and so does one that is known by its pseudonym.
    const former = keys.tokenOf(text) === undefined ? keys.tokensOfPseudonym(text).map(veiling.streamOf) : [];
    for (const name of [stream, ...former]) if (await this.exists(name)) return name;
    if (keys.tokenOf(text) === undefined && at !== undefined) await keys.give(store, [{ text }], { at });
    const known = keys.tokenOf(text);
    return known === undefined ? stream : veiling.streamOf(known);
  }

  private async exists(stream: string): Promise<boolean> {
    return (await this.store.readStream(stream, { direction: 'backward', limit: 1 })).lastRevision >= 0;
  }

  /** Events as those who use the store see them; what the log tells of tokens is taken in its order. */
  lift(events: readonly RecordedEvent[]): readonly RecordedEvent[] | Promise<readonly RecordedEvent[]> {
    const lifted: RecordedEvent[] = [];
    for (const [place, event] of events.entries()) {
      const { seen, unknown } = this.liftOne(event);
      if (unknown.size > 0) return this.liftRest(events.slice(place), lifted);
      lifted.push(...seen);
    }
    return lifted;
  }

  private async liftRest(events: readonly RecordedEvent[], lifted: RecordedEvent[]) {
    const unknown = new Set<string>();
    const coming = new Set<string | undefined>();
    // Those whose meaning comes along before are not looked up: an erasure comes at its place. Read backwards, it comes too late.
    for (const event of events) {
      if (event.type === 'TextKeyed') coming.add(tokenOfStream(event.stream));
      const used = this.keys.isAbout(event) ? none : this.liftOne(event).unknown;
      for (const token of used) if (!coming.has(token)) unknown.add(token);
    }
    await this.keys.look(this.store, unknown);
    // What is unknown now only looks like a token.
    for (const event of events) lifted.push(...this.liftOne(event).seen);
    return lifted;
  }

  private liftOne(event: RecordedEvent): {
    readonly seen: readonly RecordedEvent[];
    readonly unknown: ReadonlySet<string>;
  } {
    if (this.keys.take(event)) return { seen: this.showsKeys ? [event] : [], unknown: none };
    let unknown = none;
    const text = (token: string): string => {
      if (!isToken(token)) return token;
      const shown = this.keys.shownFor(token);
      if (shown === undefined) unknown = new Set([...unknown, token]);
      return shown ?? token;
    };
    const ending = (composed: string): string => {
      const from = composed.lastIndexOf('|') + 1;
      return composed.slice(0, from) + text(composed.slice(from));
    };
    const lifted = this.veiling.inEvent(event, { text, ending });
    const inName = this.veiling.inStream(event.stream);
    const isVeiled = inName !== undefined && isToken(inName);
    return { seen: [isVeiled ? { ...lifted, stream: this.veiling.streamOf(text(inName)) } : lifted], unknown };
  }
}

const none: ReadonlySet<string> = new Set();
