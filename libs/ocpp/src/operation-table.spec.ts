import type { Kind, StructKind } from './schema';
import { fieldsOf } from './schema';
import type { Service } from './operation';
import { actionOf, wrapperName } from './operation';
import { ocpp15 } from './v15';

const services: readonly Service[] = [ocpp15.centralSystem, ocpp15.chargePoint];

function kindsIn(kind: Kind): readonly Kind[] {
  if (kind.kind === 'struct') return [kind, ...fieldsOf(kind).flatMap(({ of }) => kindsIn(of))];
  if (kind.kind === 'attributedText') return [kind, ...Object.values(kind.attributes)];
  return [kind];
}

const messagesOf = (service: Service): readonly StructKind[] =>
  Object.values(service.operations).flatMap(({ request, response }) => [request, response]);

/** What a type is on the wire: whether other literals are kept on receipt is not part of it. */
const content = (kind: Kind) => JSON.stringify(kind, (key, value: unknown) => (key === 'open' ? undefined : value));

describe('OCPP 1.5', () => {
  it('has ten operations that charge boxes call and fifteen that they serve', () => {
    expect(Object.keys(ocpp15.centralSystem.operations)).toHaveLength(10);
    expect(Object.keys(ocpp15.chargePoint.operations)).toHaveLength(15);
  });

  it('lists them in alphabetical order', () => {
    for (const { operations } of services) expect(Object.keys(operations)).toEqual(Object.keys(operations).sort());
  });

  it('names body elements in lower camel case', () => {
    expect(wrapperName('BootNotification', 'request')).toBe('bootNotificationRequest');
    expect(wrapperName('BootNotification', 'response')).toBe('bootNotificationResponse');
  });

  it('names actions after the operation', () => {
    const names = (service: Service) => Object.keys(service.operations).map((name) => actionOf(name, 'request'));
    expect(names(ocpp15.centralSystem)).toEqual(
      (
        '/Authorize /BootNotification /DataTransfer /DiagnosticsStatusNotification /FirmwareStatusNotification ' +
        '/Heartbeat /MeterValues /StartTransaction /StatusNotification /StopTransaction'
      ).split(' '),
    );
    expect(names(ocpp15.chargePoint)).toEqual(
      (
        '/CancelReservation /ChangeAvailability /ChangeConfiguration /ClearCache /DataTransfer /GetConfiguration ' +
        '/GetDiagnostics /GetLocalListVersion /RemoteStartTransaction /RemoteStopTransaction /ReserveNow /Reset ' +
        '/SendLocalList /UnlockConnector /UpdateFirmware'
      ).split(' '),
    );
    expect(actionOf('Reset', 'response')).toBe('/ResetResponse');
  });

  it('describes each operation in a sentence', () => {
    for (const { operations } of services)
      for (const { doc } of Object.values(operations)) expect(doc).toMatch(/^[A-Z][^\n]*\.$/);
  });

  it('gives messages no name of their own, so that a name in the schema is a type', () => {
    for (const service of services) for (const message of messagesOf(service)) expect(message.name).toBeUndefined();
  });

  it.each(services)('gives a name to one type only, in $name', (service) => {
    const types = new Map<string, Set<string>>();
    for (const kind of messagesOf(service).flatMap(kindsIn)) {
      if (!('name' in kind) || kind.name === undefined) continue;
      types.set(kind.name, (types.get(kind.name) ?? new Set()).add(content(kind)));
    }
    expect(types.size).toBeGreaterThan(10);
    expect([...types].filter(([, contents]) => contents.size > 1).map(([name]) => name)).toEqual([]);
  });

  it('keeps literals of an enumeration apart in any letter case', () => {
    for (const kind of services.flatMap(messagesOf).flatMap(kindsIn)) {
      if (kind.kind !== 'enum') continue;
      expect(new Set(kind.literals.map((literal) => literal.toLowerCase())).size).toBe(kind.literals.length);
    }
  });

  it('has no field that a JavaScript object treats specially', () => {
    const names = services
      .flatMap(messagesOf)
      .flatMap(kindsIn)
      .flatMap((kind) => (kind.kind === 'struct' ? Object.keys(kind.fields) : []));
    expect(names.filter((name) => name in {} || /^\d+$/.test(name))).toEqual([]);
  });

  it('is strict about what steers: only notifications and readings keep unknown literals', () => {
    const isOpen = (message: StructKind) => kindsIn(message).some((kind) => kind.kind === 'enum' && kind.open === true);
    const open = services.flatMap(({ operations }) =>
      Object.entries(operations).flatMap(([name, { request, response }]) => [
        ...(isOpen(request) ? [name] : []),
        ...(isOpen(response) ? [`${name} response`] : []),
      ]),
    );
    expect(open).toEqual([
      'DiagnosticsStatusNotification',
      'FirmwareStatusNotification',
      'MeterValues',
      'StatusNotification',
      'StopTransaction',
    ]);
  });
});
