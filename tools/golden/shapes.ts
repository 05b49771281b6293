import { join } from 'node:path';
import * as ts from 'typescript';

// What the type of stored data looks like, as JSON that depends on nothing but the structure: names of types, comments and order do not count.

/** Text for a scalar or a choice of scalars, one element for a list, members by name (`?` for those that may be absent), or a choice of shapes. */
export type Shape = string | readonly [Shape] | { readonly [member: string]: Shape } | Choice;
export interface Choice {
  readonly anyOf: readonly Shape[];
}

export const isChoice = (shape: Shape): shape is Choice => typeof shape === 'object' && 'anyOf' in shape;

/** The shapes of the data of every event in an exported union of events, by type, and of further exported types, by name. */
export function shapesIn(file: string, union: string, types: readonly string[]): Readonly<Record<string, Shape>> {
  const program = ts.createProgram([file], optionsOf(process.cwd()));
  const checker = program.getTypeChecker();
  const source = program.getSourceFile(file);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${file} exports nothing`);
  const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));
  const typeOf = (name: string): ts.Type => {
    const symbol = exported.get(name);
    if (symbol === undefined) throw new Error(`${file} does not export ${name}`);
    const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
    return checker.getDeclaredTypeOfSymbol(isAlias ? checker.getAliasedSymbol(symbol) : symbol);
  };
  const describe = describer(checker);
  const all = typeOf(union);
  const events = (all.isUnion() ? all.types : [all]).map((event) => {
    const member = (name: string) => memberOf(checker, event, name);
    return [(member('type') as ts.StringLiteralType).value, describe(member('data'))] as const;
  });
  return Object.fromEntries([...events, ...types.map((name) => [name, describe(typeOf(name))] as const)].sort(byName));
}

const byName = ([one]: readonly [string, unknown], [other]: readonly [string, unknown]) => (one < other ? -1 : 1);

function optionsOf(root: string): ts.CompilerOptions {
  const file = join(root, 'tsconfig.json');
  const read = ts.readConfigFile(file, (path) => ts.sys.readFile(path));
  return {
    ...ts.parseJsonConfigFileContent({ ...read.config, files: [], include: [] }, ts.sys, root).options,
    types: [],
  };
}

function memberOf(checker: ts.TypeChecker, type: ts.Type, name: string): ts.Type {
  const symbol = type.getProperty(name);
  if (symbol === undefined) throw new Error(`${checker.typeToString(type)} has no ${name}`);
  return checker.getTypeOfSymbol(symbol);
}

function describer(checker: ts.TypeChecker): (type: ts.Type) => Shape {
  const scalars: readonly (readonly [ts.TypeFlags, string])[] = [
    [ts.TypeFlags.String, 'string'],
    [ts.TypeFlags.Number, 'number'],
    [ts.TypeFlags.Boolean, 'boolean'],
    [ts.TypeFlags.NonPrimitive, 'object'],
    [ts.TypeFlags.Null, 'null'],
    [ts.TypeFlags.TemplateLiteral, 'string'],
  ];
  const describe = (type: ts.Type): Shape => {
    const scalar = scalars.find(([flag]) => (type.flags & flag) !== 0);
    if (scalar !== undefined) return scalar[1];
    if (type.isStringLiteral() || type.isNumberLiteral()) return `'${type.value}'`;
    if ((type.flags & ts.TypeFlags.BooleanLiteral) !== 0) return checker.typeToString(type);
    if (type.isUnion()) return choice(type.types);
    if (checker.isArrayType(type)) return [describe(checker.getTypeArguments(type as ts.TypeReference)[0] ?? type)];
    // `string & {}` is any text beside known literals.
    if (type.isIntersection() && type.types.some(({ flags }) => (flags & ts.TypeFlags.String) !== 0)) return 'string';
    return members(type);
  };
  const choice = (types: readonly ts.Type[]): Shape => {
    const present = types.filter(({ flags }) => (flags & ts.TypeFlags.Undefined) === 0);
    const texts = [...new Set(present.map((type) => JSON.stringify(describe(type))))].sort();
    const shapes = texts.map((text) => JSON.parse(text) as Shape);
    if (shapes.every((shape) => typeof shape === 'string'))
      return shapes.join(' | ').replace('false | true', 'boolean');
    const [only] = shapes;
    return shapes.length === 1 && only !== undefined ? only : { anyOf: shapes };
  };
  const members = (type: ts.Type): Shape => {
    const named = checker.getPropertiesOfType(type).map((symbol): readonly [string, Shape] => {
      const isOptional = (symbol.flags & ts.SymbolFlags.Optional) !== 0;
      return [isOptional ? `${symbol.name}?` : symbol.name, describe(checker.getTypeOfSymbol(symbol))];
    });
    const indexed = checker.getIndexInfosOfType(type).map(({ type: value }) => ['*', describe(value)] as const);
    return Object.fromEntries([...named, ...indexed].sort(byName));
  };
  return describe;
}
