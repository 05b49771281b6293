import {
  decodeIdentity,
  encodeIdentity,
  heartbeatPrefix,
  idTagPrefix,
  idTagStream,
  snapshotPrefix,
  statePrefix,
  telemetryPrefix,
} from '@app/charge-box';
import { LRUCache } from 'lru-cache';
import { createHmac } from 'node:crypto';
import type { PersonalKind } from './personal';
import { replaced } from './personal';
import type { MovedEvent } from './summary';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
const boxPrefixes = [statePrefix, telemetryPrefix, heartbeatPrefix, snapshotPrefix];
/** Members that people write freely, in these events alone; elsewhere they hold a word of ours. */
const freely: Readonly<Record<string, string | undefined>> = {
  TransactionClosed: 'reason',
  TransactionCorrected: 'reason',
  OrphanDismissed: 'reason',
  OperationCancelled: 'reason',
  LocalListGivenUp: 'reason',
};

/** Stands in place of what cannot be told without telling who. */
export const leftOut = '-';

/**
 * Other names in place of those that say who or where somebody is: the same for the same, different for different ones, and without the key they
 * lead nowhere. They keep to OCPP's letters and lengths.
 */
export class Pseudonyms {
  // Names come again and again, and each costs more than the rest of its event.
  private readonly known = new LRUCache<string, string>({ max: 20_000 });

  constructor(private readonly key: Buffer) {}

  idTag(idTag: string): string {
    // Letter case does not count (OCPP 1.5, 7.20), and 20 characters are the most.
    return `T${this.letters('idTag', idTag.toLowerCase(), 19)}`;
  }

  identity(identity: string): string {
    return `B${this.letters('identity', identity, 19)}`;
  }

  /** A whole event, and the name of its stream. */
  event({ stream, data, type, metadata, ...rest }: MovedEvent): MovedEvent {
    const hidden = this.hidden(data) as Record<string, unknown>;
    const free = Object.hasOwn(freely, type) ? freely[type] : undefined;
    const { quirks, ...other } = metadata;
    return {
      ...rest,
      type,
      stream: this.stream(stream),
      data: free !== undefined && typeof hidden[free] === 'string' ? { ...hidden, [free]: leftOut } : hidden,
      metadata: {
        ...(this.hidden(other) as typeof other),
        // What stood in the place of a deviation may be anything.
        ...(quirks === undefined ? {} : { quirks: quirks.map(({ name }) => ({ name })) }),
      },
    };
  }

  stream(stream: string): string {
    const prefix = boxPrefixes.find((candidate) => stream.startsWith(candidate));
    if (prefix !== undefined)
      return prefix + encodeIdentity(this.identity(decodeIdentity(stream.slice(prefix.length))));
    return stream.startsWith(idTagPrefix)
      ? idTagStream(this.idTag(decodeIdentity(stream.slice(idTagPrefix.length))))
      : stream;
  }

  private hidden(value: unknown): unknown {
    return replaced(value, (kind, text) => this.replacement(kind, text));
  }

  private replacement(kind: PersonalKind, text: string): string {
    switch (kind) {
      case 'idTag':
        return this.idTag(text);
      case 'identity':
        return this.identity(text);
      case 'address':
        return this.address(text);
      case 'url':
        return text.startsWith('http://www.w3.org/')
          ? text
          : `http://${this.letters('url', text, 20).toLowerCase()}.invalid/`;
      case 'name':
      case 'id':
        return this.letters(kind, text, 20);
      case 'time':
        return /^[\d:.,TZtz +-]+$/.test(text) ? text : leftOut;
      case 'natural-key':
      case 'words':
        return leftOut;
    }
  }

  /** Of the block that is reserved for local addresses: nobody is there. */
  private address(text: string): string {
    const digits = createHmac('sha256', this.key).update(`address\n${text}`).digest('hex');
    return `fd00:${[0, 4, 8, 12, 16, 20, 24].map((place) => digits.slice(place, place + 4)).join(':')}`;
  }

  private letters(kind: string, text: string, length: number): string {
    const name = `${kind}\n${text}`;
    const known = this.known.get(name);
    if (known !== undefined) return known;
    const bytes = createHmac('sha256', this.key).update(name).digest();
    const made = Array.from(bytes.subarray(0, length), (byte) => letters[byte % 32]).join('');
    this.known.set(name, made);
    return made;
  }
}
