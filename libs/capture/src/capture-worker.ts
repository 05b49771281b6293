import { yieldToOthers } from '@app/kernel';
import { parentPort, workerData } from 'node:worker_threads';
import type { MessagePort } from 'node:worker_threads';
import { PseudonymKey } from './key';
import { TextKeeper } from './kept-text';
import type { CaptureReply, CaptureRequest, CaptureStart, Forgettable, TakenExchange } from './messages';
import type { NewExchange } from './sqlite/captured-exchanges';
import { CapturedExchanges } from './sqlite/captured-exchanges';
import { openForWriting } from './sqlite/file';

const mostExchanges = 1_000_000;
const longestIdentity = 255;
/** Milliseconds between looks for what has grown too old. */
const sweepEvery = 60_000;

// Runs only as a thread: reading, masking and writing are no part of an answer.
if (parentPort !== null) run(parentPort, workerData as CaptureStart);

function run(port: MessagePort, { file, settings }: CaptureStart): void {
  yieldToOthers();
  const db = openForWriting(file);
  const key = new PseudonymKey(file);
  const captured = new CapturedExchanges(db, { ...settings, exchanges: mostExchanges }, key);
  const keeper = new TextKeeper(settings.idTags, () => key.get());
  const say = (reply: CaptureReply) => port.postMessage(reply);
  const sweeping = setInterval(() => captured.sweep(Date.now()), sweepEvery);
  captured.sweep(Date.now());

  const take = (exchanges: readonly TakenExchange[]): CaptureReply => {
    const count = exchanges.length;
    try {
      captured.keep(made(exchanges, keeper, settings.idTags === 'masked'), Date.now());
      return { kind: 'kept', count };
    } catch (error) {
      return { kind: 'failed', count, reason: (error as Error).message };
    }
  };
  const forget = (ticket: number, what: Forgettable): CaptureReply => {
    try {
      return { kind: 'forgotten', ticket, count: captured.forget(what) };
    } catch (error) {
      return { kind: 'not-forgotten', ticket, reason: (error as Error).message };
    }
  };
  port.on('message', (request: CaptureRequest) => {
    if (request.kind === 'take') return say(take(request.exchanges));
    if (request.kind === 'forget') return say(forget(request.ticket, request.what));
    clearInterval(sweeping);
    db.close();
    port.close();
  });
}

function* made(exchanges: readonly TakenExchange[], keeper: TextKeeper, masked: boolean): Generator<NewExchange> {
  for (const { body, answer, chargeBoxIdentity: identity, ...taken } of exchanges) {
    const request = keeper.request(Buffer.from(body.buffer), taken.headers['content-type']);
    const response = keeper.response(answer, request);
    const known = identity === undefined ? {} : { identity: identity.slice(0, longestIdentity) };
    yield { ...taken, ...known, masked, request, response };
  }
}
