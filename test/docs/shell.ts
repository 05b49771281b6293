import { spawn } from 'node:child_process';

/** The examples of a page that are marked as runnable. */
export function runnableIn(page: string): readonly string[] {
  return [...page.matchAll(/```sh runnable\n([\s\S]*?)```/g)].map(([, script]) => script ?? '');
}

/** Runs a script as a reader would paste it; any line that fails ends it. */
export function runShell(
  script: string,
  environment: Readonly<Record<string, string>>,
): Promise<{ readonly code: number | null; readonly output: string }> {
  return new Promise((resolve) => {
    const child = spawn('bash', ['-e', '-o', 'pipefail'], { env: { ...process.env, ...environment } });
    let output = '';
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
    child.on('close', (code) => resolve({ code, output }));
    child.stdin.end(script);
  });
}
