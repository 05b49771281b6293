import { positionText } from '../position';
import type { TypeTable } from './type-table';

export type EventRow = [
  position: number,
  stream: string,
  revision: number,
  typeId: number,
  recordedAt: number,
  id: string,
  data: string,
  metadata: string,
];

/** Turns rows into the JSON text of recorded events. `data` and `metadata` are JSON already and are put in as they are. */
export class PageText {
  private readonly quotedTypes = new Map<number, string>();
  private time = NaN;
  private quotedTime = '';

  constructor(private readonly types: TypeTable) {}

  list(rows: readonly EventRow[]): string {
    return `[${rows.map((row) => this.event(row)).join()}]`;
  }

  private event([position, stream, revision, typeId, recordedAt, id, data, metadata]: EventRow): string {
    return (
      `{"id":${JSON.stringify(id)},"type":${this.type(typeId)},"stream":${JSON.stringify(stream)},"revision":${revision},` +
      `"position":"${positionText(position)}","recordedAt":${this.recordedAt(recordedAt)},"data":${data},"metadata":${metadata}}`
    );
  }

  private type(id: number): string {
    const known = this.quotedTypes.get(id);
    if (known !== undefined) return known;
    const quoted = JSON.stringify(this.types.nameOf(id));
    this.quotedTypes.set(id, quoted);
    return quoted;
  }

  /** The events of one group have one time, so that remembering the last one saves most of the work. */
  private recordedAt(time: number): string {
    if (time !== this.time) {
      this.time = time;
      this.quotedTime = `"${new Date(time).toISOString()}"`;
    }
    return this.quotedTime;
  }
}
