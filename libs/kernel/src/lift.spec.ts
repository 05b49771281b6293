import type { RecordedEvent } from './event';
import type { EventShapes } from './lift';
import { lifted } from './lift';

const shapes: EventShapes = {
  schemas: { Renamed: 3 },
  upcasters: {
    Renamed: {
      0: (data) => ({ ...data, first: true }),
      1: (data) => ({ ...data, second: true }),
      2: (data) => ({ ...data, third: true }),
    },
  },
};

function event(schema: number, type = 'Renamed'): RecordedEvent {
  const metadata = { schema, correlationId: 'c', causationId: 'c', actor: 'system', receivedAt: '' };
  return { id: 'e', type, stream: 'box-1', revision: 7, position: '1', recordedAt: '', data: {}, metadata };
}

describe('a stored event', () => {
  it.each([
    [0, { first: true, second: true, third: true }],
    [1, { second: true, third: true }],
    [2, { third: true }],
    [3, {}],
  ])('of version %i takes the steps that it lacks, and no others', (schema, data) => {
    const now = lifted(event(schema), shapes);
    expect(now).toEqual({ ...event(3), data });
  });

  it('that is current is handed on as it is', () => {
    const current = event(3);
    expect(lifted(current, shapes)).toBe(current);
  });

  const refusal = (stored: RecordedEvent): unknown => {
    try {
      return lifted(stored, shapes);
    } catch (error) {
      return error;
    }
  };

  it.each([
    ['version', event(4), 'Renamed, version 4, is event 7 of box-1'],
    ['type', event(1, 'toString'), 'toString, version 1, is event 7 of box-1'],
  ])('of a later %s is refused with its place', (_what, later, place) => {
    expect(refusal(later)).toMatchObject({
      code: 'event-newer',
      message: expect.stringContaining(place) as string,
    });
  });

  it.each([-1, 1.5, Number.NaN])('of the impossible version %d is refused', (schema) => {
    expect(refusal(event(schema))).toMatchObject({ code: 'event-unreadable' });
  });

  it('without any version is refused', () => {
    expect(refusal({ ...event(3), metadata: {} } as RecordedEvent)).toMatchObject({ code: 'event-unreadable' });
  });
});
