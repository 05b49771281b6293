import type { EventStore, Log } from '@app/kernel';
import { mkdirSync } from 'node:fs';
import { basename } from 'node:path';
import { filled } from '../filled';
import type { OwnFollowed } from '../followed-rows';
import type { StoreOpener } from '../projector-thread';
import type { OwnRowsFound, Paging } from '../queries';
import type { OwnProjectionRow, OwnRow } from './rows';
import { removeRows, sourcesIn } from './files';
import { Supervised } from './supervised';

export interface OwnProjectionsOptions {
  /** Folder of the files that export projections. */
  readonly sources: string;
  /** Folder in which their rows are kept. */
  readonly folder: string;
  readonly store: Pick<EventStore, 'head'>;
  /** Opens the log in their threads. */
  readonly openStore: StoreOpener;
  readonly log: Log;
  /** Milliseconds within which a projection must come back from an event; 30 000. */
  readonly patience?: number;
}

/** Each has a thread. */
const most = 16;

/** The projections that live outside of the service, at work. */
export class OwnProjections {
  private readonly all: readonly Supervised[];
  private readonly owners = new Map<string, string>();
  private toTidy = false;

  /** Without options there are none. Throws `projections-dir-unusable`. */
  constructor(private readonly options?: OwnProjectionsOptions) {
    this.all = options === undefined ? [] : this.supervised(options);
  }

  start(): void {
    for (const projection of this.all) projection.start();
    this.tidy();
  }

  async stop(): Promise<void> {
    await Promise.all(this.all.map((projection) => projection.stop()));
  }

  async list(): Promise<readonly OwnProjectionRow[]> {
    const head = (await this.options?.store.head()) ?? '';
    return this.all.map((projection) => projection.row(head));
  }

  /**
   * Removes rows that no projection goes on with, such as those of another version, or of one that was taken away or stopped: at once, or when
   * it is known which there are.
   */
  tidy(): void {
    this.toTidy = this.all.some(({ isUnknown }) => isUnknown);
    if (this.toTidy || this.options === undefined) return;
    for (const each of this.all) each.letGo();
    removeRows(this.options.folder, (name, version) => !this.all.some((each) => each.keepsUp(name, version)));
  }

  /** Whether there may be more of them in a moment. */
  get isLoading(): boolean {
    return this.all.some((projection) => projection.isLoading);
  }

  /** Those whose rows can be followed. */
  followed(): readonly OwnFollowed[] {
    return this.all.flatMap((projection) => projection.followed());
  }

  async rows(name: string, filter: Readonly<Record<string, string>>, paging: Paging): Promise<OwnRowsFound> {
    const projection = this.named(name);
    if (projection?.declared === undefined) return { outcome: 'unknown' };
    const { columns } = projection.declared;
    const unknown = Object.keys(filter).filter((column) => !columns.includes(column));
    if (unknown.length > 0) return { outcome: 'no-such-column', columns, unknown };
    return { outcome: 'found', page: await filled(paging, (each) => projection.rows.page(filter, each)) };
  }

  row(name: string, key: string): OwnRow | undefined {
    return this.named(name)?.rows.row(key);
  }

  private named(name: string): Supervised | undefined {
    return this.all.find(({ declared }) => declared?.name === name);
  }

  private supervised({ sources, folder, log, openStore, patience = 30_000 }: OwnProjectionsOptions) {
    const files = sourcesIn(sources);
    if (files.length > most)
      log.warn({ files: files.slice(most) }, `There may be ${most} projections: these files are left out`);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const claim = (name: string, source: string) => {
      const owner = this.owners.get(name);
      if (owner === undefined) this.owners.set(name, source);
      return owner === undefined || owner === source ? undefined : basename(owner);
    };
    const known = () => void (this.toTidy && this.tidy());
    const supervision = { folder, openStore, log, patience, claim, known };
    return files.slice(0, most).map((source) => new Supervised(source, supervision));
  }
}
