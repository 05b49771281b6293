const mark = (target: unknown): void => void target;

@mark
export class Thing {}
