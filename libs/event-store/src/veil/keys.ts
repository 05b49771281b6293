import type {
  ErasedText,
  EventStore,
  EventToAppend,
  KnownTokens,
  Position,
  RecordedEvent,
  VeilEvent,
  Veiling,
} from '@app/kernel';
import { BEGINNING, pagesOf, textKeyStream, tokenOfStream } from '@app/kernel';
import { randomBytes, randomUUID } from 'node:crypto';
import { FadingTexts } from './fading';

/** A text to be veiled, and whose it is where it does not say so itself. */
export interface Wanted {
  readonly text: string;
  readonly of?: string | undefined;
}

interface Giving {
  readonly at: string;
  readonly ownerOf?: Veiling['ownerOf'] | undefined;
}

interface Meaning {
  /** What is shown in the place of the token. */
  readonly shown: string;
  /** Absent once it is erased. */
  readonly what?: Wanted;
}

/** Small letters alone, because the names of some streams know no others. */
const letters = 'abcdefghijklmnopqrstuvwxyz234567';
const form = /^veil-[a-z2-7]{15}$/;
const types: readonly VeilEvent['type'][] = ['TextKeyed', 'TextErased'];

/** Stands for what was about somebody who is gone; pseudonyms begin with it. */
export const nobody = 'erased';

export const isToken = (text: string): boolean => form.test(text);
const newToken = (): string =>
  `veil-${Array.from(randomBytes(15), (byte) => letters.charAt(byte % letters.length)).join('')}`;
const nameOf = ({ text, of }: Wanted): string => (of === undefined ? `=${text}` : JSON.stringify([text, of]));

/** What the tokens of a log mean. It knows all of them that it needed so far, and follows what others append as far as it is shown it. */
export class TextKeys {
  private readonly tokens = new Map<string, string>();
  private readonly meanings = new Map<string, Meaning>();
  private readonly pseudonyms = new Map<string, Set<string>>();
  private readonly underWay = new Map<string, Promise<void>>();
  private readonly listeners = new Set<(gone: ErasedText) => unknown>();
  private readonly fading = new FadingTexts();
  private readonly works = new Set<Promise<unknown>>();
  private reading: Promise<void> = Promise.resolve();
  private nextReading: Promise<void> | undefined;
  private reached: Position = BEGINNING;
  private isWhole = false;

  /** How many texts are veiled. */
  get size(): number {
    return this.tokens.size;
  }

  /** Up to where in the log everything is known. */
  get position(): Position {
    return this.reached;
  }

  tokenOf(text: string, of?: string): string | undefined {
    return this.tokens.get(nameOf({ text, of }));
  }

  /** The token that a text of somebody had who is being forgotten. */
  formerTokenOf(what: Wanted, ownerOf: Veiling['ownerOf']): string | undefined {
    return this.fading.tokenOf(what, ownerOf);
  }

  /** What is shown in the place of a token, `undefined` for what is none of ours as far as is known. */
  shownFor(token: string): string | undefined {
    return this.meanings.get(token)?.shown;
  }

  /** Everything that a pseudonym stands for. */
  tokensOfPseudonym(text: string): readonly string[] {
    return [...(this.pseudonyms.get(text) ?? [])];
  }

  /** Tokens that mean something, also those that lost to another one for the same text and stand nowhere. */
  meaningful(): readonly (Wanted & { readonly token: string; readonly stands: boolean })[] {
    return [...this.meanings].flatMap(([token, { what }]) =>
      what === undefined ? [] : [{ ...what, token, stands: this.tokens.get(nameOf(what)) === token }],
    );
  }

  /** Takes over what is known of the log up to a position. Call it before anything else. */
  seed({ position, tokens }: KnownTokens): void {
    for (const { token, text, of, erasedAs } of tokens) {
      if (text !== undefined) this.keyed(token, { text, of });
      else if (erasedAs !== undefined) this.erased(token, erasedAs, position);
    }
    this.reached = position;
  }

