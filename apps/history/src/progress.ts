import type { WriteStream } from 'node:tty';

type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/** How far some long work is. */
export interface Progress {
  readonly phase: string;
  readonly events: number;
  /** From 0 to 1. */
  readonly share: number;
}

/** Tells how far a work is: in place on a terminal, else in a line now and then. */
export function showProgress(output: Output) {
  const every = output.isTTY === true ? 200 : 5_000;
  let shown = performance.now();
  let phase = '';
  let begin = shown;
  let isOnLine = false;
  const take = (progress: Progress): void => {
    const now = performance.now();
    if (progress.phase !== phase) {
      phase = progress.phase;
      begin = now;
    }
    if (now - shown < every) return;
    shown = now;
    isOnLine = output.isTTY === true;
    output.write(isOnLine ? `\r${lineOf(progress, now - begin)}   ` : `${lineOf(progress, now - begin)}\n`);
  };
  return { take, end: () => void (isOnLine && output.write('\r\n')) };
}

function lineOf({ phase, events, share }: Progress, milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  const left = share > 0.001 && seconds > 1 ? `, about ${Math.ceil((seconds / share) * (1 - share))} s left` : '';
  return `${phase}: ${events} events, ${Math.floor(share * 100)} %${left}`;
}
