import type { ChargeBoxEvent, IdTagEvent, PresetEvent } from '@app/charge-box';
import { identityOfStream, idTagPrefix, presetPrefix } from '@app/charge-box';
import type { RecordedEvent } from '@app/kernel';

/** Every event that a projection may be about. */
export type ProjectedEvent = ChargeBoxEvent | IdTagEvent | PresetEvent;
export type ProjectedType = ProjectedEvent['type'];
export type DataOf<Type extends ProjectedType> = Extract<ProjectedEvent, { type: Type }>['data'];

/** What a projection is told of an event besides its data. */
export interface Occasion {
  /** Charge box that the event is about; empty for events of idTags and presets. */
  readonly identity: string;
  /** Key of the row that is asked for. */
  readonly key: string;
  readonly receivedAt: string;
  readonly position: string;
}

type Apply<Row, Type extends ProjectedType> = (
  row: Row | undefined,
  data: DataOf<Type>,
  occasion: Occasion,
) => Row | undefined;
type KeysOf<Type extends ProjectedType> = (
  data: DataOf<Type>,
  occasion: Omit<Occasion, 'key'>,
) => readonly (string | number)[];

/** How one type of event changes rows: which ones, and how. `undefined` takes the row away. */
export interface Change<Row, Type extends ProjectedType> {
  readonly keys: KeysOf<Type>;
  readonly apply: Apply<Row, Type>;
}

/** A table of rows that follow from events alone. Pure: the engine loads, keeps and stores the rows. */
export interface Projection<Row> {
  readonly name: string;
  /** Goes up when rows come out differently; then the read models are built anew. */
  readonly version: number;
  /** Values by which rows are found and ordered, besides the key. */
  readonly columns: Readonly<Record<string, (row: Row) => string | number | null>>;
  /** Columns by which rows are looked for often; each index is paid for with every change. */
  readonly indexes: readonly string[];
  /** Its rows are nobody's business outside: their changes cannot be followed. */
  readonly internal?: true;
  readonly on: { readonly [Type in ProjectedType]?: Change<Row, Type> };
}

/** A recorded event as projections see it; `undefined` for events that are about neither a charge box nor an idTag. */
export function occasionOf(event: RecordedEvent): Omit<Occasion, 'key'> | undefined {
  const isOfNoBox = event.stream.startsWith(idTagPrefix) || event.stream.startsWith(presetPrefix);
  const identity = identityOfStream(event.stream) ?? (isOfNoBox ? '' : undefined);
  if (identity === undefined) return undefined;
  return { identity, receivedAt: event.metadata.receivedAt, position: event.position };
}
