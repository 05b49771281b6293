/** Injection tokens of the ports that the runtime needs. */
export const EVENT_STORE = Symbol('EventStore');
export const CLOCK = Symbol('Clock');
export const METER = Symbol('Meter');
export const LOG = Symbol('Log');
export const RUNTIME_SETTINGS = Symbol('RuntimeSettings');
export const INSTANCE = Symbol('Instance');
export const ID_TAG_ERASER = Symbol('IdTagEraser');
