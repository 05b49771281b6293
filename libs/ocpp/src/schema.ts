/** The words in which OCPP messages are declared: kinds of values, and how often a field occurs. */

export interface StringKind<Text extends string = string> {
  readonly kind: 'string';
  /** Most code points. `limitIn` says whether the WSDL carries the limit too, or only the text of the specification. */
  readonly max?: number;
  readonly limitIn?: 'wsdl' | 'text';
  /** Compared without regard to letter case (CiString). */
  readonly caseInsensitive?: boolean;
  /** Name of the simple type in the schema. */
  readonly name?: string;
  readonly xsd: 'string' | 'anyURI';
  readonly _type?: Text;
}

export interface EnumKind<Literal extends string = string> {
  readonly kind: 'enum';
  readonly name: string;
  readonly literals: readonly Literal[];
  /** On receipt other text is kept instead of refused: the field informs, it does not steer. */
  readonly open?: boolean;
}

/** An enumeration whose other values are kept as text on receipt. */
export interface OpenEnumKind<Literal extends string = string> extends EnumKind<Literal> {
  readonly open: true;
}

/** 32 bit signed, `xs:int`. `min` is a rule of the text, not of the schema. */
export interface IntKind {
  readonly kind: 'int';
  readonly min?: number;
  /** What a meter shows: on receipt a fraction is rounded, and 32 bits are no limit. */
  readonly measured?: true;
}

export interface BooleanKind {
  readonly kind: 'boolean';
}

/** `xs:dateTime`, in messages as text: ISO 8601 in UTC when we send; as the peer wrote it when we receive. */
export interface InstantKind {
  readonly kind: 'instant';
}

export interface StructKind<Fields extends FieldTable = FieldTable> {
  readonly kind: 'struct';
  /** Name of the complex type in the schema; wrappers of operations have none. */
  readonly name?: string;
  /** In the order of the schema's sequence. */
  readonly fields: Fields;
}

/** Text content with optional attributes: `MeterValue/value`. The text is the member `value`. */
export interface AttributedTextKind<
  Attributes extends Readonly<Record<string, EnumKind>> = Readonly<Record<string, EnumKind>>,
> {
  readonly kind: 'attributedText';
  readonly attributes: Attributes;
}

export type ScalarKind = StringKind | EnumKind | IntKind | BooleanKind | InstantKind;
export type Kind = ScalarKind | StructKind | AttributedTextKind;

/**
 * `one` 1..1, `expected` 1..1 in the schema but tolerated when missing on receipt (transaction data is never refused),
 * `optional` 0..1, `many` 0..*, `some` 1..*.
 */
export type Occurs = 'one' | 'expected' | 'optional' | 'many' | 'some';

export interface Field<K extends Kind = Kind, O extends Occurs = Occurs> {
  readonly of: K;
  readonly occurs: O;
}

export type FieldTable = Readonly<Record<string, Kind | Field>>;

export const text = (max?: number): StringKind => ({
  kind: 'string',
  xsd: 'string',
  ...(max === undefined ? {} : { max, limitIn: 'text' as const }),
});
export const ciString = (name: string, max: number): StringKind => ({
  kind: 'string',
  xsd: 'string',
  name,
  max,
  limitIn: 'wsdl',
  caseInsensitive: true,
});
export const uri: StringKind = { kind: 'string', xsd: 'anyURI' };
export const int: IntKind = { kind: 'int' };
export const intFrom = (min: number): IntKind => ({ kind: 'int', min });
export const wattHours: IntKind = { kind: 'int', measured: true };
export const boolean: BooleanKind = { kind: 'boolean' };
export const instant: InstantKind = { kind: 'instant' };
export const oneOf = <const Literals extends readonly string[]>(
  name: string,
  ...literals: Literals
): EnumKind<Literals[number]> => ({
  kind: 'enum',
  name,
  literals,
});
export const openTo = <Literal extends string>(kind: EnumKind<Literal>): OpenEnumKind<Literal> => ({
  ...kind,
  open: true,
});
export const struct = <const Fields extends FieldTable>(fields: Fields, name?: string): StructKind<Fields> => ({
  kind: 'struct',
  fields,
  ...(name === undefined ? {} : { name }),
});
export const attributedText = <const A extends Readonly<Record<string, EnumKind>>>(
  attributes: A,
): AttributedTextKind<A> => ({
  kind: 'attributedText',
  attributes,
});
export const optional = <K extends Kind>(of: K): Field<K, 'optional'> => ({ of, occurs: 'optional' });
export const expected = <K extends Kind>(of: K): Field<K, 'expected'> => ({ of, occurs: 'expected' });
export const many = <K extends Kind>(of: K): Field<K, 'many'> => ({ of, occurs: 'many' });
export const some = <K extends Kind>(of: K): Field<K, 'some'> => ({ of, occurs: 'some' });

/** One field as data, with the shorthand of a bare kind (exactly one) spelt out. */
export function fieldOf(entry: Kind | Field): Field {
  return 'occurs' in entry ? entry : { of: entry, occurs: 'one' };
}

/** The fields of a struct in schema order. */
export function fieldsOf(kind: StructKind): readonly (Field & { readonly name: string })[] {
  return Object.entries(kind.fields).map(([name, entry]) => ({ name, ...fieldOf(entry) }));
}

type Simplify<T> = { readonly [Key in keyof T]: T[Key] };

type ValueOf<Entry> = Entry extends Field<infer K> ? Infer<K> : Infer<Entry>;
type RequiredNames<Fields> = {
  [Name in keyof Fields]: Fields[Name] extends Field<Kind, infer O> ? (O extends 'one' | 'some' ? Name : never) : Name;
}[keyof Fields];
type Occurring<Entry> =
  Entry extends Field<Kind, infer O>
    ? O extends 'many' | 'some'
      ? readonly ValueOf<Entry>[]
      : ValueOf<Entry>
    : ValueOf<Entry>;

/** Any text, with the known literals for completion. */
export type OpenText<Literal extends string> = Literal | (string & {});

/** The TypeScript type of a declared kind. */
export type Infer<K> =
  K extends StructKind<infer Fields>
    ? Simplify<
        { [Name in RequiredNames<Fields> & keyof Fields]: Occurring<Fields[Name]> } & {
          [Name in Exclude<keyof Fields, RequiredNames<Fields>>]?: Occurring<Fields[Name]>;
        }
      >
    : K extends AttributedTextKind<infer A>
      ? Simplify<{ readonly value: string } & { readonly [Name in keyof A]?: Infer<A[Name]> }>
      : K extends OpenEnumKind<infer Literal>
        ? OpenText<Literal>
        : K extends EnumKind<infer Literal>
          ? Literal
          : K extends IntKind
            ? number
            : K extends BooleanKind
              ? boolean
              : string;
