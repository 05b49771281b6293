import type { CopyProgress } from '@app/history';
import type { WriteStream } from 'node:tty';

type Output = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/** Tells how far a copy is: in place on a terminal, else in a line now and then. */
export function showProgress(output: Output) {
  const every = output.isTTY === true ? 200 : 5_000;
  let shown = performance.now();
  let phase = '';
  let begin = shown;
  const take = (progress: CopyProgress): void => {
    const now = performance.now();
    if (progress.phase !== phase) {
      phase = progress.phase;
      begin = now;
    }
    if (now - shown < every) return;
    shown = now;
    output.write(
      output.isTTY === true ? `\r${lineOf(progress, now - begin)}   ` : `${lineOf(progress, now - begin)}\n`,
    );
  };
  return { take, end: () => void (output.isTTY === true && output.write('\r\n')) };
}

function lineOf({ phase, events, share }: CopyProgress, milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  const left = share > 0.001 && seconds > 1 ? `, about ${Math.ceil((seconds / share) * (1 - share))} s left` : '';
  return `${phase}: ${events} events, ${Math.floor(share * 100)} %${left}`;
}
