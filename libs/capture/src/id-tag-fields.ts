import type { Kind, StructKind } from '@app/ocpp';
import { fieldsOf, idToken, ocpp15 } from '@app/ocpp';

interface NamedField {
  readonly name: string;
  readonly of: Kind;
}

function fieldsIn(kind: StructKind): readonly NamedField[] {
  return fieldsOf(kind).flatMap(({ name, of }) => [{ name, of }, ...(of.kind === 'struct' ? fieldsIn(of) : [])]);
}

const fields = Object.values(ocpp15.centralSystem.operations).flatMap(({ request, response }) => [
  ...fieldsIn(request),
  ...fieldsIn(response),
]);
const folded = (chosen: readonly NamedField[]): ReadonlySet<string> =>
  new Set(chosen.map(({ name }) => name.toLowerCase()));
const idTags = folded(fields.filter(({ of }) => of === idToken));
const known = folded(fields);

// Boxes misname fields, and the odd messages are what is kept.
const soundsLikeOne = /tag|token|rfid|card|badge/;

/** Whether an element or attribute of this name holds an idTag, or something that OCPP does not know and that sounds like one. */
export function isIdTagField(local: string, isLeaf: boolean): boolean {
  const name = local.toLowerCase();
  return idTags.has(name) || (isLeaf && !known.has(name) && soundsLikeOne.test(name));
}