  /**
   * Tells every text that was known here and is erased, until the returned function is called. While what a listener returned is not
   * settled, whatever still stores the text stores its former token.
   */
  onErased(listener: (gone: ErasedText) => unknown): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }

  /** Work that may have read texts before an erasure, and stores them after it. */
  during<Result>(work: Promise<Result>): Promise<Result> {
    this.works.add(work);
    const ended = () => this.works.delete(work);
    work.then(ended, ended);
    return work;
  }

  isAbout({ stream }: Pick<RecordedEvent, 'stream'>): boolean {
    return tokenOfStream(stream) !== undefined;
  }

  /** Takes an event into account that tells about a token; true if it was one. Harmless when repeated. */
  take({ stream, type, data, position }: Pick<RecordedEvent, 'stream' | 'type' | 'data' | 'position'>): boolean {
    const token = tokenOfStream(stream);
    if (token === undefined) return false;
    const event = { type, data } as VeilEvent;
    if (event.type === 'TextKeyed') this.keyed(token, event.data);
    else if (event.type === 'TextErased') this.erased(token, event.data.as, position);
    return true;
  }

  private keyed(token: string, { text, of }: Wanted): void {
    if (this.meanings.has(token)) return;
    const what = { text, ...(of === undefined ? {} : { of }) };
    this.meanings.set(token, { shown: text, what });
    // Of two instances that veiled one text at the same time, both go on with the token that the log has first.
    if (!this.tokens.has(nameOf(what))) this.tokens.set(nameOf(what), token);
  }

  private erased(token: string, as: string, position: Position): void {
    const former = this.meanings.get(token);
    if (former !== undefined && former.what === undefined && former.shown === as) return;
    this.meanings.set(token, { shown: as });
    if (as !== nobody) this.pseudonyms.set(as, (this.pseudonyms.get(as) ?? new Set()).add(token));
    if (former?.what === undefined) return;
    if (this.tokens.get(nameOf(former.what)) === token) this.tokens.delete(nameOf(former.what));
    const gone = { ...former.what, token, as, position };
    const told = [...this.listeners].map((listener) => listener(gone));
    this.fading.add(gone, [...told.filter((each) => each instanceof Promise), ...this.works]);
  }

  /** Reads on in the log to its present end. On a store of our own once is enough. */
  async catchUp(store: EventStore): Promise<void> {
    if (this.isWhole && !store.shared) return;
    // One reading for all who ask while another is under way: what they ask for may have been stored since that began.
    this.nextReading ??= this.reading
      .catch(() => undefined)
      .then(() => {
        this.nextReading = undefined;
        return this.readOn(store);
      });
    this.reading = this.nextReading;
    await this.nextReading;
  }

  private async readOn(store: EventStore): Promise<void> {
    if (this.isWhole && !store.shared) return;
    for await (const { events, next } of pagesOf(store, { after: this.reached, filter: { types } })) {
      for (const event of events) this.take(event);
      this.reached = next;
    }
    this.isWhole = true;
  }

  /** Looks up tokens one by one: for who reads a part of the log. */
  async look(store: EventStore, tokens: Iterable<string>): Promise<void> {
    const streams = [...tokens].map((token) => textKeyStream(token));
    await Promise.all(
      streams.map(async (stream) => {
        const { events } = await store.readStream(stream, { direction: 'backward', limit: 1 });
        for (const event of events) this.take(event);
      }),
    );
  }

  /** Makes tokens for texts that have none, durable when this resolves. `ownerOf`: and none of somebody who is being forgotten. */
  async give(store: EventStore, wanted: readonly Wanted[], how: Giving): Promise<void> {
    await Promise.all(wanted.map((what) => this.giveOne(store, what, how)));
  }

  private giveOne(store: EventStore, what: Wanted, how: Giving): Promise<void> {
    const name = nameOf(what);
    const known = this.underWay.get(name);
    if (known !== undefined) return known;
    const work = this.make(store, what, how).finally(() => this.underWay.delete(name));
    this.underWay.set(name, work);
    return work;
  }

  private async make(store: EventStore, what: Wanted, { at, ownerOf }: Giving): Promise<void> {
    await this.catchUp(store);
    if (this.tokens.has(nameOf(what)) || (ownerOf && this.formerTokenOf(what, ownerOf) !== undefined)) return;
    const token = newToken();
    const { text, of } = what;
    const data = { text, ...(of === undefined ? {} : { of }) };
    // At no revision: the link of such an event stands alone, so that the chain is whole when it is gone.
    await store.append(textKeyStream(token), [dressed({ type: 'TextKeyed', data }, at)], 'any');
    if (store.shared) await this.catchUp(store);
    this.keyed(token, data);
  }
}

/** An event about a token, for the store. */
export function dressed({ type, data }: VeilEvent, at: string): EventToAppend {
  const id = randomUUID();
  const metadata = { schema: 1, correlationId: id, causationId: id, actor: 'system', receivedAt: at };
  return { id, type, data, metadata };
}
