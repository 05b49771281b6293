const pattern = /^[A-Za-z0-9_]{1,40}$/;
const otherPrefix = /^[A-Za-z0-9_]{1,40}\./;

/** How streams are named on a server that several systems share: each has its own beginning, and sees nothing of the others. */
export class StreamNames {
  /** What all names on the server begin with. */
  readonly prefix: string;

  constructor(namespace?: string) {
    if (namespace !== undefined && !pattern.test(namespace))
      throw new RangeError('a namespace has 1 to 40 letters, digits and underscores');
    this.prefix = namespace === undefined ? '' : `${namespace}.`;
  }

  onServer(stream: string): string {
    return `${this.prefix}${stream}`;
  }

  /** The name among us; `undefined` for what is of others, or of the system. */
  ours(streamId: string): string | undefined {
    if (streamId.startsWith('$') || !streamId.startsWith(this.prefix)) return undefined;
    // Without a namespace, those that have one are others.
    return this.prefix === '' && otherPrefix.test(streamId) ? undefined : streamId.slice(this.prefix.length);
  }
}
