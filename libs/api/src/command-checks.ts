import type { Preset } from '@app/charge-box';
import type { ChargePointOperation, ChargePointRequest } from '@app/ocpp';
import { normalise, ocpp15, validate } from '@app/ocpp';
import type { Violation } from './problem';

/** What is to be sent, as it is asked for: each part given replaces that of the preset whole. */
export interface AskedCommand {
  readonly command?: string;
  readonly data?: object;
}

/** An operation that keeps to the table. */
export interface CheckedCommand {
  readonly operation: ChargePointOperation;
  readonly request: ChargePointRequest;
}

const { operations } = ocpp15.chargePoint;
const names = Object.keys(operations) as ChargePointOperation[];
const byLowerCase = new Map(names.map((name) => [name.toLowerCase(), name]));

const violation = (path: string, code: string, message: string): Violation => ({ in: 'body', path, code, message });

/** Resolves and validates what is to be sent; the letter case of names and literals does not count. */
export function checkCommand(asked: AskedCommand, preset: Preset | undefined): CheckedCommand | readonly Violation[] {
  const command = asked.command ?? preset?.command;
  if (command === undefined) return [violation('command', 'missing', 'Name an operation, or a preset that does.')];
  const operation = byLowerCase.get(command.toLowerCase());
  if (operation === undefined) {
    return [violation('command', 'literal', `This is no operation of a charge point. There are ${names.join(', ')}.`)];
  }
  const kind = operations[operation].request;
  const request = normalise(kind, asked.data ?? preset?.data ?? {});
  const violations = validate(kind, request).map(({ path, code, message }) =>
    violation(path.replace(/^\$/, 'data'), code, message),
  );
  return violations.length > 0 ? violations : { operation, request: request as ChargePointRequest };
}
